// The server's own pages, as it rendered them once for everybody, with one person's questions, answers and way in them.

import { display, put } from "../screen.js";
import { isFinished, shared } from "./remembering.js";
import { stopAt } from "./routing.js";
import { backFrom, pagesLeft, shownOptions } from "./visit.js";

// What the centre says on a page of its own, where it knows no visit.
export const NOTHING_KEPT = ".nothing-kept";

export const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

// What changes from page to page, in the frame that all pages of a language share.
function framed({ bundle, visit }, html) {
  const next = parsed(bundle.frame);
  const inner = parsed(html);
  next.querySelector("main").replaceWith(inner.querySelector("main"));
  next.querySelector("main").after(...inner.querySelectorAll("footer"));
  delete next.body.dataset.waiting;
  if (isFinished(visit)) {
    // What is sent cannot be found again, so the button must not promise to delete it.
    next.querySelectorAll(".leave").forEach((button) => rename(button, bundle.words["bar.leave_only"]));
  }
  if (visit.outcome || (visit.beside && !shared)) {
    // Where nothing is asked now a page looks again by itself: nobody is called away from Help, nor from what was deleted. On
    // a device that people share nobody may be there.
    delete next.body.dataset.retry;
  }
  if (visit.outcome || !bundle.pages) {
    // No question is left to go back to.
    next.querySelectorAll(".back a").forEach((link) => rename(link, bundle.words["bar.back"]));
  }
  return next;
}

// The first page came without what covers it untouched; somebody may have begun to answer on it, so it stays as it is.
export function lendIdling({ bundle }) {
  const { body } = parsed(bundle.frame);
  document.body.append(body.querySelector("#idle"));
  Object.assign(document.body.dataset, { warn: body.dataset.warn, left: body.dataset.left });
}

// One question page. `wrong`: [item, kind] of what has to be asked again, with `posted` as it was typed.
export function showQuestion(state, name, wrong = [], posted = null) {
  const { bundle, instrument, visit } = state;
  const next = framed(state, bundle.pages[name]);
  const main = next.querySelector("main");
  const stop = stopAt(instrument, name, visit.answers);
  visit.show(name);
  for (const [at, element] of [...main.querySelectorAll(".question, .note")].entries()) {
    // Every item of the page stands there, in order.
    const item = stop.page.items[at];
    if (stop.items.includes(item)) {
      fill(element, visit, item, stop.view, posted?.(item.name) ?? said(visit, item));
    } else {
      element.remove();
    }
  }
  head(main, stop.items.length);
  const back = backFrom(instrument, visit, name, shared);
  furnish(main, bundle, {
    back,
    left: pagesLeft(instrument, visit, name),
    several: stop.items.length > 1,
  });
  complain(next, bundle, wrong);
  noMoreCodes(next, state);
  display(next);
  if (back === null) {
    showBefore(state);
  }
}

// A card's code is asked for once, and before anything was sent: else one visit could come in by two doors.
export function noMoreCodes(page, { code, visit }) {
  if (code || visit.sent.length) {
    page.querySelector('footer [href$="/code"]')?.remove();
  }
}

// Another page: help, thanks and so on. `wrong` as above, of what is typed there.
export function showScreen(state, name, wrong = []) {
  const { bundle, visit } = state;
  const next = framed(state, bundle.screens[name]);
  const crime = [visit.answers.get(bundle.crime)].flat();
  fit([...next.querySelectorAll(".lines li")], name === "help" ? crime : []);
  complain(next, bundle, wrong);
  if (visit.began !== null) {
    next.getElementById("return")?.remove(); // Nobody who has answered is asked to begin again.
  }
  display(next);
}

// Over the first question, until it is answered: what became of answers from before, sent by now, refused for their card's
// code, lost, or waiting still.
export function showBefore({ bundle, visit }) {
  const main = document.querySelector("main");
  const said = main?.querySelector(".before");
  const what = visit.before;
  if (!main || visit.answers.size || said?.dataset.what === what) {
    return;
  }
  said?.remove();
  if (what) {
    main.querySelector(NOTHING_KEPT)?.remove();
    if (what !== "sent") {
      main.querySelector("#delete-now")?.remove(); // One of what was sent, which deletes this too.
    }
    main.prepend(document.getElementById(what === "sent" ? "sent-before" : "waiting-before").content.cloneNode(true));
    const box = main.querySelector(".before");
    box.dataset.what = what;
    if (what === "sent") {
      delete document.body.dataset.retry; // Whoever reads that is not called away to answer again.
    } else if (what !== "waiting") {
      const told = parsed(bundle.screens[what === "refused" ? "refused" : "unkept"]);
      const heading = document.createElement("p");
      heading.append(...told.querySelector("h1").childNodes);
      box.replaceChildren(heading, ...(what === "refused" ? told.querySelectorAll("main > p, main > form[id]") : []));
    }
  }
}

