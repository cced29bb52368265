// What waits on this phone: sealed rows under the ids by which they are sent.

const STORE = "rows";

const named = (start) => `heard ${start}`;

// Only what is written makes a database: looking whether something waits leaves no trace.
function opened(start, make) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(named(start), 1);
    asked.onupgradeneeded = () => (make ? asked.result.createObjectStore(STORE) : asked.transaction.abort());
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(start, mode, act, make = false) {
  const database = await opened(start, make);
  try {
    return await new Promise((resolve, reject) => {
      // Through to the disk, before a battery dies.
      const turn = database.transaction(STORE, mode, { durability: "strict" });
      const asked = act(turn.objectStore(STORE));
      turn.oncomplete = () => resolve(asked.result);
      turn.onabort = () => reject(turn.error);
    });
  } finally {
    database.close();
  }
}

// A key is [row id, ids of the rows that it replaces, the card's code], each a text, empty where there is none. The ids
// stand in their own order, not that of answering, commas between.
// In place of the rows with these ids, all or nothing.
export const put = (start, key, row, ids) =>
  within(start, "readwrite", (rows) => replace(rows, ids, () => rows.put(row, key)), true);
export const remove = (start, ids) => within(start, "readwrite", (rows) => replace(rows, ids));

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
  return within(start, "readonly", (rows) => rows.getAllKeys()).catch((fault) => {
    if (fault?.name === "AbortError") {
      return [];
    }
    throw fault;
  });
}

export const get = (start, key) => within(start, "readonly", (rows) => rows.get(key));

export function destroy(start) {
  return new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(named(start));
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
}
