// Coming back later: four words drawn for the person. Only a slow hash of them goes into the sealed response: to try all of
// them takes years (our estimate), and nobody but the custodian has a response to try them on.

import { hex } from "./response.js";

const COUNT = 4;
const ROUNDS = 1_000_000;
const BITS = 128;

// Four of the list's 1,024 words, ten random bits each.
export function draw(list) {
  return [...crypto.getRandomValues(new Uint16Array(COUNT))].map((bits) => list[bits % list.length]).join(" ");
}

// The words as they are hashed, or null where they are not four of the list.
export function spelled(list, typed) {
  const words = typed.toLowerCase().split(/[\s,]+/).filter(Boolean);
  return words.length === COUNT && words.every((word) => list.includes(word)) ? words.join(" ") : null;
}

// PBKDF2-HMAC-SHA-256, a million rounds, salted with the instrument's id: 32 hex digits.
export async function hashed(words, instrumentId) {
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey("raw", bytes(words), "PBKDF2", false, ["deriveBits"]);
  const rule = { name: "PBKDF2", hash: "SHA-256", salt: bytes(instrumentId), iterations: ROUNDS };
  return hex(new Uint8Array(await crypto.subtle.deriveBits(rule, key, BITS)));
}
