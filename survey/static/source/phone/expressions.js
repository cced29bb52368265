// What an expression comes to: the same as forms/logic.py to the character. tests/expressions.json is the table that
// both must pass, and random trees are worked out by both. Answers are a Map, because an item may be named __proto__.

const MOST_CHARACTERS = 4000;
const LONGEST_VALUE = 1500;
const NUMBER = /^[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*$/;

export function evaluate(tree, answers, current = undefined, option = {}) {
  if (!Array.isArray(tree)) {
    return tree;
  }
  const [name, ...parts] = tree;
  if (name === "item") {
    return valueOf(answers.get(parts[0]));
  }
  if (name === "current") {
    return valueOf(current);
  }
  if (name === "column") {
    return Object.hasOwn(option, parts[0]) ? option[parts[0]] : "";
  }
  return FUNCTIONS.get(name)(...parts.map((part) => evaluate(part, answers, current, option)));
}

export function truth(value) {
  return typeof value === "number" ? value !== 0 && !Number.isNaN(value) : Boolean(value);
}

export function referencesOf(tree) {
  if (!Array.isArray(tree)) {
    return [];
  }
  return tree[0] === "item" ? [tree[1]] : tree.slice(1).flatMap(referencesOf);
}

function valueOf(answer) {
  return Array.isArray(answer) ? answer.join(" ") : (answer ?? "");
}

function number(value) {
  if (typeof value !== "string") {
    return Number(value);
  }
  const match = NUMBER.exec(value);
  return match ? Number(match[1]) : NaN;
}

function equal(left, right) {
  if (typeof left === "boolean" || typeof right === "boolean") {
    return truth(left) === truth(right);
  }
  if (typeof left === "number" || typeof right === "number") {
    return number(left) === number(right);
  }
  return left === right;
}

function withSign(value, of) {
  return of < 0 || Object.is(of, -0) ? -Math.abs(value) : Math.abs(value);
}

function rounded(value, places = 0) {
  const amount = number(value);
  const digits = Math.trunc(number(places));
  if (!Number.isFinite(amount)) {
    return amount;
  }
  if (Number.isNaN(digits)) {
    return NaN;
  }
  const scale = Number(`1e${Math.max(-15, Math.min(15, digits))}`);
  const scaled = amount * scale;
  if (!Number.isFinite(scaled)) {
    return amount;
  }
  const lower = Math.floor(scaled);
  return withSign(scaled - lower >= 0.5 ? lower + 1 : lower, amount) / scale;
}

function words(value) {
  return String(value)
    .split(" ")
    .filter((word) => word);
}

function joined(...values) {
  return [...values.map(String).join("")].slice(0, MOST_CHARACTERS).join("");
}

function matches(value, pattern) {
  const text = String(value);
  return [...text].length <= LONGEST_VALUE && new RegExp(`^(?:${pattern})$`, "u").test(text);
}

const FUNCTIONS = new Map([
  ["=", equal],
  ["!=", (left, right) => !equal(left, right)],
  ["<", (left, right) => number(left) < number(right)],
  ["<=", (left, right) => number(left) <= number(right)],
  [">", (left, right) => number(left) > number(right)],
  [">=", (left, right) => number(left) >= number(right)],
  ["+", (left, right) => number(left) + number(right)],
  ["-", (left, ...rest) => (rest.length ? number(left) - number(rest[0]) : -number(left))],
  ["*", (left, right) => number(left) * number(right)],
  ["div", (left, right) => number(left) / number(right)],
  ["mod", (left, right) => number(left) % number(right)],
  ["and", (...values) => values.every(truth)],
  ["or", (...values) => values.some(truth)],
  ["not", (value) => !truth(value)],
  ["true", () => true],
  ["false", () => false],
  ["if", (condition, then, otherwise) => (truth(condition) ? then : otherwise)],
  ["coalesce", (...values) => values.find((value) => value !== "" && !Number.isNaN(value)) ?? ""],
  ["selected", (value, code) => words(value).includes(String(code))],
  ["count-selected", (value) => words(value).length],
  ["string-length", (value) => [...String(value)].length],
  ["contains", (value, part) => String(value).includes(String(part))],
  ["starts-with", (value, part) => String(value).startsWith(String(part))],
  ["concat", joined],
  ["regex", matches],
  ["number", number],
  ["int", (value) => Math.trunc(number(value))],
  ["round", rounded],
]);
