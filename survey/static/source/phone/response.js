// One response as the bytes that are sealed: forms/response.py and survey/clock.py for a browser.

const PLAINTEXT_BYTES = 4096;
const LENGTH_BYTES = 4;
const TRUSTED_DAYS = 400;
const DAY_MS = 86400000;

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytesOf = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const dayOf = (moment) => new Date(moment).toISOString().slice(0, 10);

// 16 random bytes, in hex.
export const randomId = () => hex(crypto.getRandomValues(new Uint8Array(16)));

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

// The id of a row: the first 16 bytes of its hash.
export const idOf = async (row) => hex((await sha256(row)).subarray(0, 16));

// JSON with sorted keys and no spaces.
export function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

// 4-byte big-endian length, canonical JSON, zeros up to 4,096 bytes.
export function framed(content) {
  const body = new TextEncoder().encode(canonical(content));
  if (body.length > PLAINTEXT_BYTES - LENGTH_BYTES) {
    throw new RangeError("This does not fit into a row.");
  }
  const plaintext = new Uint8Array(PLAINTEXT_BYTES);
  new DataView(plaintext.buffer).setUint32(0, body.length);
  plaintext.set(body, LENGTH_BYTES);
  return plaintext;
}

// The day that the clock is held against: the signed one, or a newer one that the centre names beside it. Nobody signed
// that, so it is believed for as long only as the signed day vouches for a clock by itself.
export function newestDay(signedOn, untrusted) {
  const [signed, said] = [signedOn, untrusted].map(Date.parse);
  return said > signed && said <= signed + TRUSTED_DAYS * DAY_MS ? dayOf(said) : signedOn;
}

// The month, or unknown where this clock stands before the newest signed day or over 400 days after it.
export function month(newestSignedDay, now = new Date()) {
  const today = dayOf(now);
  const last = dayOf(Date.parse(newestSignedDay) + TRUSTED_DAYS * DAY_MS);
  return newestSignedDay <= today && today <= last ? today.slice(0, 7) : "unknown";
}
