// A card's code that somebody types before anything was sent: the centre looks at it, and this page keeps it. All that in
// the one document, so that the visit, its language and the one history entry stay what they are.

import { PATIENCE_MS, within } from "../patience.js";
import { startOf, state } from "./outcome.js";
import { card } from "./remembering.js";
import { CODE, keepUnsent, showBeside, showCurrent } from "./screens.js";
import { post } from "./sending.js";

const PLAIN = /^[0-9A-Z]{16}$/;

export async function useCode() {
  const { visit } = state;
  keepUnsent();
  const asked = post(`${startOf()}phone-code`, {}, new URLSearchParams({ code: visit.typed }));
  const word = await within(PATIENCE_MS, asked);
  const { bundle } = state; // Another language may have come meanwhile.
  if (!PLAIN.test(word)) {
    showBeside(CODE, [["code", bundle.words[`error.${word}`] ? word : "unloaded"]]);
    return;
  }
  state.code = word;
  card.set("c", word);
  visit.typed = "";
  showCurrent();
  const form = document.getElementById("question");
  form.insertAdjacentHTML("beforebegin", `<p class="hint">${bundle.words["code.taken"]}</p>`);
}
