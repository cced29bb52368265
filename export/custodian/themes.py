"""Themes: free text told as counts. A code frame that people edit says which words count towards which theme.

Below some 300 comments a frame made by hand does better than topics found by a machine, and a machine's topics can hold
pieces of what somebody typed (measured); a count of ten or more holds nobody.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from export.custodian.recipe_shapes import RecipeRefused
from forms.strict_json import canonical

FRAME = Path(__file__).parent / "data" / "themes.toml"
NOT_CODED = "not-coded"
_CODE = re.compile(r"[a-z][a-z0-9-]{0,30}")
_WORDS = re.compile(r"[a-z0-9][a-z0-9' ]{1,60}\*?")


@dataclass(frozen=True)
class CodeFrame:
    """Theme -> its label, and theme -> the words that count towards it, in the order of the file."""

    labels: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def digest(self) -> str:
        """Lower-case hex SHA-256 of what it says."""
        return hashlib.sha256(canonical([dict(self.labels), dict(self.words)]).encode()).hexdigest()

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {code: re.compile("|".join(map(_pattern, words))) for code, words in self.words.items()}

    def themes(self, text: str) -> tuple[str, ...]:
        """The themes of a comment, in the order of the frame; ``not-coded`` where it has none."""
        plain = " ".join(text.casefold().replace("’", "'").split())
        found = tuple(code for code, pattern in self._patterns.items() if pattern.search(plain))
        return found or (NOT_CODED,)

    def in_two(self) -> tuple[str, str, str] | None:
        """A word of one theme that counts towards another too, with the codes of both; None where there is none."""
        for code, words in self.words.items():
            for other, pattern in self._patterns.items():
                for word in words:
                    if other != code and pattern.search(word.rstrip("*")):
                        return word, code, other
        return None


def _pattern(words: str) -> str:
    ending = r"\w*" if words.endswith("*") else ""
    return rf"\b{re.escape(words.rstrip('*'))}{ending}\b"


def read_frame(path: Path) -> CodeFrame:
    """The code frame of a TOML file.

    Raises:
        RecipeRefused: unreadable, or a theme without what it needs; names it.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise RecipeRefused(
            f"{path} cannot be read ({fault.strerror}). Look for its right name and place, then try again."
        ) from fault
    except ValueError as fault:
        raise RecipeRefused(f"{path} cannot be read: {fault}") from fault
    themes = said.get("theme")
    if said.keys() != {"theme"} or not isinstance(themes, list):
        raise RecipeRefused(f"{path}: write each theme under [[theme]], with code, label and words, and nothing else.")
    labels, words = dict[str, str](), dict[str, tuple[str, ...]]()
    for number, theme in enumerate(themes, 1):
        if not _is_theme(theme) or theme["code"] in labels:
            raise RecipeRefused(
                f"{path}: theme {number} needs a code of its own (small letters and dashes), a label, and words in"
                " small letters, of two characters or more, with an asterisk at most at the end."
            )
        labels[theme["code"]], words[theme["code"]] = theme["label"], tuple(theme["words"])
    frame = CodeFrame(labels, words)
    if found := frame.in_two():
        # Whoever has the words would know that one theme lies within another, and subtract.
        word, code, other = found
        raise RecipeRefused(
            f"{path}: '{word}' of the theme {code} counts towards {other} too. Leave it in one of them."
        )
    return frame


def _is_theme(theme: object) -> bool:
    if not isinstance(theme, dict) or theme.keys() != {"code", "label", "words"}:
        return False
    code, label, words = theme["code"], theme["label"], theme["words"]
    named = isinstance(code, str) and _CODE.fullmatch(code) and code != NOT_CODED
    listed = isinstance(words, list) and words and all(isinstance(one, str) and _WORDS.fullmatch(one) for one in words)
    return bool(named and listed and isinstance(label, str) and 0 < len(label) <= 100)


@dataclass
class Said:
    """Who of the people in a release wrote something: id of the response -> its themes."""

    themes: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
