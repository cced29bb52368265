// One sitting on a phone: what a person has answered so far, in this page's memory and nowhere else until it is sealed.

import { ASKED, read } from "./answers.js";
import { randomId } from "./response.js";
import { after, before, choicePage, coreOf, offered, onPath, path, problems, status, stopAt } from "./routing.js";

const QUICK_MS = 25000;
const SOON_MS = 60000;

export class Visit {
  // `soon`: somebody else has only just ended on this device; `known`: what the same visit knew before a reload or before
  // another questionnaire came.
  constructor({ soon = false, known = {} } = {}) {
    this.response = known.response ?? randomId();
    this.sent = known.sent ?? [];
    this.stored = true;
    this.full = known.full ?? 0;
    this.over = known.over ?? false;
    // What is less full than this does not take its place: what a reload left behind is the same person's.
    this.least = this.full;
    this.answers = new Map();
    this.shown = new Set();
    this.alreadyAsked = new Set();
    this.position = null;
    this.endReached = false;
    this.began = null;
    this.outcome = null;
    this.coreSaid = null;
    this.again = null;
    this.beside = null;
    this.choosing = false;
    this.offered = false;
    this.drawn = null;
    this.misspelt = false;
    this.unhashed = false;
    this.wordsAlone = false;
    this.filing = null;
    this.soon = soon;
    this.ranks = new Map();
    this.unsent = null;
    this.typed = "";
    this.unkept = null;
    this.before = known.before ?? null;
    this.closed = known.closed ?? false;
  }

  // Nothing of what was said stays in this page.
  wipe() {
    this.beside = this.unsent = this.drawn = this.again = this.coreSaid = null;
    this.answers = new Map();
    this.shown = new Set();
    this.alreadyAsked = new Set();
    this.typed = "";
  }

  // Too short to have read the questions, or begun too soon after the last: counted, but shown apart.
  get quick() {
    return (this.soon && this.began < SOON_MS) || this.began === null || performance.now() - this.began < QUICK_MS;
  }

  put(answers) {
    this.answers = answers;
    if (answers.size) {
      this.began ??= performance.now();
    }
  }

  show(page) {
    this.position = page;
    this.offered = false;
    this.unkept = null;
    this.beside = null;
    this.shown.add(page);
  }

  // The order of shuffled options: the same for one visit, another for the next.
  rank(item, option) {
    const name = `${item.name} ${option.code}`;
    if (!this.ranks.has(name)) {
      this.ranks.set(name, crypto.getRandomValues(new Uint32Array(1))[0]);
    }
    return (option.exclusive ? 2 ** 32 : 0) + this.ranks.get(name);
  }
}

export function shownOptions(visit, item, view) {
  const options = offered(item, view);
  return item.randomize ? [...options].sort((one, other) => visit.rank(item, one) - visit.rank(item, other)) : options;
}

// Put one page's answers into the draft; or [item, kind] of each that cannot be kept, and nothing is changed.
export function take(instrument, visit, name, postedUnder) {
  const { page, items, view } = stopAt(instrument, name, visit.answers);
  const asked = items.filter((item) => ASKED.has(item.kind));
  const readings = asked.map((item) => [item.name, ...read(item, postedUnder(item.name), offered(item, view))]);
  const unreadable = readings.filter(([, , wrong]) => wrong).map(([item, , wrong]) => [item, wrong]);
  if (unreadable.length) {
    return unreadable;
  }
  const given = readings.filter(([, answer]) => answer !== undefined).map(([item, answer]) => [item, answer]);
  const answers = new Map([...without(visit.answers, page), ...given]);
  const wrong = problems(instrument, name, answers, visit.alreadyAsked);
  wrong.forEach(([item]) => visit.alreadyAsked.add(item));
  if (!wrong.length) {
    visit.put(answers);
  }
  return wrong;
}

// Go on without an answer to anything on this page; what was said here before is taken back. The page's items.
export function skip(instrument, visit, name) {
  const { page } = stopAt(instrument, name, visit.answers);
  visit.put(new Map(without(visit.answers, page)));
  return page.items.map((item) => item.name);
}

function without(answers, page) {
  const names = new Set(page.items.map((item) => item.name));
  return [...answers].filter(([name]) => !names.has(name));
}

export function askedOn(instrument, visit, name) {
  return new Set(stopAt(instrument, name, visit.answers).items.map((item) => item.name));
}

// The page to show next, null at the end; the same again where an answer on it has opened another item of it.
export function following(instrument, visit, name, askedBefore) {
  if ([...askedOn(instrument, visit, name)].some((item) => !askedBefore.has(item))) {
    return name;
  }
  const next = after(instrument, name, visit.answers);
  visit.endReached = next === null;
  return next;
}

// The page that Back leads to, or null. On a device that people share the core is closed once the choice was shown.
export function backFrom(instrument, visit, name, shared) {
  const earlier = before(instrument, name, visit.answers);
  const choice = choicePage(instrument);
  const way = path(instrument, visit.answers);
  const closed = shared && visit.shown.has(choice) && way.indexOf(earlier) < way.indexOf(choice);
  return earlier === null || !visit.shown.has(earlier) || closed ? null : earlier;
}

// How many pages are left: up to the choice page within the core, else to the end.
export function pagesLeft(instrument, visit, name) {
  const way = path(instrument, visit.answers);
  const here = way.indexOf(name);
  const choice = way.indexOf(choicePage(instrument));
  const end = choice < 0 ? way.length : choice;
  return here === end ? 0 : (here < end ? end : way.length) - here;
}

export const firstPage = (instrument) => after(instrument, null, new Map());

export const reached = (instrument, visit) => status(instrument, visit.answers, visit.shown, visit.endReached);

// What was said of the core, as one text: where it changes after the core was sent, the core is sent again.
export function coreSaid(instrument, visit) {
  const core = coreOf(instrument);
  return JSON.stringify([...onPath(instrument, visit.answers)].filter(([name]) => core.has(name)));
}
