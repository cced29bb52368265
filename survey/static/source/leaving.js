// Leave: one tap, or Shift three times. First nothing is on the screen any more, then the visit is destroyed, and the
// one history entry that the interview ever had is replaced. GOV.UK's own exit leaves the survey one Back press away,
// and `no-store` does not keep a page out of the back-forward cache (both measured), hence a script of our own.

import { hush } from "./aloud.js";
import { within } from "./patience.js";

const PRESSES = 3;
const WITHIN_MS = 3000;
let presses = [];
// Where this device keeps something, so long may its deletion hold up the way out: the screen is empty by then.
const TIDYING_MS = 400;
let gone = false;
let tidy = null;
let onward = (address) => location.replace(address);

export function wipe() {
  gone = true;
  hush();
  document.title = "";
  document.body.replaceChildren();
}

export function isGone() {
  return gone;
}

// What else has to go when somebody leaves, as a function that promises to have done it.
export function tidyWhenLeaving(action) {
  tidy = action;
}

// Away from this page, in the same history entry; a page may have a way of its own.
export const go = (address) => onward(address);

export function goBy(way) {
  onward = way;
}

// On a tablet the way out is local: the server wipes and sends to the start in one go. A phone goes outside at once and
// tells the server on the way, so that a slow network never holds a page of ours on the screen.
export async function leave() {
  const { leave: address, outside } = document.body.dataset;
  wipe();
  if (outside) {
    fetch(address, { method: "POST", keepalive: true, redirect: "manual", body: new URLSearchParams() }).catch(() => {});
  }
  if (tidy) {
    // Whatever fails there, the way out is open.
    await within(TIDYING_MS, tidy().catch(() => {}));
  }
  go(outside || address);
}

function pressed(event) {
  if (event.key !== "Shift") {
    presses = [];
    return;
  }
  if (event.repeat) {
    return;
  }
  presses = [...presses, event.timeStamp].filter((at) => event.timeStamp - at < WITHIN_MS);
  if (presses.length >= PRESSES) {
    presses = [];
    leave();
  }
}

export function watchForLeaving() {
  document.addEventListener("keydown", pressed, true);
  document.addEventListener(
    "click",
    (event) => {
      if (event.target.closest?.(".leave")) {
        event.preventDefault();
        event.stopPropagation();
        leave();
      }
    },
    true,
  );
  // Whatever way a page is left, what the browser keeps of it for Back is empty; and what it gives back is fetched anew.
  addEventListener("pagehide", wipe);
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
}
