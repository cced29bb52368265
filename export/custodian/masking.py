"""What the rules take out of free text before anybody reads it: whatever has the shape of something that finds people.

A help to the two people who decide after them (``quotations``), never the safeguard: about half the names typed in
small letters get through (measured), and 'the only imam on this road' has no name at all. So no rule here may be a
reason to read less carefully.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_JOINERS = "\u200c\u200d"
_CAPITALS = "".join(filter(str.isupper, map(chr, [*range(0x530), *range(0x1E00, 0x2000)])))
_CAPITAL, _LETTER = f"(?-i:[{re.escape(_CAPITALS)}])", r"[^\W\d_]"
_SMALL = rf"(?:(?!{_CAPITAL}){_LETTER}|['’-]{_CAPITAL}?)"

_AT = r"(?:\s?@\s?|\s?[\[({<]\s?at\s?[\])}>]\s?)"
_DOT = r"(?:\s?\.\s?|\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s+dot\s+)"
_MAILBOX, _MAIL_HOST = r"[\w.+-]+(?:\s+dot\s+[\w.+-]+)*", r"(?:gmail|googlemail|hotmail|yahoo|icloud)"
_ENDING = r"\.(?:com|co\.uk|org|net|uk)\b"
_APP = (
    r"(?:insta(?:gram)?|snap(?:chat)?|face\s?book|fb|messenger|tik\s?tok|twitter|whats\s?app|telegram|discord|skype|kik)"
    r"(?:\s(?:name|handle|account|user(?:name)?))?"
)
_NUMBER_WORD = r"(?:no\.?|number|nr\.?|ref(?:erence)?\.?|urn|cad|cris|crime|case|log|incident)"
# Two letters beside a number that make no number plate and no officer's number of it: 'age 43 ok', 'in 20 min'.
_SHORT_WORDS = (
    "am|an|as|at|be|by|cm|dc|di|do|ds|go|gb|he|hr|if|in|is|it|kg|km|me|mg|ml|mm|my|nd|no|of|ok|on|or|pc|pm|ps|rd|so|st"
    "|th|to|up|us|we"
)
_RANK_ABOVE = r"(?:con(?:stable)?|sgt|sergeant|insp(?:ector)?|chief inspector|supt|superintendent)"
_RANK = (
    r"(?:p\.?c\.?s?o?|w\.?p\.?c|d\.?c|d\.?s|d\.?i|d\.?c\.?i|p\.?s|sgt\.?|sergeant|sarge|insp(?:ector|\.)?|"
    rf"chief inspector|superintendent|supt|constable|det(?:ective)?\.?(?:\s{_RANK_ABOVE}\.?)?|officer|off\.)"
)
_RELATIVE = (
    r"(?:(?:ex|step|half|grand|god|late|other|little|big|older|elder|eldest|younger|youngest|best)[\s-]?)*"
    r"(?:ex|husband|wife|partner|boyfriend|girlfriend|bf|gf|fianc[eé]e?|son|daughter|child|kid|baby|brother|sister|mum|"
    r"mom|mother|dad|father|uncle|aunt(?:ie|y)?|cousin|nephew|niece|gran|nan|friend|mate|neighbour|boss|manager|"
    r"colleague|landlord|landlady|carer|flatmate|housemate|solicitor|doctor|teacher|(?:social|support) worker)"
)
# Words that come after a rank or a title, or at the beginning of a sentence, without being a name.
_PLAIN = (
    r"(?!(?:and|who|was|were|is|are|that|which|came|said|told|had|has|did|didn.?t|never|then|on|at|in|from|for|to|of|"
    r"with|but|or|also|just|took|called|rang|went|would|could|should|will|dealing|dealt|assigned|i|he|she|they|we|"
    r"it|the|a|an|my|me|about|because|so|as|when|if|not|no|very|really|turned|asked|kept|gave|got|helped|who.?s)\b)"
)
# What two capitals make no name of.
_PUBLIC = (
    r"(?!(?:victim support|met(?:ropolitan)? police|citizens advice|crown (?:court|prosecution)|action fraud|cctv|cps"
    r"|dna|nhs|thank you)\b)"
)
_NAME = rf"{_PLAIN}{_LETTER}[\w'’-]+"
_SURNAME = rf"{_PLAIN}{_CAPITAL}[\w'’-]+"
_INITIAL = r"(?:(?-i:[A-HJ-Z])\.?\s+)?"
_AND_OTHERS = rf"(?:\s*(?:,|&|\band\b)\s*(?:{_RANK}\s+)?{_SURNAME})*"
_CAPITALISED = rf"{_CAPITAL}{_SMALL}+"
_BETWEEN_NAMES = r"\s+(?:(?:da|de|del|den|der|di|dos|du|la|le|van|von|al|el|ben|bin|bint)\s+)*"
_WRITTEN_LARGE = rf"{_CAPITAL}(?:{_CAPITAL}|['’-])+"

RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("e-mail", rf"{_MAILBOX}{_AT}[\w-]+(?:{_DOT}[\w-]+)+"),
        ("e-mail", rf"{_MAILBOX}\s+at\s+(?:[\w-]+(?:\s+dot\s+[\w-]+)+|{_MAIL_HOST}\b|[\w-]+{_ENDING})"),
        ("web address", r"\b(?:https?://|www\.)\S*[\w/]|(?<!\w)@[A-Za-z_]\w+(?:\.\w+)*"),
        ("web address", rf"\b[\w-]+{_ENDING}(?:/\S*[\w/])?"),
        ("web address", rf"\b{_APP}\s*(?:[:=]|is(?=\s+@?\w*[\d_.]\w))\s*@?[\w.-]*\w"),
        ("national insurance number", r"\b[A-CEGHJ-PR-TW-Z]{2}\s?(?:\d{2}\s?){3}[A-D]\b"),
        ("postcode", r"\b(?:GIR\s?0AA|[A-Z]{1,2}\d[A-Z\d]?[\s.-]*\d[ABD-HJLNP-UW-Z]{2})\b"),
        ("vehicle", r"\b(?:[A-Z]{2}\d{2}[\s-]*[A-Z]{3}|[A-Z]{2}-\d{2}[\s-]*[A-Z]{3}"
                    r"|[A-Z]\d{1,3}\s?[A-Z]{3}|[A-Z]{3}\s?\d{1,3}[A-Z])\b"),
        ("vehicle", rf"\b(?!(?:{_SHORT_WORDS})\b)[A-Z]{{2}}\s+\d{{2}}\s*[A-Z]{{3}}\b"),
        ("reference", rf"\b{_NUMBER_WORD}\s*(?:{_NUMBER_WORD}\s*)?(?:is|was|[:#])?\s*[A-Z]{{0,4}}[-/]?\d[\w/-]*"),
        ("reference", r"\b[A-Z]{0,4}\d{3,}\s?/\s?\d{2,4}\b|\b[A-Z]{1,4}-?\d{5,}\b"),
        ("phone", r"(?<!\w)(?:\+\s?44|[0o])(?:[\s().-]*\d){8,10}(?!\d)"),
        ("phone", r"(?<!\w)0\d{2,4}\s?[/,_]\s?(?:[\s()./,_-]*\d){5,8}(?!\d)"),
        ("number", r"\b(?:\d+\s?/\s?)*\d(?:[\s-]?\d){5,}(?:\s?/\s?\d+)*\b"),
        ("address", r"\b(?:flat|apt|unit)\s+\d+\w?\b|\b\d+\w?\s+(?:[A-Z][\w'’-]+\s+){1,3}(?:street|st|road|rd|avenue"
                    r"|ave|lane|close|drive|way|court|gardens|terrace|place|square|grove|crescent|hill|park|mews|row)\b"),
        ("officer", rf"\b{_RANK}\s*\d{{2,6}}\w{{0,3}}\b"),
        ("officer", rf"\b\d{{2,6}}(?!\s?(?:{_SHORT_WORDS})\b)(?:[A-Z]{{2}}|\s(?-i:[A-Z]{{2}}))\b"),
        ("officer", rf"\b(?:p|d|wp)\.?c\.?s\s+{_NAME}(?:\s*,\s*{_NAME})*\s*(?:&|\band\b)\s*{_NAME}"),
        ("officer", rf"\b{_RANK}\s+{_INITIAL}{_NAME}(?:\s+{_SURNAME})?{_AND_OTHERS}(?:\s+\d{{3,6}}\w{{0,2}}\b)?"),
        ("name", rf"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|rev|father|imam|rabbi|sir|lady|cllr)\.?\s+{_INITIAL}"
                 rf"{_NAME}(?:\s+{_SURNAME})?"),
        ("name", rf"\b(?:my name(?:.?s| is)|i am called|i.?m called|name(?:d)? (?:is )?|called)\s+{_NAME}"
                 rf"(?:\s+{_SURNAME})?"),
        ("name", rf"\b(?P<kept>(?:my|our|his|her|their)\s+(?:{_RELATIVE}['’]?s\s+)?{_RELATIVE}[,:]?\s+)"
                 rf"{_SURNAME}(?:\s+{_SURNAME})?"),
        ("name", rf"\b(?:{_CAPITAL}\.\s?)+{_SURNAME}"),
        ("name", rf"\b{_PLAIN}{_PUBLIC}{_CAPITALISED}(?:{_BETWEEN_NAMES}{_CAPITALISED})+\b"),
        # Three at most, and no others beside them: who writes all in capitals is not taken for a list of names.
        ("name", rf"(?<!{_CAPITAL}{_CAPITAL}\s)\b{_PLAIN}{_PUBLIC}{_WRITTEN_LARGE}(?:\s+{_WRITTEN_LARGE}){{1,2}}\b"
                 rf"(?!\s+{_CAPITAL}{_CAPITAL})"),
    )
)  # fmt: skip
"""(what stands in its place, what is taken out but for ``kept``), in the order in which they are tried."""


@dataclass(frozen=True)
class _Span:
    """What goes, (first character, one past the last) of the text as it was typed, and what stands in its place."""

    first: int
    last: int
    label: str


def masked(text: str, also: Sequence[str] = ()) -> str:
    """The text with everything that has such a shape in brackets instead: ``call [phone]``.

    What a reviewer wants out is put beside what the rules found in the whole text, never before it: 'PC' blanked first
    would hide from them whose name stands behind it.

    Args:
        text: as it was typed.
        also: further passages that a reviewer wants out, wherever they stand in the text.
    """
    text = readable(text)
    patterns = [passage_pattern(passage) for passage in also if passage.strip()]
    # Looked for from every character on, so that of two that overlap both go.
    blanked = [_Span(*one.span(1), "…") for pattern in patterns for one in re.finditer(f"(?=({pattern}))", text, re.I)]
    found = _found(text, _joined([*_found(text, []), *blanked]))
    return " ".join(_rendered(text, found)[0].split())


def readable(text: str) -> str:
    """As it may be shown on a terminal: a space for each mark that cannot be seen, which keeps every place.

    Whoever writes a comment could else hide a passage from whoever decides about it, or turn its words round. What
    joins or parts the letters of other scripts stays beside them.
    """
    return "".join(
        " "
        if unicodedata.category(letter) in {"Cc", "Cf"} and not (letter in _JOINERS and before > "\u02ff")
        else letter
        for before, letter in zip(f" {text}", text, strict=False)
    )


def passage_pattern(passage: str) -> str:
    """A passage as it may stand in the text: a comment is shown with its spaces put in order."""
    return r"\s+".join(map(re.escape, passage.split()))


def _found(text: str, spans: list[_Span]) -> list[_Span]:
    """What the rules find besides, until nothing more: what one takes out can uncover what another looks for."""
    while True:
        before = spans
        for label, pattern in RULES:
            shown, places = _rendered(text, spans)
            found = [
                _Span(places[one.end("kept") if "kept" in pattern.groupindex else one.start()][0],
                      places[one.end() - 1][1], label)
                for one in pattern.finditer(shown)
            ]  # fmt: skip
            if found:
                spans = _joined([*spans, *found])
        if spans == before:
            return spans


def _rendered(text: str, spans: Sequence[_Span]) -> tuple[str, list[tuple[int, int]]]:
    """The text without them, and for each of its characters where that stood."""
    pieces, places, at = list[str](), list[tuple[int, int]](), 0
    for span in spans:
        instead = f"[{span.label}]"
        pieces += text[at : span.first], instead
        places += [(place, place + 1) for place in range(at, span.first)]
        places += [(span.first, span.last)] * len(instead)
        at = span.last
    places += [(place, place + 1) for place in range(at, len(text))]
    return "".join((*pieces, text[at:])), places


def _joined(spans: Sequence[_Span]) -> list[_Span]:
    """In the order of the text, those that overlap as one, told as the widest of them."""
    joined = list[_Span]()
    widest = 0
    for span in sorted(spans, key=lambda one: (one.first, -one.last)):
        width = span.last - span.first
        if not joined or span.first >= joined[-1].last:
            joined.append(span)
            widest = width
            continue
        so_far = joined[-1]
        label = span.label if width > widest else so_far.label
        widest = max(width, widest)
        joined[-1] = _Span(so_far.first, max(so_far.last, span.last), label)
    return joined
