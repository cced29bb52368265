// A device that people share, one after the other: at a hub, in place of a tablet.

import { isGone } from "../leaving.js";
import { sendNow, startOf, state, staysToSend } from "./outcome.js";
import { card, shared, unwanted } from "./remembering.js";
import { isHeldHere } from "./sending.js";

// The next person, on a device that people share: the whole document anew, and one that knows how soon it is.
export const anew = () => `${startOf()}?next#${withSoon()}`;

// There, with what the centre was asked to delete and has not: that goes on in the next page, where nobody is told of it.
export function goAnew(address) {
  if (shared && unwanted.size) {
    history.replaceState({ unwanted: [...unwanted] }, "", address);
    location.reload();
  } else {
    location.replace(address);
  }
}

// What lies in this page alone would be lost with it: it is sent first, or the page says that it is not. Whose card is no
// good by then can still choose.
export async function handOn() {
  const { visit } = state;
  if (isHeldHere() && visit.outcome !== "refused") {
    await sendNow();
    if (isGone() || staysToSend() || visit.outcome === "refused") {
      return;
    }
  }
  goAnew(anew());
}

function withSoon() {
  const next = new URLSearchParams(card);
  next.set("s", "");
  next.delete("c");
  return next;
}

// On a device that people share nobody is sent outside, and an untouched page begins anew.
export function share() {
  if (shared && document.body.dataset.start) {
    document.body.dataset.leave = anew();
    if (document.getElementById("idle")) {
      document.body.dataset.reset = anew();
    }
    delete document.body.dataset.outside;
    document.querySelectorAll(".alone").forEach((element) => element.remove());
    document.querySelectorAll(".shared").forEach((element) => (element.hidden = false));
  }
}
