// Reading aloud: only when somebody presses for it, and what stands on the page, in its order. A clip where there is one;
// on a phone else the browser's own voice (voice.js), also where a clip cannot be had, as without a network. Whatever
// fails for good takes its button away.

// The cover waits for a voice. One that never says that it has ended must not keep an answer on the screen.
const LONGEST_MS = 180000;
let end = null;
let timer = 0;
// A tablet has clips only: its own voice would write a log. A phone's comes when it comes.
let ask = null;
let asked = 0;
let coming = null;
let voice = null;

export function isSpeaking() {
  return end !== null;
}

export function hush() {
  clearTimeout(timer);
  const ending = end;
  end = null;
  ending?.();
}

// From here on for so long, and for as long as what is heard lasts that tells so or says that it goes on.
function wait(more) {
  if (isSpeaking()) {
    clearTimeout(timer);
    timer = setTimeout(hush, LONGEST_MS + more);
  }
}

const goesOn = () => wait(0);

const soundOf = (names) => `${document.body.dataset.start}sound/${names}.mp3`;

function playClips(names, failed) {
  const sound = new Audio(soundOf(names));
  sound.addEventListener("ended", hush);
  sound.addEventListener("timeupdate", goesOn);
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
      wait(source.buffer.duration * 1000);
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

const canSpeak = () => voice?.canSpeak();
// What is read carries the name of its clip, or nothing where there is none.
const clipsShown = () => [...document.querySelectorAll("main [data-clip]")].flatMap(({ dataset }) => dataset.clip || []);
const isChosen = () => document.querySelector("main [data-crimes] [data-clip]") !== null;
// A page that changed since it came is not read by clips: which of them are asked for would tell what was answered.
const hasClips = ({ dataset }) => dataset.clips && (isChosen() || dataset.clips === clipsShown().join("."));
// A tablet has them itself; to a phone none comes without a network.
const clipsCome = (room) => hasClips(room) && (navigator.onLine || !ask);

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
  if (room.matches(".promise .aloud:not(.told, .heard)")) {
    // Who may hear it has to be read before anybody hears it. It stands where the promise stood, until it is heard.
    room.classList.add("told");
    return;
  }
  const failed = () => {
    hush();
    room.hidden = true;
  };
  const spoken = () => {
    byComputer(room);
    begin(room, voice.speak(hush, failed, goesOn));
  };
  const instead = () => {
    hush();
    (canSpeak() ? spoken : failed)();
  };
  // A voice that does not begin with the press itself is silent on some phones. It can also go and tell nobody.
  if (clipsCome(room) && !(canSpeak() && clipsShown().length < voice.texts().length)) {
    begin(room, (isChosen() ? playChosen : playClips)(room.dataset.clips, instead));
  } else {
    instead();
  }
}

function begin(room, quiet) {
  room.classList.replace("told", "heard");
  end = () => {
    quiet();
    show(room, false);
  };
  goesOn();
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

function offerAll() {
  coming ??= ask?.(asked++).then(
    (came) => {
      voice = came;
      voice.watchVoices(offer);
      offer();
    },
    () => {
      coming = null; // Clips are heard without it.
    },
  );
  offer();
}

// `asking`: for a phone's own voice, with how often it was asked for before. One that did not come is asked for at the next
// screen, once, since asking at every screen would tell how many were seen; and with a network.
export function watchAloud(asking) {
  ask = asking;
  document.addEventListener("click", pressed);
  document.addEventListener("heard:shown", () => {
    hush();
    (asked < 2 ? offerAll : offer)();
  });
  document.addEventListener("visibilitychange", () => document.hidden && hush());
  addEventListener("online", offerAll);
  addEventListener("offline", offer);
  offerAll();
}
