"""Texts in every language: the label::Language (xx) columns of a sheet, and .po files laid over them.

An entry of a .po file belongs to an item, a group, ``list/option`` or ``form_title`` (its msgctxt) and translates the
text that stands there in the default language (its msgid). Where that text has changed since, the translation is of
another question: it is left out, with a warning, and the default language is shown. A translator's comment says how far
an entry is: ``state: draft`` (a computer's, checked by nobody), ``state: reviewed``, or ``state: same`` (as in the
default language on purpose, such as a name). One that says nothing counts as a draft.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polib

from forms.authoring.faults import Faults
from forms.authoring.lines import CELL_CHARACTERS, FILE_BYTES
from forms.authoring.sheets import Row, Sheet

TRANSLATED = ("label", "hint", "constraint_message", "required_message")
TextColumns = Mapping[str, Mapping[str, str]]
"""Base column -> language -> the heading as it stands in the file."""

_NAMED_LANGUAGE = re.compile(r"[^()]*\((?P<code>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)")
_BARE_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def language_code(written: str) -> str | None:
    """``en`` of ``English (en)`` or ``en``; None where there is none."""
    named = _NAMED_LANGUAGE.fullmatch(written.strip())
    if named:
        return named["code"]
    return written.strip() if _BARE_LANGUAGE.fullmatch(written.strip()) else None


def text_columns(sheet: Sheet, default: str, faults: Faults) -> TextColumns:
    """Which heading holds which text in which language."""
    columns: dict[str, dict[str, str]] = {base: {} for base in TRANSLATED}
    for heading in sheet.headings:
        base, _, written = (part.strip() for part in heading.partition("::"))
        if base.lower() not in columns:
            continue
        language = language_code(written) if written else default
        if language is None:
            faults.add(
                sheet.name,
                sheet.row,
                heading,
                f"'{written}' has no language code.",
                f"Write it like '{base}::Polski (pl)'.",
            )
        elif language in columns[base.lower()]:
            faults.add(
                sheet.name, sheet.row, heading, f"Two columns hold {base} in the language '{language}'.", "Keep one."
            )
        else:
            columns[base.lower()][language] = heading
    return columns


_STATE = re.compile(r"^\s*state\s*:\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_CHECKED = frozenset({"reviewed", "same"})


@dataclass
class _Entry:
    line: int
    text: str
    draft: bool
    used: bool = False


def state_of(entry: polib.POEntry) -> str:
    """``draft``, ``reviewed``, ``same`` or what else the translator's comment says, in small letters."""
    return ", ".join(dict.fromkeys(_STATE.findall(entry.tcomment.lower()))) or "draft"


