// One history entry for the whole interview: forms and links are fetched, the page is put in place of the last one, and
// the address stays the start's, so that neither Back nor the history shows which questions were asked. Whatever goes
// wrong here, the browser's own way of sending the form still works.

import { isGone } from "./leaving.js";
import { display, focus, put, standing } from "./screen.js";

const PATIENCE_MS = 15000;
const TICKED = new Set(["radio", "checkbox"]);
let busy = false;
let native = false;
// What stands on a question's page and is not sent yet: Help or another language does not lose it.
let unsent = null;

// A form of this page for this visit: the next person has another token.
const nameOf = (form) => `${form.action} ${form.elements.csrf_token.value}`;

function keepUnsent() {
  const form = document.getElementById("question");
  unsent = form ? { of: nameOf(form), standing: standing(form) } : unsent;
}

function putBack(next) {
  const form = next.getElementById("question");
  if (form && unsent?.of === nameOf(form)) {
    form.querySelectorAll(".question").forEach((question) => put(question, unsent.standing));
    const controls = [...form.querySelectorAll(".question input, .question textarea")];
    if (controls.some((each) => each.checked || (each.value && !TICKED.has(each.type)))) {
      delete next.body.dataset.waiting; // Somebody is here, and what they said is on the screen.
    }
  }
  unsent = form ? null : unsent;
}

function settle() {
  const { start } = document.body.dataset;
  if (start && location.pathname !== start) {
    history.replaceState(null, "", start);
  }
}

function show({ html, url }) {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (next.body.dataset.start !== document.body.dataset.start) {
    location.replace(url); // Another sitting, such as assisted entry, has a style sheet and a start of its own.
    return;
  }
  putBack(next);
  display(next);
}

async function fetched(address, options) {
  const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) {
    throw new TypeError("not a page");
  }
  return { html: await answer.text(), url: answer.url };
}

async function step(address, options, otherwise) {
  if (busy) {
    return;
  }
  busy = true;
  try {
    const page = await fetched(address, options);
    if (!isGone()) {
      show(page);
    }
  } catch {
    if (!isGone()) {
      otherwise();
    }
  } finally {
    busy = false;
  }
}

function submitted(event) {
  const { target: form, submitter } = event;
  if (native || event.defaultPrevented) {
    return;
  }
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, submitter));
  if (form.classList.contains("afresh")) {
    afresh(form, body);
    return;
  }
  if (form.matches(".languages")) {
    keepUnsent();
  } else {
    unsent = null;
  }
  step(form.action, { method: "POST", body }, () => sendPlainly(form, submitter));
}

function sendPlainly(form, submitter) {
  // A form that is still being submitted cannot be submitted again: let that end first.
  setTimeout(() => {
    native = true;
    form.requestSubmit(submitter);
    native = false;
  });
}

// For the next person the whole document goes, not only what stands in it.
async function afresh(form, body) {
  await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  location.replace(document.body.dataset.start);
}

function clicked(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  const address = new URL(link.href);
  if (address.origin !== location.origin) {
    return;
  }
  event.preventDefault();
  if (link.getAttribute("href").startsWith("#")) {
    focus(document.getElementById(address.hash.slice(1)));
  } else {
    keepUnsent();
    step(address.href, {}, () => location.replace(address.href));
  }
}

export function watchSteps() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
  settle();
}
