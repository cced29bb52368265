// What waits on this phone: sealed rows under the ids by which they are sent.

import { stored } from "./storage.js";

export { destroy, isLate, isNone } from "./storage.js";

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
