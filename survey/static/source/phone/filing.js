// When what is sealed: the core as soon as it is in, so that walking away loses nothing, and everything at the end, in
// place of the core. A row that was made may have been sent, so whatever replaces it says so.

import { isGone } from "../leaving.js";
import { remember, unfinished, unwanted } from "./remembering.js";
import { framed, idOf, month, newestDay } from "./response.js";
import { onPath } from "./routing.js";
import { drop, flush, forget, keep } from "./sending.js";
import { coreSaid, reached } from "./visit.js";

// What stands at the centre for somebody with a card who has taken back what they said: a row without it that replaced
// none would be refused, since the card's code is spent.
const COVER = { v: 1, kind: "cover" };
// Fuller is what opening keeps of several copies: what came to the end, then more answers. Words to come back with are
// written down by then.
const COMPLETE = 4000;
const WORDS = 2000;
// As many as the centre reads: nobody changes the core so often.
const MOST_NAMED = 64;
let last = Promise.resolve();

// One after the other: a copy that is still being sealed has to be known to the one that replaces it.
function inTurn(act) {
  last = last.then(act, act);
  return last;
}

// Seal what counts now, in place of the last copy, to be sent; `visit.stored` says whether the phone holds it.
export function file(state, start, status, more = {}) {
  return filed(state, start, () => ({ ...content(state, status), ...more }));
}

function filed(state, start, saying) {
  const { visit, code } = state;
  return inTurn(async () => {
    const said = saying();
    const row = await state.seal(state.told.collection, framed(said));
    const id = await idOf(row);
    if (isGone()) {
      return; // What was not on its way when somebody left does not set out.
    }
    // All of them: any may be the one that arrived, and the card's code is spent for that one.
    const replaced = visit.sent.slice(-MOST_NAMED);
    visit.sent = [...visit.sent, id];
    keepsNothing(visit);
    visit.full = fullness(said);
    visit.over = visit.full > 0 && visit.endReached;
    visit.stored = true;
    // Before it can reach the centre: a reload that comes sooner than its answer still knows what to replace.
    remember(start, visit);
    visit.stored = await keep(start, [id, replaced.sort().join(), code], row, replaced);
    if (!visit.stored) {
      remember(start, visit); // It may be lost with this page.
    }
  });
}

// From now on there is nothing that a copy could be less full than.
export function keepsNothing(visit) {
  visit.full = visit.least = 0;
  visit.over = false;
}

const fullness = ({ status, again, answers = {} }) =>
  Object.keys(answers).length + (again ? WORDS : 0) + (status === "complete" ? COMPLETE : 0);

// Whether a fuller copy was kept before a reload.
export function isLesser(state) {
  const { instrument, visit } = state;
  const status = reached(instrument, visit);
  return (status === "started" ? 0 : fullness(content(state, status))) < visit.least;
}

function content({ bundle, told, instrument, visit }, status) {
  return {
    v: 1,
    kind: "response",
    response: visit.response,
    instrument: instrument.id,
    digest: told.digest,
    mode: "link",
    place: bundle.place,
    period: month(newestDay(told.signedOn, bundle.newest_day)),
    language: bundle.language,
    status,
    quick: visit.quick,
    answers: Object.fromEntries(onPath(instrument, visit.answers)),
  };
}

// The core is sent once it is in, again where it was changed, and taken back where it is in no longer. What became of all
// that waits, where it was sent.
export async function keepCore(state, start) {
  const { instrument, visit } = state;
  const said = reached(instrument, visit) === "started" ? null : coreSaid(instrument, visit);
  if (said === visit.coreSaid || isLesser(state)) {
    return new Map();
  }
  visit.coreSaid = said;
  if (said === null) {
    await withdraw(state, start);
    return new Map();
  }
  await file(state, start, "core");
  return flush(start);
}

// What was said is gone from the centre, and somebody may still say something else: what a card let in is covered and not
// deleted, so that the next copy has a row to replace and needs no code.
export async function withdraw(state, start) {
  if (!(state.code && state.visit.sent.length && (await covered(state, start)))) {
    await takeBack(state.visit, start);
  }
}

async function covered(state, start) {
  try {
    await filed(state, start, () => COVER);
    const word = (await flush(start)).get(state.visit.sent.at(-1));
    return word !== "lost" && word !== "refused";
  } catch {
    return false; // What cannot be covered is deleted all the same.
  }
}

// Delete every copy that this visit made, here and at the centre; what cannot be deleted there yet stays `unwanted`.
export async function takeBack(visit, start) {
  await inTurn(() => {
    const { sent } = visit;
    visit.sent = [];
    keepsNothing(visit);
    sent.forEach((id) => unwanted.add(id));
    return drop(start, sent);
  });
  await forget(start);
}

// The same for somebody who leaves: in no turn, since nothing is put by any more, and waiting for no network.
export async function takeAway(visit, start) {
  unfinished(visit).forEach((id) => unwanted.add(id));
  forget(start);
  await drop(start, [...unwanted]);
}
