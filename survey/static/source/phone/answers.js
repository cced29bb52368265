// Whether an answer fits its item, and what was typed read as one: forms/fitting.py and forms/reading.py for a browser.
// Opening judges every answer again, so what this lets through wrongly is counted there and left out.

const TICKED = "yes";
const TEXT_BYTES = 1500;
const LONGEST_LOOKED_AT = 10000;
const LONGEST_LINE = 40;
const SMALLEST_STEP = 1e-6;
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;
const DAY_FIRST = /^([0-9]{1,2})[ ./-]+([0-9]{1,2})[ ./-]+([0-9]{4})$/;
const YEAR_FIRST = /^([0-9]{4})[ ./-]+([0-9]{1,2})[ ./-]+([0-9]{1,2})$/;
const DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
// Python's idea of a space: JavaScript's trim would also take a byte order mark.
const SPACES = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${SPACES}|${SPACES}$`, "g");
const NOT_TEXT = /(?![\n\t])[\p{Cc}\p{Cs}]/gu;
const NUMBERS = new Set(["integer", "decimal", "range"]);

export const ASKED = new Set([...NUMBERS, "select_one", "select_multiple", "text", "date", "acknowledge"]);

export function steps(item) {
  if (item.kind !== "range" || item.low === undefined || item.high === undefined || !item.step) {
    return [];
  }
  const count = Math.floor((item.high - item.low) / item.step + SMALLEST_STEP);
  return Array.from({ length: count + 1 }, (_, place) => toSixPlaces(item.low + place * item.step));
}

function toSixPlaces(value) {
  return Number(value.toFixed(6)) + 0; // + 0: there is no minus zero
}

export function misfit(item, answer, offered) {
  return (JUDGES[item.kind] ?? (() => "constraint"))(item, answer, offered);
}

// As much of a choice as is still offered; an answer of another type than its item's is none.
export function narrowed(item, answer, codes) {
  if (item.kind === "select_one") {
    return codes.includes(answer) ? answer : undefined;
  }
  if (item.kind === "select_multiple") {
    const kept = Array.isArray(answer) ? codes.filter((code) => answer.includes(code)) : [];
    return kept.length ? kept : undefined;
  }
  return TYPES[item.kind]?.(answer) ? answer : undefined;
}

const isText = (answer) => typeof answer === "string";
const isNumber = (answer) => typeof answer === "number";
const TYPES = {
  text: isText,
  date: isText,
  integer: Number.isInteger,
  decimal: isNumber,
  range: isNumber,
  acknowledge: (answer) => typeof answer === "boolean",
};

function several(answer, offered) {
  const chosen = Array.isArray(answer) ? offered.filter((option) => answer.includes(option.code)) : [];
  if (!chosen.length || chosen.length !== answer.length || chosen.some((option, at) => option.code !== answer[at])) {
    return "choice";
  }
  return chosen.length > 1 && chosen.some((option) => option.exclusive) ? "exclusive" : null;
}

function encodedBytes(text) {
  return new TextEncoder().encode(JSON.stringify(text)).length - 2;
}

function text(item, answer) {
  if (!answer || !isText(answer) || /\p{Cs}/u.test(answer)) {
    return "constraint";
  }
  return encodedBytes(answer) > (item.max_bytes ?? TEXT_BYTES) ? "too_long" : null;
}

function decimal(item, answer) {
  if (!isNumber(answer) || !(Math.abs(answer) <= Number.MAX_SAFE_INTEGER)) {
    return "number";
  }
  return answer < (item.low ?? -Infinity) || answer > (item.high ?? Infinity) ? "range" : null;
}

function day(answer) {
  const [, year, month, date] = (isText(answer) && DAY.exec(answer)) || [];
  if (!Number(year) || month < 1 || month > 12 || date < 1) {
    return "date";
  }
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return date > [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ? "date" : null;
}

const JUDGES = {
  select_one: (_item, answer, offered) => (offered.some((option) => option.code === answer) ? null : "choice"),
  select_multiple: (_item, answer, offered) => several(answer, offered),
  text,
  integer: (item, answer) => (Number.isInteger(answer) ? decimal(item, answer) : "number"),
  decimal,
  range: (item, answer) => decimal(item, answer) ?? (steps(item).includes(answer) ? null : "range"),
  date: (_item, answer) => day(answer),
  acknowledge: (_item, answer) => (answer === true ? null : "constraint"),
};

// [the answer or undefined, what is wrong or null]; neither where nothing was given.
export function read(item, posted, offered) {
  const given = [...new Set(posted.filter((value) => trimmed(value)))];
  if (!given.length) {
    return [undefined, null];
  }
  if (item.kind === "select_multiple") {
    return judged(item, narrowed(item, given, offered.map((option) => option.code)) ?? [], offered, given.length);
  }
  if (given.length > 1) {
    return [undefined, "choice"];
  }
  const [answer, wrong] = single(item, given[0]);
  return answer === undefined ? [undefined, wrong] : judged(item, answer, offered);
}

function judged(item, answer, offered, count = answer.length) {
  const wrong = answer.length === count ? misfit(item, answer, offered) : "choice";
  return wrong ? [undefined, wrong] : [answer, null];
}

function single(item, given) {
  if (item.kind === "text") {
    return [...given].length > LONGEST_LOOKED_AT ? [undefined, "too_long"] : [cleaned(given) || undefined, null];
  }
  if (NUMBERS.has(item.kind)) {
    return typedNumber(item, given);
  }
  if (item.kind === "date") {
    return typedDay(given);
  }
  if (item.kind === "acknowledge") {
    return given === TICKED ? [true, null] : [undefined, "choice"];
  }
  return [given, null];
}

function trimmed(value) {
  return value.replace(ENDS, "");
}

export function cleaned(value) {
  return trimmed(value.replace(/\r\n?/g, "\n").replace(NOT_TEXT, "").normalize("NFC"));
}

// People write numbers in the digits of their language; those stand in runs of ten from zero.
function plainDigit(character) {
  const code = character.codePointAt(0);
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) {
    first -= 1;
  }
  return String((code - first) % 10);
}

// Some keyboards add marks that nobody sees.
function line(given) {
  const plain = [...trimmed(given).replace(/\p{Cf}/gu, "")]
    .slice(0, LONGEST_LINE + 1)
    .join("")
    .replace(/\p{Nd}/gu, plainDigit);
  return trimmed(plain).replace(/\u2212/g, "-").replace(/[\u066b,]/g, ".");
}

function typedNumber(item, given) {
  const typed = line(given);
  if (typed.length > LONGEST_LINE || !NUMBER.test(typed)) {
    return [undefined, "number"];
  }
  const value = Number(typed) + 0;
  if (item.kind === "integer" && !Number.isInteger(value)) {
    return [undefined, "number"];
  }
  return [item.kind === "range" ? toSixPlaces(value) : value, null];
}

function typedDay(given) {
  const typed = line(given);
  const [, date, month, year] = DAY_FIRST.exec(typed) ?? [];
  const [, year2, month2, date2] = YEAR_FIRST.exec(typed) ?? [];
  if (!year && !year2) {
    return [undefined, "date"];
  }
  return [`${year ?? year2}-${(month ?? month2).padStart(2, "0")}-${(date ?? date2).padStart(2, "0")}`, null];
}
