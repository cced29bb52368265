"""What can be read aloud: one short file for each text, named after the very words that it speaks.

So a clip can never be out of date: where a text changes, its clip has another name and is not found. Two folders:
``recorded`` holds people's voices, ``computer`` a computer's (``survey.speaking`` makes them); a person's wins. All of
them are read once, when a program starts: the time of a file's last reading would tell when somebody listened, and in
which language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "clips"
COMPUTER, RECORDED = "computer", "recorded"
SUFFIX = ".mp3"
MOST_AT_ONCE = 80
"""Twice the longest page: a request that names more was not made by a page of ours."""


@dataclass(frozen=True)
class Clip:
    """One text, spoken: MPEG audio frames and nothing else, so that clips can be laid end to end."""

    sound: bytes
    by_computer: bool


Clips = Mapping[str, Clip]
"""``name_of`` a text -> the clip that speaks it."""


def name_of(text: str, tag: str) -> str:
    """The name of the clip that speaks this text in this language: the start of a SHA-256, 16 hex digits.

    ``tag``: what ``lang`` says in HTML; Easy Read is spoken in English. No longer than it must be: a phone loads names
    with its pages, and they cannot be compressed.
    """
    return hashlib.sha256(f"{tag}\n{text}".encode()).hexdigest()[:16]


@cache
def load(folder: Path = FOLDER) -> Clips:
    """Every clip below this folder, by its name."""
    return {
        path.stem: Clip(path.read_bytes(), by_computer=kind == COMPUTER)
        for kind in (COMPUTER, RECORDED)
        for path in sorted((folder / kind).glob(f"*/*{SUFFIX}"))
    }


def joined(clips: Clips, untrusted_names: Sequence[str]) -> bytes | None:
    """The sound of these clips one after another; None where one is not there."""
    if len(untrusted_names) > MOST_AT_ONCE or not all(name in clips for name in untrusted_names):
        return None
    return b"".join(clips[name].sound for name in untrusted_names)
