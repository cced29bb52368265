// The pages of the survey on this phone, with which it opens where there is no network: kept once somebody answers, since
// they are a trace, and gone once nothing needs them.

import { isGone } from "../leaving.js";
import { within } from "../patience.js";
import { lockOf } from "./needed.js";
import * as queue from "./queue.js";
import { shared, unwanted } from "./remembering.js";

const CACHES = "heard ";
const PATIENCE_MS = 3000;
// Whoever leaves has less than half a second: what a slow phone does not say by then is not waited for.
export const LEAVING_MS = 150;
let here = false;
let tidied = Promise.resolve();
let anew = "";
let stays = Promise.resolve();
let letGo = () => {};
let over = Promise.resolve();
let handed = false;

export function keepPages(start) {
  if (!here) {
    here = true;
    stays = tidied.then(() => stay(start)).catch(() => {});
  }
  // At each answer: what could not be fetched at the last one is fetched now, and what is there is not fetched again.
  stays.then(() => here && register(start)).catch(() => {});
}

// Another language, where the pages are kept by now.
export const keepAlso = (start) => here && keepPages(start);

// The worker has by itself what opens in the first language, and no word of another that came before it was there.
async function register(start) {
  await navigator.serviceWorker?.register(`${start}worker.js${anew}`, { scope: start });
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage(document.body.dataset.bundle);
}

// While somebody answers in this tab no other takes the pages away, nor what waits here.
function stay(start) {
  const left = new Promise((done) => (letGo = done));
  return new Promise((granted) => {
    over = navigator.locks
      .request(lockOf(start), { mode: "shared" }, () => {
        granted();
        return left;
      })
      .catch(granted); // A browser that gives no turns.
  });
}

// What is put by before another tab has done tidying would go with it; nobody waits long for a tab that sleeps.
export const staying = () => within(PATIENCE_MS, stays);

// This page is what the phone had kept: there was no network, or a very slow one.
export const isKept = () => document.querySelector("#question [name='csrf_token'][value='']") !== null;

// What a slow phone has not wiped when somebody leaves, the worker wipes: it outlives their page, and then goes by itself.
// On a device that people share the next page hears of it instead.
export async function handToWorker(start) {
  const { active, waiting, installing } = (!shared && (await navigator.serviceWorker?.getRegistration(start))) || {};
  const worker = active ?? waiting ?? installing;
  worker?.postMessage([...unwanted]);
  handed = Boolean(worker);
}

// Nothing of the survey stays on this phone, unless something sealed still waits to be sent. Whoever answers meanwhile
// keeps the pages all the same: they are fetched once what was there before is gone.
export function leaveNoTrace(start) {
  letGo();
  here = false; // Whoever answers again keeps them again.
  const alone = () => navigator.locks.request(lockOf(start), { ifAvailable: true }, (mine) => mine && tidy(start));
  tidied = over.then(alone).catch(() => tidy(start));
  return tidied;
}

// All at once and each for itself: whoever leaves has little time, and what a browser refuses to touch must not keep the
// rest from going. A worker that is still being installed sees by itself that nobody needs it. On a device that people
// share the pages are no trace of anybody, and who comes next may have no network.
async function tidy(start) {
  let slow = false;
  const keys = queue.keys(start).catch((fault) => {
    slow = !queue.isNone(fault);
  });
  const waits = await (isGone() ? within(LEAVING_MS, keys) : keys);
  // Where the phone does not say whether something waits, its pages stay, unless somebody leaves.
  if (!waits?.length && (isGone() || !slow)) {
    const pages = shared ? [] : [noPages(start), !handed && noWorker(start)];
    await Promise.allSettled([waits && queue.destroy(start), ...pages]); // What cannot be read is not thrown away.
  }
}

// A worker lives on beside the page that it opened. Asked for by the same address Chromium hands back that one, which
// fetches nothing any more (measured).
async function noWorker(start) {
  if (navigator.serviceWorker?.controller) {
    anew = `?${crypto.randomUUID()}`;
  }
  const registered = await navigator.serviceWorker?.getRegistration(start);
  await registered?.unregister();
}

async function noPages(start) {
  const names = (await globalThis.caches?.keys()) ?? [];
  await Promise.all(names.filter((name) => name.startsWith(`${CACHES}${start} `)).map((name) => caches.delete(name)));
}
