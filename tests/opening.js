// Opening, built into opening.mjs (`make static`) and never served. With it @hpke is seen to open what Python sealed.

import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

const HEADER_BYTES = 18;
const ENC_BYTES = 1120;
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

// The plaintext of a row, by the 32-byte seed of its collection key.
export async function opened(seed, row) {
  const recipientKey = await suite.kem.deserializePrivateKey(seed);
  const [info, enc] = [row.subarray(0, HEADER_BYTES), row.subarray(HEADER_BYTES, HEADER_BYTES + ENC_BYTES)];
  const recipient = await suite.createRecipientContext({ recipientKey, enc, info });
  return new Uint8Array(await recipient.open(row.subarray(HEADER_BYTES + ENC_BYTES)));
}
