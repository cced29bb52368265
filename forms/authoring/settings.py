"""The settings sheet: which questionnaire this is, and in which language it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from forms.authoring.faults import Faults
from forms.authoring.sheets import Sheet
from forms.authoring.wording import TRANSLATED, language_code

_KNOWN = ("form_id", "version", "form_title", "default_language", "comment")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_OTHERWISE = "en"
TITLE = "form_title"


@dataclass(frozen=True)
class Settings:
    """What the sheet says; where it says nothing usable there is a fault, and a stand-in here."""

    form_id: str
    version: str
    title: str | None
    default_language: str


def read_settings(sheets: Mapping[str, Sheet], faults: Faults) -> Settings:
    """Read the one row of settings."""
    sheet = sheets.get("settings") or Sheet("settings")
    for heading in sheet.headings:
        if heading and heading not in _KNOWN:
            faults.add(sheet.name, sheet.row, heading, "This setting is not known.", f"Known are: {', '.join(_KNOWN)}.")
    for row in sheet.rows[1:]:
        faults.add(sheet.name, row.number, "", "There is a second row of settings.", "Keep one.")
    number, cells = (sheet.rows[0].number, sheet.rows[0].cells) if sheet.rows else (sheet.row, {})
    for needed in ("form_id", "version"):
        if not _IDENTIFIER.fullmatch(cells.get(needed, "")):
            faults.add(
                sheet.name,
                number,
                needed,
                f"'{cells.get(needed, '')[:40]}' cannot be the {needed} that every response names.",
                "Write up to 32 letters, digits, '_', '.' and '-'.",
            )
    return Settings(
        cells.get("form_id", ""),
        cells.get("version", ""),
        cells.get(TITLE),
        _default_language(sheet, number, cells.get("default_language"), _spoken(sheets), faults),
    )


def _spoken(sheets: Mapping[str, Sheet]) -> list[str]:
    headings = [heading for sheet in sheets.values() for heading in sheet.headings if "::" in heading]
    return [heading for heading in headings if heading.partition("::")[0].strip().lower() in TRANSLATED]


def _default_language(sheet: Sheet, row: int, written: str | None, spoken: list[str], faults: Faults) -> str:
    if written is None:
        if spoken:
            faults.add(
                sheet.name,
                row,
                "default_language",
                "The sheets hold several languages and nothing says which comes first.",
                f"Write, for example, '{spoken[0].partition('::')[2].strip()}'.",
            )
        return _OTHERWISE
    language = language_code(written)
    if language is None:
        faults.add(
            sheet.name,
            row,
            "default_language",
            f"'{written[:30]}' has no language code.",
            "Write it like 'English (en)'.",
        )
    return language or _OTHERWISE
