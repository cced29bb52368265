// Where scripts run, answers never leave a phone unsealed. This file is read before anything of the page can be sent:
// from then on no form is posted. The questions come in one bundle a language; the page walks them by itself, seals here,
// and the centre only ever sees rows. Where something fails the page says so; it never falls back to posting answers.

import { watchAloud } from "../aloud.js";
import { watchForIdling } from "../idling.js";
import { goBy, isGone, tidyWhenLeaving, watchForLeaving } from "../leaving.js";
import { after, PATIENCE_MS, within } from "../patience.js";
import { focus, tellShown } from "../screen.js";
import { speak } from "./another_language.js";
import { answered, fileAll, giveWords, useWords } from "./answering.js";
import { useCode } from "./card_code.js";
import { takeAway } from "./filing.js";
import { handToWorker, isKept, keepPages, LEAVING_MS, leaveNoTrace } from "./kept_pages.js";
import { load } from "./loading.js";
import {
  become, deleteWaiting, goOnDeleting, hearOfDeletions, openedWith, sendByTheOpenDoor, sendFirst, sendNow, sendWaiting, startOf, state,
  staysToSend,
} from "./outcome.js";
import { lendIdling, noMoreCodes, showQuestion } from "./pages.js";
import { card, deleting, handOver, known, remember, shared, spoken } from "./remembering.js";
import { CODE, follow, showCurrent, warn } from "./screens.js";
import { goAnew, handOn, share } from "./shared_device.js";
import { besideStop, inOwnLanguage, isStop, speakOfStop, stopped } from "./stopped.js";
import { NotTrusted } from "./trust.js";
import * as walk from "./visit.js";

// What this page needs and old browsers lack. There it works as without scripts, and says who seals then. Where it came
// without TLS every browser lacks some of it: there nothing is asked.
const needed = [Object.hasOwn, [].findLast, globalThis.AbortSignal?.timeout, navigator.locks];
const able = !isSecureContext || needed.every(Boolean);
let loading = null;
let busy = false;

async function ready() {
  loading ??= load(document.body.dataset.bundle);
  const loaded = await loading.finally(() => document.querySelector("p[role=alert]")?.remove());
  if (!state) {
    const visit = new walk.Visit({ soon: card.has("s"), known: known() });
    // It goes in a header, where other letters would stop the row here, and the centre could not call it mistaken.
    const code = (card.get("c") ?? document.body.dataset.code ?? "").replace(/[^!-~]/g, "?");
    if (code) {
      card.set("c", code); // For a reload too: what takes a row's place brings the code again.
    }
    become({ ...loaded, visit, code, words: null });
    visit.show(walk.firstPage(state.instrument));
  }
  return state;
}

// Nobody looks for long at a page that does nothing.
async function sayIfSlow() {
  await after(PATIENCE_MS);
  if (!state && loading && !isGone()) {
    warn(document.getElementById("not-loaded").dataset.slow);
  }
}

// A few words that came with the first page, for when nothing else did.
function say(template) {
  const { content, dataset } = document.getElementById(template);
  const heading = document.createElement("h1");
  heading.textContent = dataset.heading;
  document.querySelector("main").replaceChildren(heading, content.cloneNode(true));
  document.querySelector("footer")?.remove();
  document.documentElement.classList.remove("checking");
  focus(document.querySelector("h1"));
  tellShown();
}

function failed(fault) {
  if (isGone()) {
    return;
  }
  if (state) {
    const told = !state.visit.outcome && state.bundle.words["phone.lost.text"];
    if (told) {
      warn(told);
    }
  } else {
    loading = null;
    say(fault instanceof NotTrusted ? "not-available" : "not-loaded");
  }
}

// A second tap while the first is under way is the same tap.
async function oneAtATime(act) {
  if (busy || isGone()) {
    return;
  }
  busy = true;
  sayIfSlow();
  try {
    await act(await ready());
    remember(startOf(), state.visit, document.body.dataset.bundle);
  } catch (fault) {
    failed(fault);
  } finally {
    busy = false;
  }
}

const FORMS = {
  [CODE]: useCode,
  question: answered,
  again: fileAll,
  "again-no": fileAll,
  "again-give": giveWords,
  "again-done": fileAll,
  "again-use": useWords,
  "send-now": sendNow,
  "delete-now": deleteWaiting,
  "open-door": sendByTheOpenDoor,
};

function submitted(event) {
  const { target: form, submitter } = event;
  event.preventDefault();
  if (form.matches(".languages") && isStop()) {
    ready().then(() => isGone() || speakOfStop(submitter.value), failed);
  } else if (form.matches(".languages")) {
    ready().then(() => isGone() || speak(submitter.value), failed);
  } else if (form.matches(".afresh")) {
    handOn();
  } else if (form.id === "load-again") {
    loadAgain();
  } else if (form.id === "return") {
    beginAnew();
  } else if (Object.hasOwn(FORMS, form.id)) {
    oneAtATime(() => FORMS[form.id](form, submitter));
  }
}

function loadAgain() {
  if (state) {
    showCurrent();
  } else {
    location.reload();
  }
}

