// What becomes of a visit that is over, and of what waits from an earlier one: sent, waiting, refused, lost or deleted.
// The page says what this phone knows, and no more.

import { isGone } from "../leaving.js";
import { PATIENCE_MS, within } from "../patience.js";
import { keepsNothing, takeBack, withdraw } from "./filing.js";
import { leaveNoTrace } from "./kept_pages.js";
import { showBefore, showScreen } from "./pages.js";
import { deleting, inherited, remember, shared, underWay, unwanted } from "./remembering.js";
import { flush, isGoneHere, isGoneThere, isHeldHere, settled, waiting, waitingIds, withoutCode } from "./sending.js";

const UNDELETED = "undeleted";
// The centre has deleted what it had, and something may still come to it.
const LATE = "late";
// This phone has not said yet that it has wiped it.
const UNWIPED = "unwiped";
const UNDONE = new Set([UNDELETED, LATE, UNWIPED]);
// All that waits is to be deleted, and this phone has not said yet what that is.
const UNREAD = "unread";
const UNSENT = new Set(["waiting", "words", "unstored", "refused"]);
// Ids of what waits here although its card's code is no good.
const refused = new Set();
let deletions = null;
let unread = deleting.said === UNREAD;
let offLine = false;

// The one visit of this page with all that it is asked from; null until the questions have come.
export let state = null;

export function become(next) {
  state = next;
}

export const startOf = () => document.body.dataset.start;

// `kept`: whether the phone had this page itself, so that there is no network as far as anybody knows.
export function openedWith(kept) {
  offLine = kept;
}

// Nobody looks at an unchanged page while a network swallows what is sent: it is kept, so the page says that until it
// knows more.
async function sendSoon(say) {
  const sent = sendAll();
  const became = await within(PATIENCE_MS, sent);
  await say(became ?? new Map());
  if (!became) {
    sent.then(heard).catch(() => {}); // It waits, and is tried again.
  }
}

export const sendLast = () => sendSoon(told);
export const sendNow = () => sendSoon(heard);
export const sendFirst = () => sendSoon(state.visit.outcome ? heard : tellOfBefore);

// Who reloads in the middle of deleting goes on reading about that.
export function goOnDeleting() {
  if (deleting.said) {
    state.visit.outcome = unread ? UNWIPED : deleting.said;
    showScreen(state, state.visit.outcome);
  }
}

// What became of the last row: sent, waiting (on the phone, or in this page alone), refused for its code, or lost.
async function told(became) {
  const { visit } = state;
  const last = visit.sent.at(-1);
  // The centre's word alone: what is gone from the phone may have been wiped there, or be on its way from another page.
  // Where a browser gives no turns, one sending may not know what another one beside it has heard.
  const word = settled.get(last) ?? became.get(last) ?? ((await cameBefore(last)) ? "sent" : "waiting");
  visit.stored &&= word !== "unstored";
  // The copy before the one with the words came from the end too.
  visit.wordsAlone ||= visit.again && settled.get(visit.sent.at(-2)) === "sent";
  if (word === "lost" && visit.outcome) {
    await endWithout(takeBack(visit, startOf()), "deleted"); // By now there is nothing here to try again with.
  } else if (word === "lost") {
    visit.sent = visit.sent.slice(0, -1); // It never came in.
    await notKept();
  } else {
    end({ sent: "thanks", refused: "refused" }[word] ?? (!visit.stored ? "unstored" : visit.wordsAlone ? "words" : "waiting"));
  }
}

// What was kept before a reload and is on this phone no more.
async function cameBefore(id) {
  const waits = state.visit.least && (await waiting(startOf()));
  return waits && !waits.some((key) => key[0] === id);
}

// The page says that nothing was kept, so an earlier copy goes too; the answers are still here to try again with.
export async function notKept() {
  await withdraw(state, startOf());
  state.visit.unkept = "unkept";
  showScreen(state, "unkept");
}

// End with what was said taken back: until the centre has heard of that the page says that it has not, and nobody waits
// long for it. From now on nothing that was sent earlier has a word in how this ends.
export async function endWithout(taking, outcome) {
  const { visit } = state;
  visit.outcome = UNWIPED;
  visit.deleting = true;
  visit.sent.forEach((id) => unwanted.add(id));
  noted(visit);
  const done = taking.then(() => {
    visit.deleting = false;
    end(undeleted() || outcome);
    return true;
  });
  if (!(await within(PATIENCE_MS, done))) {
    outcome = "deleted"; // What answers a page that said that it was not.
    end(undeleted() === UNWIPED ? UNWIPED : UNDELETED);
  }
}

