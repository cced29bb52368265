// Where somebody is: at a question, at the offer of words at its end, or reading something beside both. Help or another
// language leads back to the same, with what stands there and is not sent yet.

import { focus, put, standing, tellShown } from "../screen.js";
import { state } from "./outcome.js";
import { showBefore, showQuestion, showScreen } from "./pages.js";

export const CODE = "card-code";
const BESIDE = { help: "help", about: "about", safety: "safety", code: CODE, language: "languages" };

export function keepUnsent() {
  const { visit } = state;
  const form = document.getElementById("question") ?? document.getElementById("again-use");
  visit.unsent = form ? standing(form) : visit.unsent;
  visit.typed = document.getElementById(CODE)?.elements.code.value ?? visit.typed;
}

// What a link of the survey leads to.
export function follow(kind, page) {
  const { visit } = state;
  if (kind === "page") {
    showQuestion(state, page);
  } else if (Object.hasOwn(BESIDE, kind)) {
    keepUnsent();
    visit.choosing = kind === "language";
    if (visit.choosing) {
      showScreen(state, BESIDE[kind]);
    } else {
      showBeside(BESIDE[kind]);
    }
  } else if (visit.choosing) {
    showAgain();
  } else {
    showCurrent();
  }
}

// Over what stands there, which stays.
export function warn(words) {
  const main = document.querySelector("main");
  main.querySelector(":scope > p[role=alert]")?.remove();
  main.insertAdjacentHTML("afterbegin", `<p class="error" role="alert">${words}</p>`);
  scrollTo(0, 0); // Whoever pressed Continue is at the end of the page.
}

// Whoever opened Help in a language that they cannot read finds it in theirs.
export function showAgain() {
  const { visit } = state;
  visit.choosing = false;
  if (visit.beside) {
    showBeside(visit.beside);
  } else {
    showCurrent();
  }
}

// `wrong`: what the centre says of the code that stands there.
export function showBeside(name, wrong = []) {
  const { visit } = state;
  visit.beside = name;
  showScreen(state, name, wrong);
  if (name === CODE) {
    document.getElementById("code").value = visit.typed;
    document.querySelector(visit.closed ? "main .skip" : "main .full")?.remove();
    showBefore(state);
  }
}

export function showCurrent() {
  const { visit } = state;
  visit.beside = null;
  const over = visit.outcome ?? visit.unkept;
  if (over) {
    showScreen(state, over);
  } else if (visit.closed && !state.code) {
    showBeside(CODE);
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
  document.getElementById("again-error").hidden = !visit.misspelt;
  document.getElementById("again-failed").hidden = !visit.unhashed;
  if (visit.drawn && !visit.unhashed) {
    showDrawn(visit.drawn);
  }
}

export function showDrawn(words) {
  document.querySelector(".offer").remove();
  document.querySelector(".drawn").hidden = false;
  document.querySelector(".four").textContent = words;
  focus(document.querySelector(".four"));
  tellShown();
}