// The support lines for this kind of crime first, then those for everyone; all of them where none is close.
function fit(lines, crime) {
  const crimes = (line) => (line.dataset.crimes ?? "").split(" ").filter(Boolean);
  const close = lines.filter((line) => crimes(line).some((each) => crime.includes(each)));
  if (!close.length) {
    return;
  }
  lines.filter((line) => !close.includes(line) && crimes(line).length).forEach((line) => line.remove());
  close[0].parentElement.prepend(...close);
}

function said(visit, item) {
  const answer = visit.answers.get(item.name) ?? item.default;
  return answer === undefined ? [] : [answer].flat().map((each) => (each === true ? "yes" : String(each)));
}

function fill(element, visit, item, view, values) {
  if (item.options) {
    const rows = new Map([...element.querySelectorAll(".row")].map((row) => [row.querySelector("input").value, row]));
    rows.forEach((row) => row.remove());
    element.append(...shownOptions(visit, item, view).map((option) => rows.get(option.code)));
  }
  put(element, () => values);
}

// A single question is its own heading; so is the first where the page has none.
function head(main, count) {
  const heading = [...main.children].find((child) => child.matches("h1"));
  for (const own of main.querySelectorAll("form h1")) {
    own.replaceWith(...own.childNodes);
  }
  if (heading && count > 1) {
    return;
  }
  heading?.remove();
  const first = main.querySelector(".question, .note");
  const label = first.querySelector("legend, label.over");
  const words = label ? [...label.childNodes] : [...first.childNodes].filter((node) => !node.matches?.("p"));
  const own = document.createElement("h1");
  own.append(...words);
  (label ?? first).prepend(own);
}

function furnish(main, bundle, { back, left, several }) {
  const link = main.querySelector(".back a");
  if (back === null) {
    link?.parentElement.remove();
  } else if (link) {
    link.href = new URL(`page/${back}`, new URL(document.body.dataset.start, location.href)).pathname;
  }
  const skip = main.querySelector(".skip");
  if (skip) {
    rename(skip, bundle.words[several ? "question.skip_page" : "question.skip"]);
  }
  const remaining = main.querySelector(".remaining");
  remaining.innerHTML = bundle.remaining[left];
  if (!bundle.remaining[left]) {
    remaining.remove();
  }
}

// Other words on a button; its drawing stays.
function rename(button, words) {
  const drawing = button.querySelector(".symbol");
  button.innerHTML = words;
  button.prepend(...(drawing ? [drawing] : []));
}

function complain(next, bundle, wrong) {
  if (!wrong.length) {
    return;
  }
  const main = next.querySelector("main");
  const lines = wrong.map(([item, kind]) => {
    const message = bundle.messages[item]?.[kind] ?? bundle.words[`error.${kind}`];
    return `<li><a href="#${markWrong(main, item, message)}">${message}</a></li>`;
  });
  const block = parsed(
    `<div class="problems" role="alert" tabindex="-1" aria-labelledby="problems-heading">
    <h2 id="problems-heading">${bundle.words["error.heading"]}</h2><ul>${lines.join("")}</ul></div>`,
  ).body.firstElementChild;
  main.querySelector(":scope > h1, form").before(block);
  next.title = `${parsed(bundle.words["title.error"]).body.textContent} ${next.title}`;
}

// The id of the control that a link from the summary leads to.
function markWrong(main, item, message) {
  const control = [...main.querySelectorAll("input, textarea")].find((each) => each.name === item);
  const question = control.closest(".question");
  const line = document.createElement("p");
  line.className = "error";
  line.id = `${item}-error-1`;
  line.innerHTML = message;
  const above = question.querySelectorAll(".hint, legend, label.over");
  above[above.length - 1].after(line);
  question.classList.add("wrong");
  const described = question.matches("fieldset") ? question : control;
  described.setAttribute("aria-describedby", `${described.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
  control.setAttribute("aria-invalid", "true");
  return control.id;
}
