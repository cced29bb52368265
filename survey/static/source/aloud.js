// Reading aloud: only when somebody presses for it, a clip where there is one, else the browser's own voice where that is
// on this very device: another one would tell a stranger which page is read. So too where a clip cannot be had, as without
// a network. Whatever fails for good takes its button away.

// The cover waits for a voice. One that never says that it has ended must not keep an answer on the screen.
const LONGEST_MS = 180000;
let end = null;
let timer = 0;

export function isSpeaking() {
  return end !== null;
}

export function hush() {
  clearTimeout(timer);
  const ending = end;
  end = null;
  ending?.();
}

function playClip(address, failed) {
  const sound = new Audio(address);
  sound.addEventListener("ended", hush);
  sound.addEventListener("error", failed);
  sound.play().catch(() => {
    // Stopped before it began is no failure; what cannot be played is told by an error.
  });
  return () => {
    sound.removeEventListener("error", failed);
    sound.pause();
    sound.removeAttribute("src");
    sound.load();
  };
}

function ownVoice(language) {
  const [wanted] = language.split("-");
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find((voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === wanted);
}

function speak(texts, failed) {
  const last = texts.length - 1;
  texts.forEach(({ textContent, lang }, place) => {
    const said = new SpeechSynthesisUtterance(textContent);
    said.voice = ownVoice(lang);
    said.lang = said.voice.lang;
    if (place === last) {
      said.addEventListener("end", hush);
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

function textsOf(room) {
  return [...room.querySelectorAll("li")];
}

function canSpeak(room) {
  const texts = textsOf(room);
  return texts.length > 0 && texts.every(({ lang }) => ownVoice(lang));
}

function show(room, speaking) {
  room.querySelector(".start").hidden = speaking;
  room.querySelector(".stop").hidden = !speaking;
}

function pressed(event) {
  const room = event.target.closest?.(".aloud button")?.parentElement;
  if (!room || event.defaultPrevented) {
    return;
  }
  if (isSpeaking()) {
    hush();
    return;
  }
  const { clip } = room.querySelector("button").dataset;
  const failed = () => {
    hush();
    room.hidden = true;
  };
  const spoken = () => {
    room.querySelector(".by-computer").hidden = false;
    begin(room, speak(textsOf(room), failed));
  };
  const instead = () => {
    hush();
    (canSpeak(room) ? spoken : failed)();
  };
  // A voice that does not begin with the press itself is silent on some phones.
  const reachable = clip && (navigator.onLine || !canSpeak(room));
  reachable ? begin(room, playClip(clip, instead)) : spoken();
}

function begin(room, quiet) {
  end = () => {
    quiet();
    show(room, false);
  };
  timer = setTimeout(hush, LONGEST_MS);
  show(room, true);
}

function offer() {
  for (const room of document.querySelectorAll(".aloud")) {
    const button = room.querySelector("button");
    if (button.dataset.clip || canSpeak(room)) {
      room.hidden = false;
      button.hidden = false;
    }
  }
}

export function watchAloud() {
  document.addEventListener("click", pressed);
  document.addEventListener("heard:shown", () => {
    hush();
    offer();
  });
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", offer);
  offer();
}
