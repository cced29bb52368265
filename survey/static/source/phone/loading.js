// What a phone fetches before anybody can answer: the questions, and what seals.

import { within } from "../patience.js";
import { card } from "./remembering.js";
import { trusted } from "./trust.js";

const PATIENCE_MS = 30000;

// The questions in one language and what seals them, once what the custodian signed was checked.
export async function load(address) {
  const all = Promise.all([import(document.body.dataset.sealing), fetched(address)]);
  const [sealing, bundle] = (await within(PATIENCE_MS, all)) ?? missed();
  const told = await trusted(bundle, card.get("k"), sealing.signedBy);
  return { bundle, instrument: JSON.parse(bundle.instrument), told, seal: sealing.sealed };
}

export const asked = (address, patience = PATIENCE_MS) =>
  fetch(address, { credentials: "omit", signal: AbortSignal.timeout(patience) });

export async function fetched(address, patience) {
  const answer = await asked(address, patience);
  return answer.ok ? answer.json() : missed();
}

function missed() {
  throw new TypeError("It did not come.");
}
