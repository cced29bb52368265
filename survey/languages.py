"""How a language is named, which way it runs, and how a text in another language than its page's says so.

A text that nobody has translated is shown in the default language, alone: a screen reader then changes its voice for
it, and in a page from right to left it keeps its own direction.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import SupportsIndex

from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape

from forms.instrument import Instrument
from survey.easy_read import a_sentence_a_line

EASY_READ = "en-easy"
"""Easy Read English: the same items in shorter words, so that the answers compare."""

OF_OURS = {
    EASY_READ: ("Easy Read", "ltr"), "ar": ("العربية", "rtl"), "bn": ("বাংলা", "ltr"), "cy": ("Cymraeg", "ltr"),
    "en": ("English", "ltr"), "es": ("español", "ltr"), "fr": ("français", "ltr"), "gu": ("ગુજરાતી", "ltr"),
    "it": ("italiano", "ltr"), "pa": ("ਪੰਜਾਬੀ", "ltr"), "pl": ("polski", "ltr"), "pt": ("português", "ltr"),
    "ro": ("română", "ltr"), "so": ("Soomaali", "ltr"), "ta": ("தமிழ்", "ltr"), "tr": ("Türkçe", "ltr"),
    "ur": ("اردو", "rtl"),
}  # fmt: skip
"""Code -> name in itself and direction, as the Unicode Consortium's locale data (CLDR) have them. Babel knows them too,
but loads a megabyte for each language that it is asked about, and a tablet would keep all of it (measured)."""

# On a line from right to left, browsers put the groups of '0800 1111' or of a date in the opposite order (UAX 9, N1).
_GROUPS = re.compile(r"\d+(?:[ /.–-]\d+)+")
_ISOLATE, _POP = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


class Foreign(str):
    """A text in another language than the page around it; in a page it stands in an element that says so."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str) -> Foreign:
        """``language``: the code that the text is in."""
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __html__(self) -> Markup:
        """The text, escaped, in an element with its language and direction."""
        return Markup('<span lang="{}" dir="{}">{}</span>').format(
            tag(self.language), direction(self.language), escape(str(self))
        )

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> Foreign:
        """As of any text; what comes out is in the same language."""
        return Foreign(super().replace(old, new, count), self.language)


def tag(code: str) -> str:
    """What ``lang`` says in HTML (BCP 47): Easy Read is English."""
    return "en" if code == EASY_READ else code


def direction(code: str) -> str:
    """``ltr`` or ``rtl``."""
    return _told(code)[1]


def own_name(code: str) -> str:
    """The language's name in itself, as its readers look for it."""
    return _told(code)[0]


def in_order(text: str, language: str) -> str:
    """A text of this language in which telephone numbers and dates keep the order of their groups."""
    if direction(language) == "ltr" or isinstance(text, Foreign):
        return text
    return _GROUPS.sub(lambda groups: f"{_ISOLATE}{groups[0]}{_POP}", text)


@dataclass(frozen=True)
class Language:
    """One language to choose: its code, what ``lang`` and ``dir`` say, and its name in itself."""

    code: str
    tag: str
    direction: str
    name: str


def offered(instrument: Instrument, known: Collection[str]) -> tuple[Language, ...]:
    """The languages that this questionnaire can be read in and that have words (``known``) around it."""
    return tuple(
        Language(code, tag(code), direction(code), own_name(code)) for code in instrument.languages if code in known
    )


def in_language(texts: Mapping[str, str], language: str, default: str) -> str:
    """A questionnaire's text in this language; where it has none, or the same, the default language's, marked."""
    whole = texts.get(default, "")
    own = texts.get(language) or whole
    if own and own == whole and tag(language) != tag(default):
        return Foreign(whole, default)
    return a_sentence_a_line(own) if language == EASY_READ else in_order(own, language)


def drafts(instrument: Instrument, drafted: Collection[str]) -> tuple[str, ...]:
    """The languages, but for the default one, in which some wording was checked by nobody yet.

    ``drafted``: those in which that is so of the words around the questions.
    """
    unchecked = frozenset(drafted).union(*(item.unverified for item in instrument.items()))
    return tuple(code for code in instrument.languages if code in unchecked and code != instrument.default_language)


@cache
def _told(code: str) -> tuple[str, str]:
    """Name in itself and direction; of a language that nobody knows, its code."""
    if code in OF_OURS:
        return OF_OURS[code]
    try:
        locale = Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):
        return code, "ltr"
    return locale.get_display_name() or code, locale.text_direction
