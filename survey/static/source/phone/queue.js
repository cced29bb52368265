// What waits on this phone: sealed rows under the ids by which they are sent.

import { within } from "../patience.js";

const STORE = "rows";
// A storage that never answers is one that refuses. Who was kept waiting once is not kept so long again.
const PATIENCE_MS = 3000;
const IMPATIENCE_MS = 1000;
let patience = PATIENCE_MS;

const named = (start) => `heard ${start}`;

// Only what is written makes a database: looking whether something waits leaves no trace.
function opened(start, makes) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(named(start), 1);
    asked.onupgradeneeded = () => (makes() ? asked.result.createObjectStore(STORE) : asked.transaction.abort());
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function stored(start, mode, act, make = false) {
  let turn;
  let late = false;
  const done = async () => {
    const database = await opened(start, () => make && !late);
    try {
      const result = await new Promise((resolve, reject) => {
        // Through to the disk, before a battery dies.
        turn = database.transaction(STORE, mode, { durability: "strict" });
        if (late) {
          turn.abort();
        }
        const asked = act(turn.objectStore(STORE));
        turn.oncomplete = () => resolve(asked.result);
        turn.onabort = () => reject(turn.error);
      });
      patience = PATIENCE_MS;
      return { result };
    } finally {
      database.close();
    }
  };
  const came = await within(patience, done());
  if (came) {
    return came.result;
  }
  // What was given up is not done later: by then the page has said something else.
  late = true;
  patience = IMPATIENCE_MS;
  turn?.abort();
  throw new Error("The phone's storage does not answer.");
}

// A key is [row id, ids of the rows that it replaces, the card's code], each a text, empty where there is none. The ids
// stand in their own order, not that of answering, commas between.
// In place of the rows with these ids, all or nothing.
export const put = (start, key, row, ids) =>
  stored(start, "readwrite", (rows) => replace(rows, ids, () => rows.put(row, key)), true);
export const remove = (start, ids) => stored(start, "readwrite", (rows) => replace(rows, ids));

function replace(rows, ids, then = () => {}) {
  const asked = rows.getAllKeys();
  asked.onsuccess = () => {
    asked.result.filter(([id]) => ids.includes(id)).forEach((key) => rows.delete(key));
    then();
  };
  return asked;
}

// Nothing where there is no database yet; a storage that cannot be read is a fault.
export function keys(start) {
  return stored(start, "readonly", (rows) => rows.getAllKeys()).catch((fault) => {
    if (fault?.name === "AbortError") {
      return [];
    }
    throw fault;
  });
}

export const get = (start, key) => stored(start, "readonly", (rows) => rows.get(key));

export function destroy(start) {
  const gone = new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(named(start));
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
  return within(patience, gone);
}
