// Opens the survey where there is no network: its pages and nothing that anybody said. The network comes first, so that a
// stop or a new questionnaire is seen at once. The server puts `heard` before this file: the version, which changes with
// whatever is kept, the place's path, and what to keep, each with its hash.

import { within } from "../patience.js";
import { isNeeded, ROWS } from "./needed.js";
import * as queue from "./queue.js";
import { hex, sha256 } from "./response.js";

const PATIENCE_MS = 8000;
const IMPATIENCE_MS = 500;
const { version, start, page, files, bundles } = self.heard;
const CACHE = `heard ${start} ${version}`;
// A network that has just swallowed one request is not waited for so long at the next: a page has many.
let patience = PATIENCE_MS;

// In place of an older one at once: what that one kept goes with it.
self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keep());
});

// Whoever leaves while this is under way sweeps the phone once: what came later goes by itself, and the worker with it.
async function keep() {
  const fault = await Promise.all(Object.keys(files).map(ours)).then(putBy).catch((wrong) => wrong);
  const needed = await isNeeded(start).catch(() => false); // what cannot be looked up keeps nothing here
  if (!needed) {
    await caches.delete(CACHE);
  }
  if (fault || !needed) {
    throw fault ?? new Error("Nobody is here any more.");
  }
}

// What a server in front of the centre says in its place, or leads to, with whatever status, would stay for good.
async function ours(address) {
  const answer = await fetch(address, { redirect: "error" });
  const content = await answer.clone().arrayBuffer();
  if (!hex(await sha256(content)).startsWith(files[address])) {
    throw new Error("This is not what is to be kept.");
  }
  return [address, answer];
}

async function putBy(answers) {
  const cache = await caches.open(CACHE);
  await Promise.all(answers.map(([address, answer]) => cache.put(address, answer)));
}

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(`heard ${start} `) && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET") {
    event.respondWith(answered(request));
  }
});

// An address: what is read by somebody whose page was there before this worker. A list: what somebody said who has left.
self.addEventListener("message", (event) => {
  const { data } = event;
  event.waitUntil(Array.isArray(data) ? wipe(data) : keepAlso(new Request(data, { credentials: "omit" })));
});

const keepAlso = (request) => cached(async (cache) => (await cache.match(request)) ?? fetched(request));

// The rows with these ids, that a slow phone had not wiped when their page was gone. Until it has, no page sends anything.
async function wipe(ids) {
  const wiping = wiped(ids);
  navigator.locks.request(ROWS, () => wiping);
  await wiping;
  if (!(await isNeeded(start).catch(() => false))) {
    await Promise.allSettled([queue.destroy(start), caches.delete(CACHE)]);
    await self.registration.unregister();
  }
}

const wiped = (ids) => queue.remove(start, ids).catch((fault) => queue.isLate(fault) && wiped(ids));

async function answered(request) {
  const kept = await cached((cache) => cache.match(request.mode === "navigate" ? page : request));
  const fresh = fetched(request);
  if (!kept) {
    return fresh; // However slow: there is nothing to give instead.
  }
  const centres = fresh.then(
    (answer) => (isNobodys(answer) ? null : answer),
    () => null,
  );
  centres.then(() => (patience = PATIENCE_MS));
  const came = await within(patience, centres);
  if (came === undefined) {
    patience = IMPATIENCE_MS;
  }
  return came ?? kept;
}

// A server in front of a centre that is down, whatever status it gives its own page; what the centre itself says, also
// when it asks nothing, is to be seen. Where the browser is led elsewhere nobody can look into that.
const isNobodys = ({ status, redirected, headers }) =>
  redirected || (status !== 0 && !headers.has("Content-Security-Policy"));

async function fetched(request) {
  const answer = await fetch(request);
  if (answer.ok && !isNobodys(answer) && new URL(request.url).pathname.startsWith(bundles)) {
    // A language that somebody chose on the way.
    const copy = answer.clone();
    await cached((cache) => cache.put(request, copy));
  }
  return answer;
}

// Once the survey was wiped from the phone nothing of it is kept anew, though this worker runs on as long as its page;
// and what a full or forbidden storage cannot do must not keep a page from whoever has a network.
async function cached(act) {
  try {
    return (await caches.has(CACHE)) ? await act(await caches.open(CACHE)) : undefined;
  } catch {
    return undefined;
  }
}
