// Between people, on a tablet: untouched for 45 s the answers are covered; then a warning counts down and can be put
// off as often as somebody likes (WCAG 2.2.1); then the server is told that nobody is here, and files or discards. The
// server's own reset needs none of this: it ends a visit by itself, and only hears from here that somebody still reads.

import { isSpeaking } from "./aloud.js";
import { go, isGone, wipe } from "./leaving.js";

const COVER_SECONDS = 45;
// Where the survey is not available, a keys file may arrive: a page that nobody can press anything on looks again.
const RETRY_MS = 60000;
const TELL_EVERY_MS = 10000;
const SAY_AT = new Set([20, 10, 5]);

let touched = performance.now();
let told = touched;
let touchedSinceShown = false;

// The start with nobody at it needs no cover: it is what the next person should see.
function nobodyHere() {
  return "waiting" in document.body.dataset && !touchedSinceShown;
}

function dialog() {
  return document.getElementById("idle");
}

async function tellServer() {
  told = performance.now();
  const { stillHere, start } = document.body.dataset;
  const answer = await fetch(stillHere, { method: "POST", body: new URLSearchParams() }).catch(() => null);
  if (answer?.status === 205 && !isGone()) {
    wipe();
    location.replace(start);
  }
}

function touch() {
  touched = performance.now();
  touchedSinceShown = true;
}

function uncover() {
  touch();
  dialog()?.close();
}

function over() {
  const { reset } = document.body.dataset;
  if (document.dispatchEvent(new Event("heard:over", { cancelable: true }))) {
    wipe();
    go(reset);
  }
}

function say(left) {
  const room = dialog();
  room.querySelector(".count").textContent = left;
  if (SAY_AT.has(left)) {
    const said = room.querySelector(".said");
    said.textContent = room.querySelector(".countdown").textContent.trim();
  }
}

function cover(idle, warn) {
  const room = dialog();
  room.classList.toggle("warning", idle >= warn);
  if (!room.open) {
    room.showModal();
    room.querySelector("h2").focus();
  }
}

// On a phone `here`: only its own history entry knows whether people share the device. On a tablet the page may be what an
// answer led to, and that is not sent again.
function lookAgain(where, start) {
  if (where) {
    location.reload();
  } else {
    location.replace(start);
  }
}

function tick() {
  const { warn, left, reset, retry, start } = document.body.dataset;
  const now = performance.now();
  if (retry !== undefined && now - touched > RETRY_MS) {
    lookAgain(retry, start);
  }
  if (!reset || isGone() || nobodyHere()) {
    return;
  }
  if (document.body.dataset.stillHere && touched > told && now - told >= TELL_EVERY_MS) {
    tellServer();
  }
  if (isSpeaking()) {
    touched = now; // Somebody listens: their answers stay in sight, and the server is told that they are here.
  }
  const idle = (now - touched) / 1000;
  if (idle < Math.min(COVER_SECONDS, warn)) {
    return;
  }
  const remaining = Math.ceil(Number(warn) + Number(left) - idle);
  if (remaining <= 0) {
    over();
    return;
  }
  cover(idle, Number(warn));
  say(Math.min(remaining, Number(left)));
}

function somebodyMoved(event) {
  if (!dialog()?.open) {
    touch();
  } else if (event.type === "click" || event.type === "keydown") {
    // The press that takes the cover away does nothing else: it was aimed at the cover.
    if (event.key !== "Shift") {
      event.preventDefault();
    }
    uncover();
  }
}

export function watchForIdling() {
  for (const kind of ["pointerdown", "click", "keydown", "input", "wheel", "touchmove"]) {
    document.addEventListener(kind, somebodyMoved, { capture: true, passive: kind === "touchmove" || kind === "wheel" });
  }
  document.addEventListener("cancel", uncover, true);
  document.addEventListener("heard:shown", () => {
    touched = performance.now();
    told = touched;
    touchedSinceShown = false;
  });
  setInterval(tick, 1000);
}
