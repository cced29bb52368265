// The way through an instrument, from its JSON without texts: forms/routing.py and the status of forms/response.py for a
// browser. One pass in page order, with only the answers that are still on the path in view.

import { ASKED, misfit, narrowed } from "./answers.js";
import { evaluate, referencesOf, truth } from "./expressions.js";

// Every page in order, as these answers lead over it or past it: its items, and the answers and view up to with it.
export function stops(instrument, answers) {
  const kept = new Map();
  let view = seenBy(instrument, kept);
  return instrument.pages.map((page) => {
    const items = [];
    if (holds(page.relevant, view)) {
      for (const item of page.items) {
        if (!holds(item.relevant, view)) {
          continue;
        }
        items.push(item);
        const answer = counted(item, answers, view);
        if (answer !== undefined) {
          kept.set(item.name, answer);
          view = seenBy(instrument, kept);
        }
      }
    }
    return { page, items, answers: new Map(kept), view };
  });
}

export function path(instrument, answers) {
  return stops(instrument, answers)
    .filter((stop) => stop.items.length)
    .map((stop) => stop.page.name);
}

export function stopAt(instrument, name, answers) {
  return stops(instrument, answers).find((stop) => stop.page.name === name);
}

// The next page on the path: the first after null, null at the end.
export function after(instrument, name, answers) {
  const place = placeOf(instrument, name);
  return path(instrument, answers).find((each) => placeOf(instrument, each) > place) ?? null;
}

export function before(instrument, name, answers) {
  const place = name === null ? Infinity : placeOf(instrument, name);
  return path(instrument, answers).findLast((each) => placeOf(instrument, each) < place) ?? null;
}

export function onPath(instrument, answers) {
  return stops(instrument, answers).at(-1).answers;
}

export function offered(item, view) {
  return (item.options ?? []).filter((option) =>
    holds(item.choice_filter, view, { name: option.code, ...option.attributes }),
  );
}

// What to ask again on this page: [item name, kind of misfit], at most one an item.
export function problems(instrument, name, answers, alreadyAsked) {
  const { items, view } = stopAt(instrument, name, answers);
  return items
    .filter((item) => ASKED.has(item.kind))
    .map((item) => [item.name, problem(item, answers, alreadyAsked, view)])
    .filter(([, kind]) => kind);
}

// How far somebody came: started, core or complete.
export function status(instrument, answers, shown, endReached) {
  const way = stops(instrument, answers).filter((stop) => stop.items.length);
  const kept = way.at(-1)?.answers ?? new Map();
  const core = coreOf(instrument);
  const asked = way.flatMap(({ page, items }) =>
    items.filter((item) => core.has(item.name)).map((item) => [page.name, item.name]),
  );
  if (!asked.length || asked.some(([page]) => !shown.has(page))) {
    return "started";
  }
  const [first, ...others] = asked.map(([, item]) => kept.has(item));
  if (!first || 2 * others.filter(Boolean).length < others.length) {
    return "started";
  }
  const through = endReached && way.every(({ page }) => shown.has(page.name));
  return through && way.at(-1).page.name !== choicePage(instrument) ? "complete" : "core";
}

export function coreOf(instrument) {
  const asked = instrument.pages.flatMap((page) => page.items).filter((item) => ASKED.has(item.kind));
  const marked = asked.filter((item) => item.core);
  return new Set((marked.length ? marked : asked).map((item) => item.name));
}

// The name of the page on which people choose to go on or to finish now, or null.
export function choicePage(instrument) {
  const core = coreOf(instrument);
  const { pages } = instrument;
  const last = pages.findLastIndex((page) => page.items.some((item) => core.has(item.name)));
  const [choice, ...later] = pages.slice(last + 1);
  const asking = choice?.items.filter((item) => ASKED.has(item.kind)) ?? [];
  if (!later.length || asking.length !== 1 || asking[0].kind !== "select_one") {
    return null;
  }
  return later.every((page) => referencesOf(page.relevant).includes(asking[0].name)) ? choice.name : null;
}

function holds(expression, view, option) {
  return expression === undefined || truth(evaluate(expression, view, undefined, option));
}

function placeOf(instrument, name) {
  return instrument.pages.findIndex((page) => page.name === name);
}

function counted(item, answers, view) {
  const answer = answers.get(item.name);
  const codes = offered(item, view).map((option) => option.code);
  return answer === undefined ? undefined : narrowed(item, answer, codes);
}

function problem(item, answers, alreadyAsked, view) {
  const answer = answers.get(item.name);
  if (answer === undefined) {
    return item.required && !alreadyAsked.has(item.name) ? "required" : null;
  }
  const kind = misfit(item, answer, offered(item, view));
  const refused = item.constraint !== undefined && !truth(evaluate(item.constraint, view, answer));
  return kind ?? (refused ? "constraint" : null);
}

function seenBy(instrument, kept) {
  const view = new Map(kept);
  for (const item of instrument.calculations ?? []) {
    // What is worked out must not stand in for an answer before its own turn, nor an answer for it.
    const value = holds(item.relevant, view) ? evaluate(item.calculation, view) : "";
    if (value !== "" && !Number.isNaN(value)) {
      view.set(item.name, value);
    }
  }
  return view;
}
