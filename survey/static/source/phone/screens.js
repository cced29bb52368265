// Where somebody is: at a question, at the offer of words at its end, or reading something beside both. Help or another
// language leads back to the same, with what stands there and is not sent yet.

import { focus, put, standing } from "../screen.js";
import { state } from "./outcome.js";
import { showQuestion, showScreen } from "./pages.js";

const BESIDE = { help: "help", about: "about", safety: "safety", language: "languages" };

export function keepUnsent() {
  const { visit } = state;
  const form = document.getElementById("question") ?? document.getElementById("again-use");
  visit.unsent = form ? standing(form) : visit.unsent;
}

// What a link of the survey leads to.
export function follow(kind, page) {
  const { visit } = state;
  if (kind === "page") {
    showQuestion(state, page);
  } else if (Object.hasOwn(BESIDE, kind)) {
    keepUnsent();
    visit.choosing = kind === "language";
    visit.beside = visit.choosing ? visit.beside : kind;
    showScreen(state, BESIDE[kind]);
  } else if (visit.choosing) {
    showAgain();
  } else {
    showCurrent();
  }
}

// Whoever opened Help in a language that they cannot read finds it in theirs.
export function showAgain() {
  const { visit } = state;
  visit.choosing = false;
  if (visit.beside) {
    showScreen(state, visit.beside);
  } else {
    showCurrent();
  }
}

export function showCurrent() {
  const { visit } = state;
  visit.beside = null;
  if (visit.outcome) {
    showScreen(state, visit.outcome);
  } else if (visit.offered) {
    showOffer();
  } else {
    showQuestion(state, visit.position, [], visit.unsent);
  }
  visit.unsent = null;
}

// Four words to come back with: offered, or the ones that were drawn for this person.
export function showOffer() {
  const { visit } = state;
  visit.offered = true;
  showScreen(state, "again");
  put(document.getElementById("again-use"), visit.unsent ?? (() => []));
  if (visit.drawn) {
    showDrawn(visit.drawn);
  }
}

export function showDrawn(words) {
  document.querySelector(".offer").remove();
  document.querySelector(".drawn").hidden = false;
  document.querySelector(".four").textContent = words;
  focus(document.querySelector(".four"));
}
