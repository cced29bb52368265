"""What a survey row may be, and which columns mean something on it: all else is refused here, never at a tablet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from forms.authoring.faults import Faults
from forms.authoring.sheets import Row, Sheet
from forms.authoring.wording import TRANSLATED
from forms.items import ASKED_KINDS, CHOICE_KINDS, KINDS

_SHOWN = ASKED_KINDS | {"note"}
_OPENS = frozenset({"begin_group", "begin group"})
_CLOSES = frozenset({"end_group", "end group"})

FITS: Mapping[str, frozenset[str]] = {
    "type": KINDS | {"group"},
    "name": KINDS | {"group"},
    "label": _SHOWN | {"group"},
    "hint": _SHOWN,
    "relevant": KINDS | {"group"},
    "constraint": ASKED_KINDS,
    "constraint_message": ASKED_KINDS,
    "required": ASKED_KINDS,
    "required_message": ASKED_KINDS,
    "choice_filter": CHOICE_KINDS,
    "parameters": CHOICE_KINDS | {"range"},
    "default": ASKED_KINDS,
    "calculation": frozenset({"calculate"}),
    "appearance": frozenset({"group"}),
    "core": ASKED_KINDS,
    "disclosure": ASKED_KINDS,
    "max_bytes": frozenset({"text"}),
    "unverified": _SHOWN | {"group"},
    "comment": KINDS | {"group"},
}
"""Column -> the kinds of row on which it means something."""

_TELLS = "It would record when or where somebody answered, or on what."
_MEDIA = "Questions are texts; no pictures, sounds or files."
_OUTSIDE = "It would need a file that a tablet does not have."
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("begin_repeat", "end_repeat", "begin", "end"), "Every question is asked once."),
    **dict.fromkeys(("start", "end", "today", "deviceid", "phonenumber", "username", "email", "audit"), _TELLS),
    **dict.fromkeys(("simserial", "subscriberid", "start-geopoint", "background-audio", "caseid"), _TELLS),
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "time", "datetime", "dateTime"), _TELLS),
    **dict.fromkeys(("image", "audio", "video", "file", "photo", "barcode", "osm", "draw"), _MEDIA),
    **dict.fromkeys(("select_one_from_file", "select_multiple_from_file", "select_one_external"), _OUTSIDE),
    **dict.fromkeys(("xml-external", "csv-external"), _OUTSIDE),
}
_INSTEAD: Mapping[str, str] = {
    "relevance": "relevant",
    "required message": "required_message",
    "constraint message": "constraint_message",
    "list name": "list_name",
    "value": "name",
    "caption": "label",
    "calculate": "calculation",
}


@dataclass(frozen=True)
class Kind:
    """``group`` and ``end`` are the structure; the others are kinds of item."""

    name: str
    list_name: str = ""
    or_other: bool = False


def kind_of(sheet: Sheet, row: Row, faults: Faults) -> Kind | None:
    """What this row is, or None with a fault."""
    written = row.cells.get("type", "")
    if written in _OPENS | _CLOSES:
        return Kind("group" if written in _OPENS else "end")
    word, *rest = written.split() or [""]
    if word in CHOICE_KINDS and (len(rest) == 1 or (len(rest) == 2 and rest[1] == "or_other")):
        return Kind(word, rest[0], len(rest) == 2)
    if word in KINDS - CHOICE_KINDS and not rest:
        return Kind(word)
    faults.add(sheet.name, row.number, "type", *_refusal(written, word))
    return None


def _refusal(written: str, word: str) -> tuple[str, str]:
    """What is wrong with a type, and what to do."""
    why = _REFUSED.get(word) or _REFUSED.get("_".join(written.split()))
    if not written:
        return "The row has no type.", "Give it one, for example 'select_one yesno' or 'text'."
    if word in CHOICE_KINDS:
        return f"'{written[:60]}' is not written as it should be.", f"Write '{word} LIST' or '{word} LIST or_other'."
    if why:
        return f"'{written[:60]}' cannot be asked. {why}", "Take the row out."
    known = [*sorted(KINDS), "begin_group", "end_group"]
    close = get_close_matches(word, known, 1)
    to_do = f"Did you mean '{close[0]}'?" if close else f"Use one of: {', '.join(known)}."
    return f"'{written[:60]}' is no kind of item.", to_do


def check_headings(sheet: Sheet, faults: Faults) -> None:
    """Refuse the columns of the survey sheet that nothing here would honour."""
    for heading in sheet.headings:
        base, translated, _ = heading.partition("::")
        base = base.strip().lower()
        if not heading or (base in FITS and (not translated or base in TRANSLATED)):
            continue
        close = _INSTEAD.get(base) or next(iter(get_close_matches(base, sorted(FITS), 1)), None)
        faults.add(
            sheet.name,
            sheet.row,
            heading,
            "This column is not known.",
            f"Did you mean '{close}'?"
            if close and close != base
            else "Take it out; notes to yourself go into 'comment'.",
        )
    for needed in ("type", "name"):
        if needed not in sheet.headings:
            faults.add(sheet.name, sheet.row, needed, f"The column '{needed}' is missing.", "Add it.")


def check_fit(sheet: Sheet, row: Row, kind: Kind, faults: Faults) -> None:
    """Every filled cell of a row must mean something there: what has no effect is a mistake that nobody sees."""
    allowed = {"type", "name", "comment", "label", "relevant"} if kind.name == "end" else None
    for heading in row.cells:
        base = heading.partition("::")[0].strip().lower()
        if base not in FITS or (kind.name in FITS[base] if allowed is None else base in allowed):
            continue
        what = "end_group" if kind.name == "end" else f"'{kind.name}'"
        faults.add(sheet.name, row.number, heading, f"{base} has no effect on {what}.", "Empty the cell.")
