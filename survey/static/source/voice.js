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

// What is heard whole or not at all, as the server has it for clips (survey/aloud.py): a question with its answers, and the
// support lines with their heading.
const QUESTION = ":is(.question, .note)";
const wholeOf = (each) => each.closest(`${QUESTION}, .lines`) ?? each.nextElementSibling?.closest(".lines") ?? each;

// What is read: what is marked with the name of its clip, or with nothing where there is none, and on a screen that has no
// such marks whatever stands there. What no voice here can say is passed over.
export function texts() {
  const all = document.querySelector("main [data-clip]") === null;
  const isRead = (each) => "clip" in each.dataset || ((all || each.closest(LATER)) && isBlock(each));
  const found = [...document.querySelectorAll(`main :is([data-clip], ${BLOCKS})`)].filter(isRead);
  const silent = new Set(found.filter((each) => !voiceOf(each)).map(wholeOf));
  return found.filter((each) => !silent.has(wholeOf(each)));
}

// A page of questions says at least one of them, any other at least something of its own language.
export function canSpeak() {
  const asks = document.querySelector(`main ${QUESTION}`);
  const isEnough = (each) => (asks ? each.closest(`${QUESTION}, h1`) : languageOf(each) === document.documentElement.lang);
  return texts().some(isEnough);
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
