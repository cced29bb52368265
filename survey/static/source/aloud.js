// Reading aloud: only when somebody presses for it, and what stands on the page, in its order. A clip where there is one;
// on a phone else the browser's own voice where that is on this very device: another one would tell a stranger which page
// is read. So too where a clip cannot be had, as without a network. Whatever fails for good takes its button away.

// The cover waits for a voice. One that never says that it has ended must not keep an answer on the screen.
const LONGEST_MS = 180000;
let end = null;
let timer = 0;
// A tablet has clips only: its own voice would write a log.
let mayUseOwnVoice = false;

export function isSpeaking() {
  return end !== null;
}

export function hush() {
  clearTimeout(timer);
  const ending = end;
  end = null;
  ending?.();
}

const soundOf = (names) => `${document.body.dataset.start}sound/${names}.mp3`;

function playClips(names, failed) {
  const sound = new Audio(soundOf(names));
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

// A phone chooses support lines by an answer that nobody else knows: it asks for all of them, whatever was answered, and
// plays those that stand there.
function playChosen(names, failed) {
  const context = new AudioContext();
  const asked = new Map(names.split(".").map((name) => [name, fetched(soundOf(name))]));
  Promise.all(asked.values())
    .then(async () => {
      const shown = await Promise.all(clipsShown().map((name) => asked.get(name)));
      const source = context.createBufferSource();
      source.buffer = await context.decodeAudioData(await new Blob(shown).arrayBuffer());
      source.connect(context.destination);
      source.addEventListener("ended", hush);
      source.start();
    })
    .catch(() => context.state !== "closed" && failed());
  return () => context.close();
}

async function fetched(address) {
  const answer = await fetch(address, { credentials: "omit" });
  if (!answer.ok) {
    throw new TypeError("It did not come.");
  }
  return answer.blob();
}

function ownVoice(language) {
  const [wanted] = language.split("-");
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find((voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === wanted);
}

function speak(texts, failed) {
  const last = texts.length - 1;
  texts.forEach((text, place) => {
    const said = new SpeechSynthesisUtterance(text.dataset.said ?? text.textContent);
    said.voice = ownVoice(languageOf(text));
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

// What is read carries the name of its clip, or nothing where there is none.
const texts = () => [...document.querySelectorAll("main [data-clip]")];
const languageOf = (text) => (text.querySelector("[lang]") ?? text.closest("[lang]")).lang;
const canSpeak = () => mayUseOwnVoice && texts().every((text) => ownVoice(languageOf(text)));
const clipsShown = () => texts().flatMap(({ dataset }) => dataset.clip || []);
const isChosen = () => document.querySelector("main [data-crimes] [data-clip]") !== null;
// A page that changed since it came is not read by clips: which of them are asked for would tell what was answered.
const hasClips = ({ dataset }) => dataset.clips && (isChosen() || dataset.clips === clipsShown().join("."));
// A tablet has them itself; to a phone none comes without a network.
const clipsCome = (room) => hasClips(room) && (navigator.onLine || !mayUseOwnVoice);

function byComputer(room) {
  room.querySelector(".by-computer").hidden = false;
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
  if (room.matches(".promise .aloud:not(.told)")) {
    // Who may hear it has to be read before anybody hears it.
    room.classList.add("told");
    return;
  }
  const failed = () => {
    hush();
    room.hidden = true;
  };
  const spoken = () => {
    byComputer(room);
    begin(room, speak(texts(), failed));
  };
  const instead = () => {
    hush();
    (canSpeak() ? spoken : failed)();
  };
  const { clips } = room.dataset;
  // A voice that does not begin with the press itself is silent on some phones.
  if (canSpeak() && (!clipsCome(room) || clipsShown().length < texts().length)) {
    spoken();
  } else {
    begin(room, (isChosen() ? playChosen : playClips)(clips, instead));
  }
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
    room.hidden = !isSpeaking() && !clipsCome(room) && !canSpeak();
    room.querySelector("button").hidden = false;
    if (!hasClips(room)) {
      byComputer(room);
    }
  }
}

export function watchAloud(more) {
  mayUseOwnVoice = more.ownVoice;
  document.addEventListener("click", pressed);
  document.addEventListener("heard:shown", () => {
    hush();
    offer();
  });
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", offer);
  addEventListener("online", offer);
  addEventListener("offline", offer);
  offer();
}
