// Opens the survey where there is no network: its pages and nothing that anybody said. The network comes first, so that a
// stop or a new questionnaire is seen at once. The server puts `heard` before this file: the version, which changes with
// whatever is kept, the place's path and what to keep.

import { within } from "../patience.js";
import { isNeeded } from "./needed.js";

const PATIENCE_MS = 8000;
const { version, start, page, files, bundles } = self.heard;
const CACHE = `heard ${start} ${version}`;

// In place of an older one at once: what that one kept goes with it.
self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keep());
});

// Whoever leaves while this is under way sweeps the phone once: what came later goes by itself, and the worker with it.
async function keep() {
  const cache = await caches.open(CACHE);
  const came = await cache.addAll([page, ...files]).catch((fault) => fault);
  const needed = await isNeeded(start).catch(() => false); // what cannot be looked up keeps nothing here
  if (!needed) {
    await caches.delete(CACHE);
  }
  if (came || !needed) {
    throw came ?? new Error("Nobody is here any more.");
  }
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

async function answered(request) {
  const kept = await cached((cache) => cache.match(request.mode === "navigate" ? page : request));
  const fresh = fetched(request);
  if (!kept) {
    return fresh; // However slow: there is nothing to give instead.
  }
  const ours = fresh.then(
    (answer) => (isNobodys(answer) ? undefined : answer),
    () => undefined,
  );
  return (await within(PATIENCE_MS, ours)) ?? kept;
}

// A server in front of a centre that is down; what the centre itself says when it asks nothing is to be seen.
const isNobodys = ({ status, headers }) => status >= 502 && status <= 504 && !headers.has("Content-Security-Policy");

async function fetched(request) {
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith(bundles)) {
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
