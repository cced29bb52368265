// What an answer leads to: the next question, words to come back with, or the end.

import { isGone } from "../leaving.js";
import { focus } from "../screen.js";
import { draw, hashed, spelled } from "./again.js";
import { file, isLesser, keepCore, takeBack } from "./filing.js";
import { keepPages } from "./kept_pages.js";
import { fetched } from "./loading.js";
import { endWithout, notKept, sendAll, sendLast, startOf, state } from "./outcome.js";
import { parsed, showQuestion } from "./pages.js";
import { keepUnsent, showDrawn, showOffer } from "./screens.js";
import * as walk from "./visit.js";

// For what somebody who wants to finish should not have to wait for.
const PATIENCE_MS = 3000;
const UNHASHED = "unhashed";

// Continue or Skip on a question's page: take what stands there, and show what comes next.
export async function answered(form, submitter) {
  const { instrument, visit } = state;
  const name = visit.position;
  const posted = new FormData(form);
  const askedBefore = walk.askedOn(instrument, visit, name);
  if (submitter?.value === "skip") {
    walk.skip(instrument, visit, name).forEach((item) => askedBefore.add(item));
  } else {
    const typed = (item) => posted.getAll(item);
    const wrong = walk.take(instrument, visit, name, typed);
    if (wrong.length) {
      showQuestion(state, name, wrong, typed);
      return;
    }
  }
  if (visit.answers.size) {
    keepPages(startOf());
  }
  const next = walk.following(instrument, visit, name, askedBefore);
  if (next === null) {
    await finish();
    return;
  }
  // Nobody waits for the network between two questions; what fails now is tried again at the next, and told at the end.
  if (state.bundle.again && walk.reached(instrument, visit) !== "started") {
    wordsCame();
  }
  keepCore(state, startOf()).then(tellOfCard, () => (visit.coreSaid = null));
  showQuestion(state, next);
}

// Whoever walks away from here has to know: the first page says that the first few answers are kept. What becomes of them
// is asked at the end. Below what is asked now, since nothing may move that somebody is about to press.
function tellOfCard(became) {
  const { bundle, visit } = state;
  if (became.get(visit.sent.at(-1)) === "refused" && !isGone() && document.getElementById("question")) {
    const { innerHTML } = parsed(bundle.screens.refused).querySelector("h1");
    const last = document.querySelector("footer") ?? document.querySelector("main");
    last.insertAdjacentHTML("beforeend", `<p class="error" role="alert">${innerHTML}</p>`);
  }
}

async function finish() {
  const { bundle, instrument, visit } = state;
  if (isLesser(state)) {
    await sendLast();
    return;
  }
  if (walk.reached(instrument, visit) === "started") {
    await endWithout(takeBack(visit, startOf()), "ended");
    return;
  }
  // Before anybody is offered words: whoever stops there has answered all the same.
  visit.filing = sealAll();
  visit.filing.then(sendAll).catch(() => {}); // What fails now is tried again once they have chosen, and told then.
  if (bundle.again && (await wordsCame())) {
    showOffer();
  } else {
    await fileAll();
  }
}

function sealAll() {
  const { instrument, visit } = state;
  return file(state, startOf(), walk.reached(instrument, visit), visit.again ? { again: visit.again } : {});
}

// The list of words to come back with is fetched once the core is in; without it nobody is offered any.
async function wordsCame() {
  const words = state.words ?? (await fetched(`${startOf()}phone-words`, PATIENCE_MS).catch(() => null));
  state.words = words; // Another language may have come meanwhile.
  return words !== null;
}

// What was sealed at the end already, or another copy in its place because that failed.
export async function fileAll() {
  const { visit } = state;
  const { filing } = visit;
  visit.filing = null;
  try {
    if ((await (filing ?? sealAll())) !== UNHASHED) {
      await sendLast();
    }
  } catch {
    await notKept();
  }
}

// Another copy in its place, with words to come back with, once they are hashed: on a slow phone that takes seconds. What
// another tab has deleted meanwhile stays deleted.
function fileWith(words) {
  const { instrument, visit } = state;
  visit.unhashed = false;
  const sealed = (again) => {
    visit.again = again;
    return visit.outcome ? null : sealAll();
  };
  visit.filing = hashed(words, instrument.id).then(sealed, offerAnew);
}

// Without their hash words are good for nothing, and what was sealed without them stays: they are offered once more, the
// same that somebody may have written down.
function offerAnew() {
  const { visit } = state;
  visit.filing = null;
  visit.unhashed = true;
  if (!isGone() && !visit.outcome && !visit.beside && !visit.choosing) {
    keepUnsent();
    showOffer();
    visit.unsent = null;
  }
  return UNHASHED;
}

// Sealed and sent while they are written down: whoever closes the page then has good words.
export function giveWords() {
  const { visit } = state;
  visit.drawn ??= draw(state.words);
  fileWith(visit.drawn);
  visit.filing.then(sendAll).catch(() => {}); // Met once they have them.
  showDrawn(visit.drawn);
}

export async function useWords(form) {
  const { visit } = state;
  const words = spelled(state.words, form.elements.words.value);
  visit.misspelt = words === null;
  document.getElementById("again-error").hidden = !visit.misspelt;
  if (visit.misspelt) {
    focus(form.elements.words);
  } else {
    visit.drawn = null;
    fileWith(words);
    await fileAll();
  }
}
