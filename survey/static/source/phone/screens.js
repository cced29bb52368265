// Where somebody is: at a question, at the offer of words at its end, or reading something beside both. Help or another
// language leads back to the same, with what stands there and is not sent yet.

import { focus, put, standing } from "../screen.js";
import { startOf, state } from "./outcome.js";
import { showQuestion, showScreen } from "./pages.js";
import { card } from "./remembering.js";

const BESIDE = { help: "help", about: "about", safety: "safety", language: "languages" };
export const CODE = "code";

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
    visit.beside = !visit.choosing ? kind : document.getElementById(CODE) ? CODE : visit.beside;
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
  if (visit.beside === CODE) {
    askCode();
  } else if (visit.beside) {
    showScreen(state, visit.beside);
  } else {
    showCurrent();
  }
}

// Where a card's code is typed is another document: it has to know of the card's address what this one does, and in which
// language it is read; until the questions have come, in that of the page.
export function askCode() {
  card.delete("c");
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${startOf()}code#${card}`;
  form.innerHTML = `<input name="language" value="${state?.bundle.language}">`;
  document.body.append(form);
  form.submit();
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
