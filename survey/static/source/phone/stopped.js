// Where the centre asks nothing now: what waits on this phone is told all the same, and can be deleted.

import { become, startOf, state } from "./outcome.js";
import { showBefore } from "./pages.js";
import { known, unwanted } from "./remembering.js";
import { follow } from "./screens.js";
import { waitingIds } from "./sending.js";
import { Visit } from "./visit.js";

const SCREENS = "template[data-screen]";
const ITSELF = "stopped";

export const isStop = () => document.querySelector(SCREENS) !== null;

// The page itself stands in for the questions that did not come: it has the few screens that lead on from it.
export async function stopped() {
  const { body, documentElement } = document;
  const screens = { [ITSELF]: body.querySelector("main").outerHTML };
  for (const { dataset, innerHTML } of body.querySelectorAll(SCREENS)) {
    screens[dataset.screen] = innerHTML;
  }
  const { leaveOnly, back } = body.querySelector(SCREENS).dataset;
  const visit = new Visit({ known: known() });
  visit.unkept = ITSELF; // What somebody comes back to from Help.
  // Nothing more is asked of anybody here, so whoever leaves and deletes means what waits: on their own phone.
  const waits = await waitingIds(startOf());
  visit.sent = [...visit.sent, ...waits];
  if (waits.length || unwanted.size) {
    delete body.dataset.retry; // A page that looks again by itself would forget what it has to delete.
  }
  const words = { "bar.leave_only": leaveOnly, "bar.back": back };
  become({ bundle: { frame: documentElement.outerHTML, screens, words }, visit, code: "" });
}

// Help, and back from it, in the one history entry: a document of its own would be where Back leads after Leave.
export function besideStop(kind) {
  follow(kind);
  const { visit } = state;
  if (visit.beside) {
    delete document.body.dataset.retry; // Nobody is called away from Help.
  } else if (!visit.outcome) {
    showBefore(state, visit.before);
  }
}