class Overlay:
    """The .po file of one language."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self.file = path.name
        self.entries: dict[tuple[str, str], _Entry] = {}
        self.drafted: set[str] = set()
        language = path.stem
        try:
            if path.stat().st_size > FILE_BYTES:
                raise ValueError(f"it is larger than {FILE_BYTES:,} bytes")  # noqa: TRY301 - one answer to all that is wrong
            catalogue = polib.pofile(path.read_text(encoding="utf-8"))
            language = catalogue.metadata.get("Language", "").replace("_", "-") or path.stem
            self._take(catalogue, faults)
        except OSError as fault:
            said = f"The translations cannot be read ({fault.strerror})."
            faults.add(self.file, 0, "", said, "Check its name and place.")
        except (ValueError, IndexError) as fault:
            faults.add(
                self.file, 0, "", f"The translations cannot be read: {fault}.", "Save the file again as UTF-8 .po."
            )
        self.language = language_code(language) or ""
        if not self.language:
            faults.add(
                self.file, 0, "", f"'{language}' is no language code.", "Set its header 'Language', for example to pl."
            )

    def _take(self, catalogue: polib.POFile, faults: Faults) -> None:
        for entry in catalogue:
            if entry.obsolete or not entry.msgstr:
                continue
            if entry.fuzzy:
                faults.warn(
                    self.file,
                    entry.linenum,
                    entry.msgctxt or "",
                    "This translation is marked fuzzy and left out.",
                    "Check it.",
                )
            elif entry.msgctxt is None:
                faults.warn(
                    self.file, entry.linenum, "", "This entry has no msgctxt.", "Name its item, or its list/option."
                )
            elif len(entry.msgstr) > CELL_CHARACTERS:
                faults.add(self.file, entry.linenum, entry.msgctxt, "The translation is too long.", "Shorten it.")
            else:
                draft = state_of(entry) not in _CHECKED
                self.entries[entry.msgctxt, entry.msgid] = _Entry(entry.linenum, entry.msgstr, draft)

    def translation(self, context: str, text: str) -> str | None:
        """The translation of this very text at this very place, if there is one."""
        entry = self.entries.get((context, text))
        if entry is None:
            return None
        entry.used = True
        if entry.draft:
            self.drafted.add(context)
        return entry.text


class Wording:
    """Collects the texts of one questionnaire and notes the translations that are missing."""

    def __init__(self, default: str, overlays: Sequence[Overlay], faults: Faults) -> None:
        self.default = default
        self._overlays = overlays
        self._faults = faults
        self._languages = dict.fromkeys([default])

    def languages(self) -> tuple[str, ...]:
        """Every language met so far, the default one first."""
        return tuple(
            dict.fromkeys([*self._languages, *(overlay.language for overlay in self._overlays if overlay.language)])
        )

    def drafts(self, contexts: Collection[str]) -> frozenset[str]:
        """The languages in which anything at these places is a draft."""
        return frozenset(each.language for each in self._overlays if not each.drafted.isdisjoint(contexts))

    def expect(self, columns: TextColumns) -> None:
        """The languages of these columns belong to the questionnaire."""
        self._languages |= dict.fromkeys(language for headings in columns.values() for language in headings)

    def texts(self, sheet: str, row: Row, columns: TextColumns, base: str, context: str) -> dict[str, str]:
        """The text of one cell in every language that has it; empty where the row has none at all."""
        headings = columns[base]
        texts = {language: row.cells[heading] for language, heading in headings.items() if heading in row.cells}
        for language, text in texts.items():
            if "${" in text:
                self._faults.add(
                    sheet, row.number, headings[language], "A text cannot show an answer.", "Write it without ${...}."
                )
        source = texts.get(self.default)
        if source is None:
            if texts:
                heading = headings.get(self.default, base)
                self._faults.add(
                    sheet,
                    row.number,
                    heading,
                    "The text in the default language is missing.",
                    f"Write it in '{heading}'.",
                )
            return texts
        texts = self._overlaid(texts, context, source)
        self._note_missing(sheet, row, headings, base, context, texts)
        return texts

    def made(self, sheet: str, row: int, column: str, context: str, text: str) -> dict[str, str]:
        """A text that no label column holds: in the default language as given here, in others from .po files."""
        texts = self._overlaid({self.default: text}, context, text)
        for language in self.languages():
            if language not in texts:
                self._faults.warn(
                    sheet,
                    row,
                    column,
                    f"No translation of '{text[:40]}' into '{language}'.",
                    f"Give it in a .po file as msgctxt '{context}'.",
                )
        return texts

    def _overlaid(self, texts: dict[str, str], context: str, source: str) -> dict[str, str]:
        for overlay in self._overlays:
            translation = overlay.translation(context, source)
            if translation is not None:
                texts[overlay.language] = translation
        return texts

    def _note_missing(
        self, sheet: str, row: Row, headings: Mapping[str, str], base: str, context: str, texts: Mapping[str, str]
    ) -> None:
        for language, heading in headings.items():
            if language not in texts:
                self._faults.warn(
                    sheet,
                    row.number,
                    heading,
                    f"No translation into '{language}'.",
                    f"Until there is one, people see it in '{self.default}'.",
                )
        for overlay in self._overlays:
            if overlay.language not in texts and overlay.language not in headings:
                self._faults.warn(
                    overlay.file,
                    0,
                    context,
                    f"No translation of the {base} as it stands now.",
                    f"Until there is one, people see it in '{self.default}'.",
                )

    def note_unused(self) -> None:
        """Warn of translations that belong to nothing, or to wording that has changed."""
        for overlay in self._overlays:
            for (context, text), entry in overlay.entries.items():
                if not entry.used:
                    self._faults.warn(
                        overlay.file,
                        entry.line,
                        context,
                        f"Nothing in the questionnaire says '{text[:40]}' there.",
                        "Translate the present wording, or take the entry out.",
                    )
