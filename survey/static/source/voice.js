// A phone's own voice, where it is on this very device: another one would tell a stranger which page is read. It reads
// every screen, also those that have no clips, as far as it can be read. A tablet never has this file: there it would
// write a log of what it said.

// The way back and the loudspeaker are no text of the screen. The four words to come back with are for one person's eyes:
// whoever sits near and hears them could answer in their place. What was typed is no text, and is not read either.
const UNREAD = ".back, .aloud, .four";
const BLOCKS = "h1, h2, p, li, label, button";
// What came later on a page that has clips, or depends on what was said, so that it has none.
const LATER = ".problems, .error, .before, main > .hint";

const languageOf = (text) => (text.querySelector("[lang]") ?? text.closest("[lang]")).lang;

// Where our readers' language is at home, if its country is not called as the language is.
const HOMES = { bn: "bd", en: "gb", pa: "in", ur: "pk" };

// That of its home, else the one that the phone's owner chose, else whichever there is.
function voiceOf(text) {
  const [wanted, home = HOMES[wanted] ?? wanted] = languageOf(text).toLowerCase().split("-");
  const parts = (voice) => voice.lang.toLowerCase().split(/[-_]/);
  const local = speechSynthesis.getVoices().filter((voice) => voice.localService && parts(voice)[0] === wanted);
  return local.find((voice) => parts(voice)[1] === home) ?? local.find((voice) => voice.default) ?? local[0];
}

const isBlock = (each) =>
  !each.closest(UNREAD) && !each.querySelector(BLOCKS) && each.getClientRects().length && each.textContent.trim();

// A language's own name is passed over where nobody here can say it.
const isSayable = (each) => !each.closest(".languages") || voiceOf(each);

// What is read: what is marked with the name of its clip, or with nothing where there is none, and on a screen that has no
// such marks whatever stands there.
export function texts() {
  const all = document.querySelector("main [data-clip]") === null;
  const isRead = (each) =>
    "clip" in each.dataset || ((all || each.closest(LATER)) && isBlock(each) && isSayable(each));
  return [...document.querySelectorAll(`main :is([data-clip], ${BLOCKS})`)].filter(isRead);
}

export function canSpeak() {
  const all = texts();
  return all.length > 0 && all.every(voiceOf);
}

// The loudspeaker of a screen that came without one, above what is asked there.
export function lend() {
  const main = document.querySelector("main");
  const room = document.getElementById("aloud");
  if (room && main && !main.querySelector(".aloud") && canSpeak()) {
    const lent = room.content.cloneNode(true);
    const heading = main.querySelector(":scope > h1");
    if (heading) {
      heading.after(lent);
    } else {
      main.querySelector("form").before(lent);
    }
  }
}

// What a reading tells that is over is not heard: a browser tells of a stop late, and some call it a failure. One that the
// phone stops, as for a call, ends. `goesOn`: another text begins or ends.
export function speak(ended, failed, goesOn) {
  const all = texts();
  const last = all.length - 1;
  let over = false;
  all.forEach((text, place) => {
    const said = new SpeechSynthesisUtterance(text.dataset.said ?? text.textContent.trim());
    const on = (event, then) => said.addEventListener(event, (told) => over || then(told));
    said.voice = voiceOf(text);
    said.lang = said.voice.lang;
    on("start", goesOn);
    on("end", place === last ? ended : goesOn);
    on("error", ({ error }) => (error === "canceled" || error === "interrupted" ? ended : failed)());
    speechSynthesis.speak(said);
  });
  return () => {
    over = true;
    speechSynthesis.cancel();
  };
}

export function watchVoices(changed) {
  speechSynthesis.addEventListener?.("voiceschanged", changed);
}