function undeleted() {
  const mine = [...unwanted].filter((id) => !inherited.has(id));
  if (unread || !mine.every(isGoneHere)) {
    return UNWIPED;
  }
  return mine.length && (mine.every(isGoneThere) ? LATE : UNDELETED);
}

// Nothing of what was said stays in this page; whoever left sees no more of it.
export function end(outcome) {
  if (isGone()) {
    return;
  }
  const { visit } = state;
  visit.outcome = outcome;
  visit.wipe();
  if (!UNSENT.has(outcome)) {
    if (!unwanted.size) {
      underWay.clear();
    }
    leaveNoTrace(startOf());
  }
  noted(visit);
  showScreen(state, outcome);
}

function noted(visit) {
  deleting.said = UNDONE.has(visit.outcome) ? (unread ? UNREAD : visit.outcome) : undefined;
  remember(startOf(), visit);
}

export async function sendAll() {
  if (unread) {
    await takeAll();
  }
  if (unread) {
    return new Map(); // What is to be deleted is not sent first.
  }
  const became = await flush(startOf());
  const { visit } = state;
  if (!visit.stored && settled.get(visit.sent.at(-1)) === "sent") {
    visit.stored = true; // Not in this page alone any more.
    remember(startOf(), visit);
  }
  [...became].filter(([, word]) => word === "refused").forEach(([id]) => refused.add(id));
  return became;
}

export async function sendWaiting() {
  await heard(await sendAll());
}

async function heard(became) {
  const { visit } = state;
  if (UNSENT.has(visit.outcome) && !isGone()) {
    await told(became);
  }
  if (UNDONE.has(visit.outcome) && !visit.deleting) {
    const outcome = undeleted() || "deleted";
    if (outcome !== visit.outcome) {
      end(outcome);
    }
  }
  await tellOfBefore(became);
}

// On a device that people share nobody is at the page any more. What lies in its memory alone would be lost with it, so it
// stays until that is sent, with nothing of what was said in it; but not for what no network can send.
export function staysToSend() {
  const stays = shared && isHeldHere() && state.visit.outcome !== "refused";
  if (stays) {
    end("unstored");
  }
  return stays;
}

// All that waits on a person's own phone; on a device that people share only what this visit made.
export const deleteWaiting = () => endWithout(takeAll(), "deleted");

async function takeAll() {
  const { visit } = state;
  unread = true;
  const waits = await waitingIds(startOf());
  unread = !waits;
  visit.sent.push(...(waits ?? []));
  deletions?.postMessage(visit.sent);
  await takeBack(visit, startOf());
}

// What another tab deletes is deleted: this one must not say that it was kept, nor go on with a card that was used for it.
async function deletedElsewhere({ data: ids }) {
  const visit = state?.visit;
  if (visit && ids.includes(visit.sent.at(-1)) && !isGone()) {
    visit.sent.push(...ids);
    await endWithout(takeBack(visit, startOf()), "deleted");
  }
}

export function hearOfDeletions() {
  try {
    deletions = new BroadcastChannel("heard rows");
    deletions.addEventListener("message", deletedElsewhere);
  } catch {
    deletions = null; // Where a browser forbids all storage no tab finds another's rows either.
  }
}

export async function sendByTheOpenDoor() {
  const mine = shared ? state.visit.sent : [...refused];
  for (const id of mine.filter((each) => refused.delete(each))) {
    await withoutCode(startOf(), id);
  }
  await sendNow();
}

// Something sealed waits from an earlier time: the person can delete it. Where nothing does, no trace has to stay; only
// what there was no network for cannot be fetched again. Who answers while a slow phone looks has the pages kept anew.
async function tellOfBefore(became) {
  const waits = await waiting(startOf());
  const { visit } = state;
  // On a device that people share it is nobody's business: it is sent from there when that can be.
  if (visit.outcome || isGone() || shared) {
    return;
  }
  const words = [...became.values()];
  offLine &&= !words.includes("sent");
  if (became.get(visit.sent.at(-1)) === "lost") {
    keepsNothing(visit);
  }
  const lost = words.includes("lost") || visit.before === "lost";
  const others = [...became].some(([id, word]) => word === "sent" && !visit.sent.includes(id));
  const sent = others || visit.over || visit.before === "sent";
  if (waits) {
    visit.before = waits.length ? "waiting" : lost ? "lost" : sent ? "sent" : null;
  }
  if (words.includes("refused")) {
    visit.before = "refused";
  }
  if (visit.answers.size) {
    return;
  }
  showBefore(state);
  if (waits?.length === 0 && !offLine) {
    await leaveNoTrace(startOf());
  }
}
