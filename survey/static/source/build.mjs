// The maintainers' build (`make static`): two small files, and the hashes that a test compares them by.
// Run in a folder with node_modules; the folder to write to is the one argument.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

await esbuild.build({
  entryPoints: ["heard.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  outfile: join(into, "heard.js"),
});

const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const sources = readdirSync(".").filter((name) => /\.(js|scss|mjs|json)$/.test(name)).sort();
const lines = [
  ...sources.map((name) => `${hash(name)}  source/${name}`),
  ...["heard.css", "heard.js"].map((name) => `${hash(join(into, name))}  ${name}`),
];
writeFileSync(join(into, "source", "hashes.txt"), `${lines.join("\n")}\n`);
