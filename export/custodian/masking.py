"""What the rules take out of free text before anybody reads it: whatever has the shape of something that finds people.

No rule is good enough to publish by: about half the names typed in small letters get through (measured), and 'the only
imam on this road' has no name at all. So the rules come first, and two people decide after them (``quotations``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER_WORD = r"(?:no\.?|number|nr\.?|ref(?:erence)?\.?|urn|cad|cris|crime|case|log|incident)"
_RANK = (
    r"(?:p\.?c\.?s?o?|w\.?p\.?c|d\.?c|d\.?s|d\.?i|d\.?c\.?i|p\.?s|sgt|sergeant|sarge|insp(?:ector)?|chief inspector|"
    r"superintendent|supt|constable|detective(?: (?:constable|sergeant|inspector))?|officer|off\.)"
)
# Words that come after a rank or a title without being a name.
_PLAIN = (
    r"(?!(?:and|who|was|were|is|are|that|which|came|said|told|had|has|did|didn.?t|never|then|on|at|in|from|for|to|of|"
    r"with|but|or|also|just|took|called|rang|went|would|could|should|will|dealing|dealt|assigned|i|he|she|they|we|"
    r"it|the|a|an|my|me|about|because|so|as|when|if|not|no|very|really|turned|asked|kept|gave|got|helped|who.?s)\b)"
)
_NAME = rf"{_PLAIN}[A-Za-z][\w'’-]+"

RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("e-mail", r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+"),
        ("web address", r"\b(?:https?://|www\.)\S+|(?<!\w)@[A-Za-z_]\w{2,}"),
        ("national insurance number", r"\b[A-CEGHJ-PR-TW-Z]{2}\s?(?:\d{2}\s?){3}[A-D]\b"),
        ("postcode", r"\b(?:GIR\s?0AA|[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2})\b"),
        ("vehicle", r"\b(?:[A-Z]{2}\d{2}\s?[A-Z]{3}|[A-Z]\d{1,3}\s?[A-Z]{3}|[A-Z]{3}\s?\d{1,3}[A-Z])\b"),
        ("reference", rf"\b{_NUMBER_WORD}\s*(?:{_NUMBER_WORD}\s*)?(?:is|was|[:#])?\s*[A-Z]{{0,4}}[-/]?\d[\w/-]*"),
        ("reference", r"\b[A-Z]{0,4}\d{3,}\s?/\s?\d{2,4}\b|\b[A-Z]{1,4}-?\d{5,}\b"),
        ("phone", r"(?<!\w)(?:\+\s?44|0)(?:[\s().-]*\d){8,10}(?!\d)"),
        ("number", r"\b\d(?:[\s-]?\d){5,}\b"),
        ("address", r"\b(?:flat|apt|unit)\s+\d+\w?\b|\b\d+\w?\s+(?:[A-Z][\w'’-]+\s+){1,3}(?:street|st|road|rd|avenue"
                    r"|ave|lane|close|drive|way|court|gardens|terrace|place|square|grove|crescent|hill|park|mews|row)\b"),
        ("officer", rf"\b{_RANK}\s+\d{{2,6}}\w{{0,3}}\b|\b\d{{2,6}}\s?[A-Z]{{2}}\b"),
        ("officer", rf"\b{_RANK}\s+{_NAME}(?:\s+(?-i:[A-Z])[\w'’-]+)?"),
        ("name", rf"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|rev|father|imam|rabbi|sir|lady|cllr)\.?\s+{_NAME}"
                 rf"(?:\s+(?-i:[A-Z])[\w'’-]+)?"),
        ("name", rf"\b(?:my name(?:.?s| is)|i am called|i.?m called|name(?:d)? (?:is )?|called)\s+{_NAME}"
                 rf"(?:\s+(?-i:[A-Z])[\w'’-]+)?"),
        ("name", r"(?-i:(?<![.!?]\s)(?<!^)\b[A-Z][a-z'’-]+\s+[A-Z][a-z'’-]{2,}\b)"),
    )
)  # fmt: skip
"""(what stands in its place, what is taken out), in the order in which they are tried."""


def masked(text: str, also: Sequence[str] = ()) -> str:
    """The text with everything that has such a shape in brackets instead: ``call [phone]``.

    Args:
        text: as it was typed.
        also: further passages that a reviewer wants out, as they stand in the text.
    """
    for passage in sorted((one for one in also if one.strip()), key=len, reverse=True):
        text = re.sub(re.escape(passage), "[…]", text, flags=re.IGNORECASE)
    for label, pattern in RULES:
        text = pattern.sub(f"[{label}]", text)
    return " ".join(text.split())
