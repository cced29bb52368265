"""What is the same for everybody, made once and kept until what it is made from is another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from flask import request

from survey.notices import Notices
from survey.parts import Parts, Ready

Made = TypeVar("Made")

_Told = tuple[Ready, Notices | None, str]


class RenderedOnce(Generic[Made]):
    """Whatever was made of the keys and notices in force, by name. Nothing of a person's may be in it, or in a name."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kept: tuple[_Told, dict[str, Made]] | None = None

    def get(self, name: str, ready: Ready, make: Callable[[], Made]) -> Made:
        """What has this name; made now if it is new, or if other keys or notices have come since."""
        told = (ready, self._parts.notices(), request.script_root)
        kept = self._kept
        # Compared by what they are made from: both files are read once and then the same objects.
        if kept is None or kept[0][0].keys is not ready.keys or kept[0][1:] != told[1:]:
            kept = self._kept = (told, {})
        if name not in kept[1]:
            kept[1][name] = make()
        return kept[1][name]