// Who has deleted what waited before they answered anything can answer still.
function beginAnew() {
  become({ ...state, visit: new walk.Visit({ soon: state.visit.soon }) });
  showQuestion(state, walk.firstPage(state.instrument));
  remember(startOf(), state.visit, document.body.dataset.bundle);
}

function clicked(event) {
  const link = event.target.closest?.("a[href]");
  const { bundle } = document.body.dataset;
  if (!link || !(bundle || isStop()) || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  const { pathname, origin } = new URL(link.href);
  if (link.getAttribute("href").startsWith("#")) {
    event.preventDefault();
    focus(document.getElementById(link.getAttribute("href").slice(1)));
  } else if (origin === location.origin && pathname.startsWith(startOf())) {
    event.preventDefault();
    const way = pathname.slice(startOf().length).split("/");
    if (bundle) {
      oneAtATime(() => follow(...way));
    } else {
      besideStop(...way);
    }
  }
}

const forget = () => state?.visit.wipe();

async function left() {
  forget();
  const wiped = takeAway(state?.visit ?? known() ?? {}, startOf()).then(() => true);
  if (!(await within(LEAVING_MS, wiped))) {
    await handToWorker(startOf());
  }
  await leaveNoTrace(startOf());
}

async function begin() {
  share();
  await inOwnLanguage();
  if (!document.body.dataset.bundle) {
    document.documentElement.classList.remove("checking"); // Nothing is asked here that would have to be checked before.
    if (isStop()) {
      remember(startOf(), null);
      loading = Promise.resolve(stopped());
      goOnDeleting();
      await sendFirst();
    }
    return;
  }
  remember(startOf(), null, spoken ?? document.body.dataset.bundle);
  openedWith(isKept());
  if (document.documentElement.matches(".checking")) {
    sayIfSlow();
  }
  try {
    const { visit } = await ready();
    if (isGone()) {
      return;
    }
    document.documentElement.classList.remove("checking");
    if (shared) {
      lendIdling(state);
      share();
      keepPages(startOf());
    }
    noMoreCodes(document, state);
    const form = document.getElementById("question");
    const asks = document.getElementById(CODE);
    visit.beside = asks && CODE;
    visit.closed = asks !== null && !document.querySelector("main .skip");
    goOnDeleting();
    if (!visit.outcome && (form ? !form.action.endsWith(`/page/${visit.position}`) : state.code)) {
      // The server had a draft of this person from before scripts ran, or asked for a code that came with the address.
      showQuestion(state, visit.position);
    }
    if (spoken && spoken !== document.body.dataset.bundle && (visit.outcome || document.querySelector(`#question, #${CODE}`))) {
      await speak(spoken.split("/").at(-1));
    }
    await sendFirst();
  } catch (fault) {
    if (fault instanceof NotTrusted || card.has("k")) {
      failed(fault);
    } else {
      document.documentElement.classList.remove("checking");
      loading = null; // the question stands there; whoever answers it hears what is wrong
    }
  }
}

const ofCard = (address) => new URLSearchParams(new URL(address).hash.slice(1)).has("k");

// One history entry, or Back after Leave would lead to the first card's visit.
function inPlace(event) {
  const { cancelable, destination, hashChange, navigationType } = event;
  if (hashChange && cancelable && navigationType !== "replace" && ofCard(destination.url)) {
    event.preventDefault();
    location.replace(destination.url);
  }
}

// Another card in the same tab is another visit: what an address says is read once, when a document begins.
function anotherCard({ newURL }) {
  if (ofCard(newURL)) {
    history.replaceState(history.state, "", newURL); // What was noted since then has taken it out of the address.
    handOver(state?.visit ?? known() ?? {}, card.get("c"));
    location.reload();
  }
}

function takeOver() {
  document.documentElement.classList.add("phone", ...(card.has("k") || deleting.said ? ["checking"] : []));
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
  document.addEventListener("heard:shown", share);
  document.addEventListener("DOMContentLoaded", begin);
  globalThis.navigation?.addEventListener("navigate", inPlace);
  addEventListener("hashchange", anotherCard);
  hearOfDeletions();
  watchForIdling();
  goBy(goAnew);
  document.addEventListener("heard:over", (event) => staysToSend() && event.preventDefault());
  tidyWhenLeaving(left);
  addEventListener("pagehide", forget);
  for (const kind of ["online", "pageshow", "visibilitychange", "heard:late"]) {
    addEventListener(kind, () => state && document.visibilityState === "visible" && sendWaiting(), true);
  }
}

// A voice measures what stands there. Before the written style sheet came that would fetch letters from two places.
addEventListener(able ? "DOMContentLoaded" : "load", () => {
  const { voice } = document.body.dataset;
  // Some browsers keep a script that did not come as one that never will, and take it for another by what follows the #.
  watchAloud(async (before) => speechSynthesis && import(`${voice}#${before}`));
});
watchForLeaving();
if (able) {
  takeOver();
} else {
  // Written, since only what the parser meets is waited for before the first letter is drawn.
  document.write(document.querySelector("noscript").textContent);
}
