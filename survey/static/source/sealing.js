// Sealing for a browser, and nothing that opens: the row of docs/formats.md, made of packages at pinned
// versions and built into one file whose hash is published. Also the check of the custodian's signature, since not every
// browser has Ed25519 of its own.

import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { verifyAsync } from "@noble/ed25519";

const MAGIC_AND_SUITE = [0x48, 0x52, 0x44, 0x31, 0x64, 0x7a, 0x00, 0x01, 0x00, 0x02]; // HRD1, X-Wing, HKDF-SHA256, AES-256-GCM
const KEY_ID_BYTES = 8;
const PLAINTEXT_BYTES = 4096;
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

// One framed plaintext of 4,096 bytes, sealed to the 1,216 bytes of a collection key: a row of 5,250 bytes.
export async function sealed(collectionKey, plaintext) {
  if (plaintext.length !== PLAINTEXT_BYTES) {
    throw new RangeError("A plaintext of another size would tell its length.");
  }
  const id = new Uint8Array(await crypto.subtle.digest("SHA-256", collectionKey)).subarray(0, KEY_ID_BYTES);
  const header = Uint8Array.of(...MAGIC_AND_SUITE, ...id);
  const recipientPublicKey = await suite.kem.deserializePublicKey(collectionKey);
  const sender = await suite.createSenderContext({ recipientPublicKey, info: header });
  const ciphertext = await sender.seal(plaintext);
  return new Uint8Array(await new Blob([header, sender.enc, ciphertext]).arrayBuffer());
}

// Whether a 64-byte Ed25519 signature over these bytes is that key's.
export function signedBy(publicKey, signature, message) {
  return verifyAsync(signature, message, publicKey).catch(() => false);
}
