// What waits on this phone: sealed rows of 5,250 bytes under the ids by which they are sent, and nothing else.

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
      const turn = database.transaction(STORE, mode);
      const asked = act(turn.objectStore(STORE));
      turn.oncomplete = () => resolve(asked.result);
      turn.onabort = () => reject(turn.error);
    });
  } finally {
    database.close();
  }
}

// A key is [row id, ids of the rows that it replaces, the card's code], each a text, empty where there is none. The ids
// stand in their own order, not in that of answering, with commas between.
export const put = (start, key, row) => within(start, "readwrite", (rows) => rows.put(row, key), true);
export const remove = (start, key) => within(start, "readwrite", (rows) => rows.delete(key));

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
