// In the one history entry that the survey has, for a reload: what the card's address said, and the ids of a visit under
// way, by which it stays one response. Browsers write it into a file to bring tabs back, so an answer is never here.

import { isGone } from "../leaving.js";

// What stands after the # of a card's address: k, the authority's fingerprint; c, the card's code; t, a device that
// people share; s, somebody has only just ended on it. Never part of a request.
export const card = new URLSearchParams(location.hash.slice(1) || history.state?.card);

// Whether people share this device.
export const shared = card.has("t");

// The visit as it was before a reload: { response, sent, full, over }, or nothing. `full`: how full the copy is that was
// kept last, as a number; `over`: whether that was made at the end. After the thanks nothing but that.
export const known = () => history.state?.visit;

// Whoever has to choose what becomes of answers with a card that was not taken has not finished.
export const isFinished = ({ outcome }) => outcome && outcome !== "refused";

// On a device that people share somebody else may be there after the end.
function forReload(visit) {
  const { response, sent, full, over, stored = true, outcome } = visit;
  if (isFinished(visit) || (shared && over)) {
    return (outcome ? outcome === "thanks" : stored && over) ? { over: true } : undefined;
  }
  return { response, sent, full: stored ? full : 0, over: stored && over };
}

// Ids of rows that the centre was asked to delete and has not said are gone. With the tab and not in the phone's storage,
// where they would wait until the survey is opened again: whoever deletes wants nothing of it to stay on the phone.
export const unwanted = new Set(history.state?.unwanted);

// Those among them that are somebody else's by now: on a device that people share the wish goes on in the next one's page.
export const inherited = new Set(shared ? unwanted : []);

// What the page says of a deletion that is not over yet: a reload goes on with that, and a page for somebody else does not.
export const deleting = { said: shared ? undefined : history.state?.deleting };

// For a reload too, with the same entry, but not in its state, since each change of that is one more dated line: where the
// questions in the language that is read came from, and the ids of rows that set out and that nobody has answered for. A
// browser that has no such place keeps the language in the state all the same, and takes all of a visit's rows for such.
const { navigation } = globalThis;
const beside = navigation ? navigation.currentEntry?.getState() : history.state;
export const spoken = beside?.read ?? null;
export const underWay = new Set(beside?.underWay ?? [...unwanted, ...(known()?.sent ?? [])]);
let read = spoken;

// For a page that says what is wrong, by an address that somebody typed: what was read before it in this tab.
export const readBefore = () => spoken ?? globalThis.navigation?.entries().map((each) => each.getState()?.read).findLast(Boolean);

// Ids of an unfinished visit before this one in the same tab, by another card's address: who leaves leaves that too.
let earlier = history.state?.earlier ?? [];

// What another card's address finds in its place of this visit. The same card again is the same response, as by a reload:
// its code is spent, and one person would be counted twice.
export function handOver(visitNow, code) {
  const same = code && code === new URLSearchParams(location.hash.slice(1)).get("c");
  const mine = shared || same ? [] : unfinished(visitNow);
  const visit = same ? forReload(visitNow) : undefined;
  history.replaceState({ visit, unwanted: [...unwanted], earlier: same || shared ? earlier : mine }, "");
}

// Everything that this tab sent and that nobody has finished with.
export const unfinished = (visit) => (isFinished(visit) ? [] : [...earlier, ...(visit.sent ?? [])]);

export function remember(start, visit, bundle = read) {
  if (isGone()) {
    return;
  }
  const visitNow = visit ?? known() ?? {};
  const finished = isFinished(visitNow);
  earlier = finished ? [] : earlier;
  read = finished && !deleting.said ? null : bundle;
  const entry = {
    card: card.toString(),
    visit: forReload(visitNow),
    unwanted: [...unwanted],
    earlier,
    deleting: deleting.said,
    read: navigation ? undefined : read,
  };
  // Each change is one more dated line in the phone's history.
  if (JSON.stringify(history.state) !== JSON.stringify(entry) || location.pathname + location.search + location.hash !== start) {
    history.replaceState(entry, "", start);
  }
  navigation?.updateCurrentEntry({ state: { read, underWay: [...underWay] } });
}
