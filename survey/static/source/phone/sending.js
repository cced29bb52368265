// Sealed rows on their way: kept on this phone until the centre has them, sent once however often it is tried. A phone
// that keeps nothing (a private window, storage refused) still sends; then the row lies in this page's memory alone.

import { isGone } from "../leaving.js";
import { after } from "../patience.js";
import { staying } from "./kept_pages.js";
import { ROWS } from "./needed.js";
import * as queue from "./queue.js";
import { known, remember, shared, underWay, unwanted } from "./remembering.js";

const PATIENCE_MS = 20000;
// So long after it set out a row may still come in that nobody answered for: a server in front of the centre, or the
// centre's own queue, goes on with it when the phone has given up (our estimate, twice what such servers wait).
const LATE_MS = 120000;
// What this page made and has no word of the centre on, by id: a phone may refuse to keep it, or lose it again.
const made = new Map();
// The centre's last word on a row of this page: sent or lost.
export const settled = new Map();
// Until when a row is not known to be off its way, by id. What a reload takes along may have set out just before it.
const late = new Map([...underWay].map((id) => [id, performance.now() + LATE_MS]));
// Ids of what the centre, asked last, said that it has no more.
const gone = new Set();

// Ids of what this phone has no more, or never had.
const wiped = new Set();

export const isGoneThere = (id) => gone.has(id);
export const isGoneHere = (id) => wiped.has(id);

// Whether a row lies in this page's memory alone, so that it would be lost with the page.
export const isHeldHere = () => [...made.values()].some(({ stored }) => !stored);

// Keep a row in place of others; whether the phone, and not only this page, holds it now.
export async function keep(start, key, row, replaced) {
  await staying();
  replaced.forEach((id) => made.delete(id));
  if (isGone()) {
    return false;
  }
  const kept = queue.put(start, key, row, replaced).then(() => true);
  const stored = (await kept.catch(() => drop(start, replaced))) ?? false;
  made.set(key[0], { key, row, stored });
  wiped[stored ? "delete" : "add"](key[0]);
  return stored;
}

function onlyHere(stored) {
  const ids = stored.map(([id]) => id);
  return [...made.values()].map(({ key }) => key).filter(([id]) => !ids.includes(id));
}

// Nothing where the phone does not say.
export async function waiting(start) {
  const stored = await queue.keys(start).catch((fault) => (queue.isNone(fault) ? [] : null));
  return stored && [...stored, ...onlyHere(stored)];
}

// Ids of all that waits on a person's own phone, and of what it takes the place of.
export async function waitingIds(start) {
  const waits = shared ? [] : await waiting(start);
  return waits?.flatMap(([id, replaces]) => [id, ...replaces.split(",")]).filter(Boolean);
}

export async function drop(start, ids) {
  ids.forEach((id) => made.delete(id));
  const done = queue.remove(start, ids).then(() => true);
  if (await done.catch(queue.isNone)) {
    ids.forEach((id) => wiped.add(id));
  }
}

// One page of this phone at a time: what one sends or deletes, another would send once more. A page that the phone has
// put to sleep may never give its turn back, and a row counts once however often it is sent: so nobody waits for ever.
async function alone(act) {
  const patience = new AbortController();
  after(PATIENCE_MS).then(() => patience.abort()); // Whoever has a turn by then keeps it.
  let begun;
  try {
    return await navigator.locks.request(ROWS, { signal: patience.signal }, () => (begun = act()));
  } catch {
    return begun ?? act(); // Too late, or this browser gives no turns at all.
  }
}

// Try everything that waits; what became of each row, by its id: sent, waiting, refused (the code) or lost.
export function flush(start) {
  return alone(async () => {
    const stay = [...unwanted].filter((id) => !wiped.has(id));
    if (stay.length) {
      await drop(start, stay); // A slow phone may not have done it, nor a page that was closed.
    }
    const became = await sendAll(start);
    await deleteUnwanted(start);
    return became;
  });
}

