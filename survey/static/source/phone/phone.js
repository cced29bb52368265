// Where scripts run, answers never leave a phone unsealed. This file is read before anything of the page can be sent:
// from then on no form is posted. The questions come in one bundle a language; the page walks them by itself, seals here,
// and the centre only ever sees rows. Where something fails the page says so; it never falls back to posting answers.

import { watchAloud } from "../aloud.js";
import { watchForIdling } from "../idling.js";
import { isGone, tidyWhenLeaving, watchForLeaving } from "../leaving.js";
import { focus } from "../screen.js";
import { speak } from "./another_language.js";
import { answered, fileAll, giveWords, useWords } from "./answering.js";
import { takeAway } from "./filing.js";
import { isKept, keepPages, leaveNoTrace } from "./kept_pages.js";
import { load } from "./loading.js";
import {
  become, deleteWaiting, hearOfDeletions, openedWith, sendByTheOpenDoor, sendFirst, sendNow, sendWaiting, startOf, state,
} from "./outcome.js";
import { lendIdling, showQuestion } from "./pages.js";
import { card, known, remember, shared } from "./remembering.js";
import { follow, showCurrent } from "./screens.js";
import { anew, share } from "./shared_device.js";
import { stopped } from "./stopped.js";
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
  const loaded = await loading;
  if (!state) {
    const visit = new walk.Visit({ soon: card.has("s"), known: known() });
    // It goes in a header, where other letters would stop the row here, and the centre could not call it mistaken.
    const code = (card.get("c") ?? document.body.dataset.code ?? "").replace(/[^!-~]/g, "?");
    become({ ...loaded, visit, code, words: null });
    visit.show(walk.firstPage(state.instrument));
  }
  return state;
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
}

function failed(fault) {
  if (!isGone() && !state) {
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
  try {
    await act(await ready());
    remember(startOf(), state.visit);
  } catch (fault) {
    failed(fault);
  } finally {
    busy = false;
  }
}

const FORMS = {
  question: answered,
  again: () => fileAll(),
  "again-no": () => fileAll(),
  "again-give": giveWords,
  "again-done": () => fileAll(state.visit.drawn),
  "again-use": useWords,
  "send-now": sendNow,
  "delete-now": deleteWaiting,
  "open-door": sendByTheOpenDoor,
};

// A card's code that somebody types is looked at by the centre before they begin. It is no answer: that form is posted.
const aboutCode = (address) => address === `${startOf()}code`;

function submitted(event) {
  const { target: form, submitter } = event;
  if (aboutCode(new URL(form.action).pathname)) {
    form.elements.seals.value = "phone";
    form.action += `#${card}`;
    return;
  }
  event.preventDefault();
  if (form.matches(".languages")) {
    ready().then(() => speak(submitter.value), failed);
  } else if (form.matches(".afresh")) {
    location.replace(anew());
  } else if (form.id === "load-again") {
    loadAgain();
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

function clicked(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || !document.body.dataset.bundle || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  const { pathname, origin } = new URL(link.href);
  if (link.getAttribute("href").startsWith("#")) {
    event.preventDefault();
    focus(document.getElementById(link.getAttribute("href").slice(1)));
  } else if (aboutCode(pathname)) {
    card.delete("c");
    link.hash = card; // Another document, that has to know of the card's address what this one does.
  } else if (origin === location.origin && pathname.startsWith(startOf())) {
    event.preventDefault();
    oneAtATime(() => follow(...pathname.slice(startOf().length).split("/")));
  }
}

async function left() {
  await takeAway(state?.visit ?? known() ?? {}, startOf());
  await leaveNoTrace(startOf());
}

async function begin() {
  share();
  if (!document.body.dataset.bundle) {
    loading = stopped();
    await loading;
    await sendFirst();
    return;
  }
  const { code } = document.body.dataset;
  if (code && !card.has("c")) {
    card.set("c", code); // One that was typed is known to this page alone, so a reload at once has to find it.
  }
  remember(startOf());
  openedWith(isKept());
  try {
    const { visit } = await ready();
    document.documentElement.classList.remove("checking");
    if (shared) {
      lendIdling(state);
      share();
      keepPages(startOf());
    }
    const form = document.getElementById("question");
    if (form ? !form.action.endsWith(`/page/${visit.position}`) : state.code) {
      // The server had a draft of this person from before scripts ran, or asked for a code that came with the address.
      showQuestion(state, visit.position);
    }
    await sendFirst();
  } catch (fault) {
    if (fault instanceof NotTrusted || card.has("k")) {
      failed(fault);
    } else {
      loading = null; // the question stands there; whoever answers it hears what is wrong
    }
  }
}

function takeOver() {
  document.documentElement.classList.add("phone", ...(card.has("k") ? ["checking"] : []));
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
  document.addEventListener("heard:shown", share);
  document.addEventListener("DOMContentLoaded", begin);
  // Another card in the same tab is another visit: what an address says is read once, when a document begins.
  addEventListener("hashchange", () => new URLSearchParams(location.hash.slice(1)).has("k") && location.reload());
  hearOfDeletions();
  watchForIdling();
  tidyWhenLeaving(left);
  for (const kind of ["online", "pageshow", "visibilitychange", "heard:late"]) {
    addEventListener(kind, () => state && document.visibilityState === "visible" && sendWaiting(), true);
  }
}

document.addEventListener("DOMContentLoaded", () => watchAloud({ ownVoice: true }));
watchForLeaving();
if (able) {
  takeOver();
} else {
  // Written, since only what the parser meets is waited for before the first letter is drawn.
  document.write(document.querySelector("noscript").textContent);
}
