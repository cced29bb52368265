// Where the centre asks nothing now: what waits on this phone is told all the same, and can be deleted.

import { isGone } from "../leaving.js";
import { PATIENCE_MS, within } from "../patience.js";
import { display } from "../screen.js";
import { asked } from "./loading.js";
import { become, startOf, state } from "./outcome.js";
import { NOTHING_KEPT, parsed, showBefore } from "./pages.js";
import { known, readBefore, remember, shared, unwanted } from "./remembering.js";
import { follow, warn } from "./screens.js";
import { Visit } from "./visit.js";

const SCREENS = "template[data-screen]";
const ITSELF = "stopped";
let wanted = null;

export const isStop = () => document.querySelector(SCREENS) !== null;

// The page itself stands in for the questions that did not come: it has the few screens that lead on from it.
export function stopped() {
  const { body, documentElement } = document;
  const { over, sent } = known() ?? {};
  const before = document.getElementById("sent-before-stop");
  const templates = body.querySelectorAll(SCREENS);
  // Help and the like, opened by their own address, bring the page along that they lead back to.
  const beside = [...templates].find(({ dataset }) => dataset.screen === ITSELF);
  const main = (beside?.content ?? body).querySelector("main");
  // The centre, which knows no visit here, has said that nothing is kept.
  if (sent?.length && before) {
    main.querySelector(":scope > p").replaceWith(before.content.cloneNode(true));
  } else if (over) {
    main.querySelector(NOTHING_KEPT)?.remove();
  }
  const screens = {};
  for (const { dataset, innerHTML } of templates) {
    screens[dataset.screen] = innerHTML;
  }
  screens[ITSELF] = main.outerHTML;
  const { leaveOnly, back, language } = templates[0].dataset;
  const visit = state?.visit ?? new Visit({ known: known() });
  visit.unkept = ITSELF; // What somebody comes back to from Help.
  if (unwanted.size && !shared) {
    delete body.dataset.retry; // A page that looks again by itself would never know what it has to delete to be off its way.
  }
  const words = { "bar.leave_only": leaveOnly, "bar.back": back, "phone.language": language };
  become({ bundle: { frame: documentElement.outerHTML, screens, words }, visit, code: "" });
}

// A page that says what is wrong came in the first language: the server does not know which one is read here.
export async function inOwnLanguage() {
  const { plain } = document.body.dataset;
  const own = plain && readBefore()?.split("/").at(-1);
  if (own && own !== plain && !shared) {
    await anew(location.pathname, own).catch(() => {}); // It can be read in the first language still.
  }
}

// Whether it came, and is wanted still.
async function anew(address, language, stillAsked = () => true) {
  const answer = await asked(`${address}?language=${language}`);
  const next = parsed(await answer.text()); // Whatever its status: that says too that something is wrong.
  const came = next.body.dataset.plain === language && stillAsked();
  if (came) {
    next.querySelectorAll("noscript").forEach((each) => each.remove());
    display(next);
  }
  return came;
}

// Whoever cannot read that nothing is asked now reads it in their language, and the questions too once they are there. It
// may come late; within five seconds the page says that it has not.
export async function speakOfStop(language) {
  wanted = language;
  const stillAsked = () => wanted === language && !isGone();
  const comes = anew(startOf(), language, stillAsked).then((came) => came && goOnIn(language));
  if (!(await within(PATIENCE_MS, comes).catch(() => null)) && stillAsked()) {
    warn(state.bundle.words["phone.language"]);
  }
}

function goOnIn(language) {
  stopped();
  remember(startOf(), null, `${startOf()}phone/${language}`);
  showBefore(state);
  return true;
}

// Help, and back from it, in the one history entry: a document of its own would be where Back leads after Leave.
export function besideStop(kind) {
  follow(kind);
  const { visit } = state;
  if (!visit.beside && !visit.outcome) {
    showBefore(state, visit.before);
  }
}
