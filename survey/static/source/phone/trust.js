// Whom this page believes: the custodian's signature over the key that answers are sealed to and the questionnaire's
// digest; and where the card's address names the authority (#k=), that one and no other.

import { bytesOf, hex, sha256 } from "./response.js";

const PIN_BITS = 130;

export class NotTrusted extends Error {}

// The 22 characters after #k=: the first 130 bits of the authority's SHA-256, base64url.
export async function pinOf(authority) {
  const kept = (await sha256(authority)).slice(0, Math.ceil(PIN_BITS / 8));
  kept[kept.length - 1] &= 0xff << (kept.length * 8 - PIN_BITS);
  const text = btoa(String.fromCharCode(...kept)).replaceAll("+", "-").replaceAll("/", "_");
  return text.slice(0, Math.ceil(PIN_BITS / 6));
}

// What the custodian signed for phones; throws NotTrusted where anything about it does not hold.
export async function trusted(bundle, pin, signedBy) {
  const text = (words) => new TextEncoder().encode(words);
  const { heard, body, signature } = JSON.parse(bundle.phones);
  const told = JSON.parse(body);
  const authority = bytesOf(told.authority);
  const holds =
    heard === "phones" &&
    (await signedBy(authority, bytesOf(signature), text(`heard phones 1\n${body}`))) &&
    (pin === null || (await pinOf(authority)) === pin) &&
    told.instruments[0] === hex(await sha256(text(bundle.instrument))) &&
    !told.stop;
  if (!holds) {
    throw new NotTrusted();
  }
  return { collection: bytesOf(told.collection), signedOn: told.signed_on, digest: told.instruments[0] };
}
