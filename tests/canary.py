"""Answers with a marker in them, and the search for that marker in every spelling in which it might lie in a file."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote_plus

from at_the_tablet import one_of, page

from forms.instrument import Instrument, Item

TELLTALE = Instrument(
    id="telltale",
    version="1",
    title={"en": "Telltale"},
    default_language="en",
    languages=("en",),
    pages=(
        page(Item("words", "text", {"en": "In your words?"}, core=True)),
        page(one_of("mood", "calm", "upset", core=True)),
        page(one_of("more", "yes", "finish")),
        page(one_of("extra", "this", "that"), relevant="${more} = 'yes'"),
    ),
)


def spellings(marker: str) -> list[bytes]:
    """Every way in which this marker, or a choice beside it, might lie somewhere."""
    text = marker.encode()
    aligned = [base64.b64encode(b"x" * shift + text)[4:-4] for shift in range(3)]
    wide = [marker.encode("utf-16-le"), marker.encode("utf-16-be")]
    choices = [b'"mood":"upset"', b"mood=upset", b"'mood': 'upset'"]
    return [text, text[::-1], quote_plus(marker).encode(), text.hex().encode(), *aligned, *wide, *choices]


def found(marker: str, *places: Path) -> list[str]:
    """Which of these files, and files in these folders, hold which spelling of it."""
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    contents = [(path, path.read_bytes()) for path in files]
    said = spellings(marker)
    return [f"{path.name}: {each!r}" for path, content in contents for each in said if each in content]
