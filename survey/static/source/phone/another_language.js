// Another language: the page goes on in the one that it has until the other has come.

import { isGone } from "../leaving.js";
import { PATIENCE_MS, within } from "../patience.js";
import { load } from "./loading.js";
import { become, startOf, state } from "./outcome.js";
import { remember } from "./remembering.js";
import { keepUnsent, showAgain, warn } from "./screens.js";
import * as walk from "./visit.js";

// What came before, by language: who goes back to one needs no network.
const had = new Map();
let wanted = null;

// In this language from when it has come, however slowly; within five seconds the page says that it has not.
export async function speak(language) {
  wanted = language;
  const stillAsked = () => wanted === language && !isGone();
  had.set(state.bundle.language, state);
  const coming = had.get(language) ?? load(document.body.dataset.bundle.replace(/[^/]*$/, language));
  const comes = Promise.resolve(coming).then((loaded) => (stillAsked() ? spoken(loaded) : ""));
  const why = (await within(PATIENCE_MS, comes).catch(() => null)) ?? "phone.language";
  if (why && stillAsked()) {
    if (state.visit.choosing) {
      showAgain();
    }
    warn(state.bundle.words[why]);
  }
}

// Nothing, or by its name what to say of it.
function spoken(loaded) {
  const { code, told, visit, words } = state;
  keepUnsent();
  if (loaded.told.digest === told.digest) {
    become({ ...state, ...loaded, code, visit, words });
  } else if (visit.outcome || visit.answers.size) {
    return "phone.changed"; // The centre has another questionnaire by now: whoever has begun this one goes on with it.
  } else {
    had.clear();
    become({ ...state, ...loaded, visit: new walk.Visit({ soon: visit.soon, known: visit }) });
    state.visit.show(walk.firstPage(loaded.instrument));
  }
  showAgain();
  remember(startOf(), state.visit, document.body.dataset.bundle);
  return "";
}
