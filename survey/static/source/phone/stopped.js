// Where the centre asks nothing now: what waits on this phone is told all the same, and can be deleted.

import { become, startOf } from "./outcome.js";
import { known } from "./remembering.js";
import { waiting } from "./sending.js";
import { Visit } from "./visit.js";

// The page itself stands in for the questions that did not come: it has the few screens that deleting leads to.
export async function stopped() {
  const { body, documentElement } = document;
  delete body.dataset.retry; // A page that looks again by itself would forget what it has to delete.
  const screens = {};
  for (const { dataset, innerHTML } of document.querySelectorAll("template[data-screen]")) {
    screens[dataset.screen] = innerHTML;
  }
  const words = { "bar.leave_only": body.querySelector("[data-leave-only]")?.dataset.leaveOnly };
  const visit = new Visit({ known: known() });
  // Nothing more is asked of anybody here, so whoever leaves and deletes means what waits.
  visit.sent = [...visit.sent, ...(await waiting(startOf())).flatMap(([id, replaces]) => [id, ...replaces.split(",")])];
  become({ bundle: { frame: documentElement.outerHTML, screens, words }, visit, code: "" });
}