async function sendAll(start) {
  const stored = await queue.keys(start).catch(() => null);
  const here = onlyHere(stored ?? []);
  const keys = [...(stored ?? []), ...here];
  // Never beside the copy that takes its place: once the centre has that one, the card's code is spent.
  const replaced = keys.flatMap(([, replaces]) => replaces.split(","));
  const became = new Map();
  for (const key of keys) {
    const [id] = key;
    const row = made.get(id)?.row ?? (await queue.get(start, key).catch(() => null));
    // Looked at last of all: somebody may have left, or deleted it, while the one before was sent or this one was read.
    if (isGone() || unwanted.has(id)) {
      continue;
    }
    const word = replaced.includes(id) ? "replaced" : row ? await send(start, key, row) : "waiting";
    if (word === "sent" || word === "lost") {
      settled.set(id, word);
    }
    if (word !== "waiting" && word !== "refused") {
      await drop(start, [id]);
    }
    became.set(id, word === "waiting" && stored && here.includes(key) ? "unstored" : word);
  }
  return became;
}

async function send(start, [id, replaces, code], row) {
  const headers = { "Content-Type": "application/octet-stream" };
  if (replaces) {
    headers["Heard-Replaces"] = replaces;
  }
  if (code) {
    headers["Heard-Code"] = code;
  }
  const before = late.get(id);
  expectUntil(start, id, navigator.onLine ? performance.now() + LATE_MS : before);
  const word = await post(`${start}rows`, headers, row);
  if (word !== null) {
    expectUntil(start, id, before); // This one came to somebody, an earlier one may be on its way yet.
  }
  // Without a code it is the open door that is closed for today: another day it is open. With one that is no good only
  // whoever gave the answers can choose that door; on a device that people share, what is not of this visit is nobody's.
  const mine = !shared || made.has(id) || known()?.sent?.includes(id);
  return { stored: "sent", had: "sent", row: "lost", code: code ? (mine ? "refused" : "lost") : "waiting" }[word] ?? "waiting";
}

function expectUntil(start, id, until) {
  late.set(id, until);
  underWay[until > performance.now() ? "add" : "delete"](id);
  remember(start);
}

// The card's code is no good: send the row by the open door, where the person chose so.
export async function withoutCode(start, id) {
  const key = (await waiting(start))?.find((each) => each[0] === id);
  const row = key && (made.get(id)?.row ?? (await queue.get(start, key).catch(() => null)));
  if (row) {
    await keep(start, [id, key[1], ""], row, [id]);
  }
}

// Ask the centre to delete what is unwanted there, rows that only this page knows the ids of: now, and until it has said that they are gone.
export async function forget(start) {
  if (unwanted.size) {
    remember(start);
    // No row may be on its way that could come after its own deletion; only who leaves cannot wait for that.
    await (isGone() ? deleteUnwanted(start) : alone(() => deleteUnwanted(start)));
  }
}

// The centre keeps no list of what was deleted, so a row that comes after its own deletion is there again: until none can,
// the wish stays.
async function deleteUnwanted(start) {
  const asked = [...unwanted].map(async (id) => {
    const isLate = lateness(id) > 0;
    const word = await post(`${start}rows/forget`, { "Content-Type": "text/plain" }, id);
    gone[word === "gone" ? "add" : "delete"](id);
    if (gone.has(id) && !isLate && wiped.has(id)) {
      unwanted.delete(id);
      underWay.delete(id);
      remember(start);
    }
  });
  await Promise.all(asked);
  const next = [...unwanted].map(lateness).find((ms) => ms > 0);
  if (next) {
    after(next).then(() => dispatchEvent(new Event("heard:late")));
  }
}

const lateness = (id) => late.get(id) - performance.now(); // of a row that nobody sent here not a number, so no lateness

// The centre's word for what became of it. A login page or a page for maintenance is answered with any status, and must
// never pass for a row that is kept. A server in front that waited in vain knows no more than this page: no word.
export function post(address, headers, body) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const how = { method: "POST", headers, body, signal, keepalive: true, credentials: "omit", redirect: "error" };
  const word = fetch(address, how).then((answer) => (answer.status === 504 ? null : answer.text()));
  return word.catch(() => null);
}
