// The phone's own storage, which may be slow, refuse or never answer: who asks it has an answer or a fault, and soon.

import { after, within } from "../patience.js";

const STORE = "rows";
// A storage that never answers is one that refuses. Who was kept waiting once is not kept so long again.
const PATIENCE_MS = 3000;
const IMPATIENCE_MS = 1000;
const LONGEST_MS = 20000;
let patience = PATIENCE_MS;
// How long it last took to answer, in time or not: what only looks or wipes waits twice as long, since a page that does not
// know what lies here must not say that it is gone.
let took = 0;
let opens = false;
const LATE = "TimeoutError";

const named = (start) => `heard ${start}`;

// Only what is written makes a database: looking whether something waits leaves no trace.
function opened(start, makes) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(named(start), 1);
    asked.onupgradeneeded = () => (makes() ? asked.result.createObjectStore(STORE) : asked.transaction.abort());
    asked.onsuccess = () => {
      opens = true;
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
  });
}

// What `act` asks of the rows, done whole or not at all; `make`: also where nothing was ever kept here.
export async function stored(start, mode, act, make = false) {
  let turn;
  let late = false;
  const begun = performance.now();
  const done = async () => {
    const database = await opened(start, () => make && !late);
    try {
      const result = await new Promise((resolve, reject) => {
        // Through to the disk, before a battery dies.
        turn = database.transaction(STORE, mode, { durability: "strict" });
        if (late && make) {
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
  const whole = done().finally(() => {
    took = Math.min(performance.now() - begun, LONGEST_MS / 2);
  });
  const came = await within(make ? patience : Math.max(patience, 2 * took), whole);
  if (came) {
    return came.result;
  }
  // What was to be kept, and was given up, is not kept later: by then the page has said something else. What was to be
  // wiped is: a row that stayed would be sent although its page had said that it was deleted.
  late = true;
  patience = IMPATIENCE_MS;
  if (make) {
    turn?.abort();
  } else {
    whole.catch(() => {}).then(() => dispatchEvent(new Event("heard:late")));
  }
  throw new DOMException("No answer.", LATE);
}

// Whether this fault says that nothing lies here: there is no database yet, or the phone never let this page have one.
export const isNone = (fault) => fault?.name === "AbortError" || (!opens && !isLate(fault));
export const isLate = (fault) => fault?.name === LATE;

export function destroy(start) {
  return new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(named(start));
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
    after(patience).then(resolve);
  });
}
