// The maintainers' build (`make static`): a few small files, and the hashes that a test compares them by.
// Run in a folder with node_modules; the folder to write to is the one argument.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const into = process.argv[2];
const { css } = sass.compile("heard.scss", { style: "compressed", loadPaths: ["node_modules"], charset: false });
// What GOV.UK Frontend still says of sides, said of the direction of the text.
const sides = [
  [/\b(margin|padding|border)-left\b/g, "$1-inline-start"],
  [/\b(margin|padding|border)-right\b/g, "$1-inline-end"],
  [/text-align:left\b/g, "text-align:start"],
  [/text-align:right\b/g, "text-align:end"],
];
const logical = sides.reduce((text, [side, flow]) => text.replace(side, flow), css);
writeFileSync(join(into, "heard.css"), `${logical}\n`);

const script = (entry, name, format) =>
  esbuild.build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format,
    target: "es2022",
    legalComments: "none",
    outfile: join(into, name),
  });
await script("heard.js", "heard.js", "iife");
await script("phone/phone.js", "phone.js", "iife");
await script("phone/worker.js", "worker.js", "iife");
await script("sealing.js", "sealing.js", "esm");
await script("voice.js", "voice.js", "esm");
// What opens is for tests alone: it comes from there and goes back there.
const opening = "../../tests/opening.mjs";
await script("opening.js", opening, "esm");

const sealedBy = ["@hpke/common", "@hpke/core", "@hpke/dhkem-x25519", "@hpke/hybridkem-x-wing", "@noble/ed25519", "mlkem"];
const licence = (name) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`));
  return `${name} ${version}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`;
};
writeFileSync(join(into, "sealing.licences.txt"), sealedBy.map(licence).join("\n\n"));

// What a phone loads first, packed as small as it goes, since that takes longer than a server may. How distances are
// written, and how far back they reach, no packer finds out by itself: the smallest of a few is taken.
const few = [0, 1, 2, 3].flatMap((postfix) => [0, 8, 15].flatMap((direct) => [16, 18].map((window) => [postfix, direct << postfix, window])));
const packedBy = (text) => ([postfix, direct, window]) =>
  brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_NPOSTFIX]: postfix,
      [constants.BROTLI_PARAM_NDIRECT]: direct,
      [constants.BROTLI_PARAM_LGWIN]: window,
    },
  });
const smallest = (text) => few.map(packedBy(text)).reduce((best, next) => (next.length < best.length ? next : best));
const packed = ["heard.css", "phone.js", "sealing.js", "symbols.svg", "voice.js"];
for (const name of packed) {
  writeFileSync(join(into, `${name}.br`), smallest(readFileSync(join(into, name))));
}

const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const sources = readdirSync(".", { recursive: true })
  .filter((name) => name !== "opening.js" && /^(phone\/)?[^/]+\.(js|scss|mjs|json)$/.test(name))
  .sort();
const built = ["heard.css", "heard.js", "phone.js", "sealing.js", "sealing.licences.txt", "voice.js", "worker.js", opening, ...packed.map((name) => `${name}.br`)];
const lines = [
  ...sources.map((name) => `${hash(name)}  source/${name}`),
  ...built.map((name) => `${hash(join(into, name))}  ${name}`),
];
writeFileSync(join(into, "source", "hashes.txt"), `${lines.join("\n")}\n`);
