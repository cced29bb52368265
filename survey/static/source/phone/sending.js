// Sealed rows on their way: kept on this phone until the centre has them, sent once however often it is tried. A phone
// that keeps nothing (a private window, storage refused) still sends; then the row lies in this page's memory alone.

import { isGone } from "../leaving.js";
import { after } from "../patience.js";
import { staying } from "./kept_pages.js";
import * as queue from "./queue.js";
import { remember, unwanted } from "./remembering.js";

const PATIENCE_MS = 20000;
const LOCK = "heard rows";
const inMemory = new Map();
// Ids of rows that this page has put by and not taken away again.
const put = new Set();

// Keep a row; whether the phone, and not only this page, holds it now.
export async function keep(start, key, row) {
  await staying();
  try {
    await queue.put(start, key, row);
    put.add(key[0]);
    return true;
  } catch {
    inMemory.set(key.join(" "), { key, row });
    return false;
  }
}

const inThisPage = () => [...inMemory.values()].map(({ key }) => key);

export async function waiting(start) {
  const stored = await queue.keys(start).catch(() => []);
  return [...stored, ...inThisPage()];
}

export async function drop(start, key) {
  inMemory.delete(key.join(" "));
  put.delete(key[0]);
  await queue.remove(start, key).catch(() => {});
}

// One page of this phone at a time: what one sends or deletes, another would send once more. A page that the phone has
// put to sleep may never give its turn back, and a row counts once however often it is sent: so nobody waits for ever.
async function alone(act) {
  const patience = new AbortController();
  after(PATIENCE_MS).then(() => patience.abort()); // Whoever has a turn by then keeps it.
  let begun;
  try {
    return await navigator.locks.request(LOCK, { signal: patience.signal }, () => (begun = act()));
  } catch {
    return begun ?? act(); // Too late, or this browser gives no turns at all.
  }
}

// Try everything that waits; what became of each row, by its id: sent, waiting, refused (the code) or lost.
export function flush(start) {
  return alone(async () => {
    const became = await sendAll(start);
    await deleteUnwanted(start);
    return became;
  });
}

async function sendAll(start) {
  // A row that cannot be read now is no row that another page has sent.
  const stored = await queue.keys(start).catch(() => null);
  const became = new Map(stored ? [] : [...put].map((id) => [id, "waiting"]));
  for (const key of [...(stored ?? []), ...inThisPage()]) {
    const row = inMemory.get(key.join(" "))?.row ?? (await queue.get(start, key).catch(() => null));
    const word = row ? await send(start, key, row) : row === null ? "waiting" : "sent"; // sent by another page meanwhile
    if (word === "sent" || word === "lost") {
      await drop(start, key);
    }
    became.set(key[0], word);
  }
  return became;
}

async function send(start, [, replaces, code], row) {
  const headers = { "Content-Type": "application/octet-stream" };
  if (replaces) {
    headers["Heard-Replaces"] = replaces;
  }
  if (code) {
    headers["Heard-Code"] = code;
  }
  const word = await post(`${start}rows`, headers, row).catch(() => null);
  // Without a code it is the open door that is closed for today: another day it is open.
  return { stored: "sent", had: "sent", row: "lost", code: code ? "refused" : "waiting" }[word] ?? "waiting";
}

// The card's code is no good: send the row by the open door, where the person chose so.
export async function withoutCode(start, id) {
  const key = (await waiting(start)).find((each) => each[0] === id);
  const row = key && (inMemory.get(key.join(" "))?.row ?? (await queue.get(start, key)));
  if (row) {
    await keep(start, [id, key[1], ""], row);
    await drop(start, key);
  }
}

// Ask the centre to delete the rows that only this page knows the ids of: now, and until it has said that they are gone.
export async function forget(start, ids) {
  ids.forEach((id) => unwanted.add(id));
  if (unwanted.size) {
    remember(start);
    // No row may be on its way that could come after its own deletion; only who leaves cannot wait for that.
    await (isGone() ? deleteUnwanted(start) : alone(() => deleteUnwanted(start)));
  }
}

async function deleteUnwanted(start) {
  const asked = [...unwanted].map(async (id) => {
    const word = await post(`${start}rows/forget`, { "Content-Type": "text/plain" }, id).catch(() => null);
    if (word === "gone") {
      unwanted.delete(id);
      remember(start);
    }
  });
  await Promise.all(asked);
}

// The centre's word for what became of it. A login page or a page for maintenance is answered with any status, and must
// never pass for a row that is kept.
async function post(address, headers, body) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const how = { method: "POST", headers, body, signal, keepalive: true, credentials: "omit", redirect: "error" };
  return (await fetch(address, how)).text();
}
