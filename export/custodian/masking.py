"""What the rules take out of free text before anybody reads it: whatever has the shape of something that finds people.

A help to the two people who decide after them (``quotations``), never the safeguard: about half the names typed in
small letters get through (measured), and 'the only imam on this road' has no name at all. So no rule here may be a
reason to read less carefully.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def masked(text: str, also: Sequence[str] = ()) -> str:
    """The text with everything that has such a shape in brackets instead: ``call [phone]``.

    Args:
        text: as it was typed.
        also: further passages that a reviewer wants out, as they stand in the text.
    """
    for passage in sorted((one for one in also if one.strip()), key=len, reverse=True):
        text = re.sub(re.escape(passage), "[…]", text, flags=re.IGNORECASE)
    while (fewer := _masked_once(text)) != text:
        text = fewer
    return " ".join(text.split())


def _masked_once(text: str) -> str:
    """Not always all of it: what a later rule takes out can uncover what an earlier one looks for."""
    for label, pattern in RULES:
        kept = r"\g<kept>" if "kept" in pattern.groupindex else ""
        text = pattern.sub(f"{kept}[{label}]", text)
    return text
