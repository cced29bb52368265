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

function voiceOf(text) {
  const [wanted] = languageOf(text).split("-");
  const local = (voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === wanted;
  return speechSynthesis.getVoices().find(local);
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

export function speak(ended, failed) {
  const all = texts();
  const last = all.length - 1;
  all.forEach((text, place) => {
    const said = new SpeechSynthesisUtterance(text.dataset.said ?? text.textContent.trim());
    said.voice = voiceOf(text);
    said.lang = said.voice.lang;
    if (place === last) {
      said.addEventListener("end", ended);
    }
    said.addEventListener("error", ({ error }) => {
      if (error !== "canceled" && error !== "interrupted") {
        failed();
      }
    });
    speechSynthesis.speak(said);
  });
  return () => speechSynthesis.cancel();
}

export function watchVoices(changed) {
  speechSynthesis.addEventListener?.("voiceschanged", changed);
}
