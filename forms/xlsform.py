"""A spreadsheet becomes an instrument, or a list of everything that is wrong with it. Needs pyxform: never on a tablet.

pyxform, the reference for XLSForm, stops at its first fault and lets unknown functions, cycles and missing translations
pass (measured), so the rows are read and judged in ``forms.authoring``, and pyxform has the last word on what is left.
It builds its survey but does not write the XForm: that takes longer than all the rest together (1.5 s for 7,000 rows),
and the one thing it adds, finding the items that expressions name, has been done by then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyxform.builder import create_survey_element_from_dict
from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData

from forms.authoring.choices import read_choices
from forms.authoring.counting import check_core, check_core_is_marked
from forms.authoring.faults import Fault, Faults
from forms.authoring.items import Reader
from forms.authoring.kinds import check_headings
from forms.authoring.messages import Message, messages
from forms.authoring.offers import check_offers
from forms.authoring.pages import Layout, Pages
from forms.authoring.reach import check_reach
from forms.authoring.references import check_references
from forms.authoring.settings import TITLE, Settings, read_settings
from forms.authoring.sheets import Row, Sheet, read_sheets
from forms.authoring.wording import Overlay, Wording, text_columns
from forms.instrument import Instrument, InstrumentError
from forms.items import Item
from forms.response import CONTENT_BYTES, largest_answer_bytes

__all__ = ["VICTIM_VOICE", "Checked", "Fault", "Message", "load", "messages_of", "shipped_translations"]

VICTIM_VOICE = Path(__file__).parent / "questionnaires" / "victim-voice.md"
"""The questionnaire that ships."""

_READ = ("survey", "choices", "settings")
_OURS = frozenset({"core", "disclosure", "max_bytes", "unverified", "comment", "exclusive"})
_PLACE = re.compile(
    r"\[row : (?P<row>[0-9]+)\]\s*(?:On the '(?P<sheet>[a-z]+)' sheet, (?:the '(?P<column>\w+)' value is invalid\. )?)?"
)


@dataclass(frozen=True)
class Checked:
    """What a check came to: no instrument where there is any fault that is more than a warning."""

    instrument: Instrument | None
    faults: tuple[Fault, ...]


def shipped_translations() -> tuple[Path, ...]:
    """The .po files of the questionnaire that ships, one a language."""
    return tuple(sorted((Path(__file__).parent / "translations").glob("*.po")))


def messages_of(path: Path) -> tuple[Message, ...]:
    """What a translator has to translate in a questionnaire; nothing where it cannot be read (``load`` says why)."""
    sheets = read_sheets(path, Faults())
    return tuple(messages(sheets)) if "survey" in sheets else ()


def load(path: Path, translations: Sequence[Path] = ()) -> Checked:
    """Read and judge a questionnaire and the .po files laid over it.

    Whatever the file holds, the answer is a list of faults and never an exception.
    """
    faults = Faults()
    sheets = read_sheets(path, faults)
    instrument = _built(sheets, translations, faults) if "survey" in sheets else None
    if sheets and "survey" not in sheets:
        faults.add("survey", 0, "", "There is no survey sheet.", "Add one; it holds the questions.")
    if instrument is not None and not faults.serious():
        _let_pyxform_judge(sheets, faults)
    order = {name: place for place, name in enumerate([path.name, *sheets])}
    found = sorted(faults, key=lambda fault: (order.get(fault.sheet, len(order)), fault.row))
    return Checked(None if faults.serious() else instrument, tuple(found))


def _built(sheets: Mapping[str, Sheet], translations: Sequence[Path], faults: Faults) -> Instrument | None:
    for sheet in sheets.values():
        if sheet.name not in _READ:
            faults.warn(sheet.name, sheet.row, "", "This sheet is not read.", f"Only {', '.join(_READ)} are.")
    survey, settings = sheets["survey"], read_settings(sheets, faults)
    wording = Wording(settings.default_language, [Overlay(each, faults) for each in translations], faults)
    columns = {
        name: text_columns(sheets.get(name, Sheet(name)), wording.default, faults) for name in ("survey", "choices")
    }
    for each in columns.values():
        wording.expect(each)
    check_headings(survey, faults)
    choices = read_choices(sheets.get("choices"), columns["choices"], wording, faults)
    layout = Pages(Reader(survey, columns["survey"], wording, choices, faults)).laid_out()
    findings = check_references(layout, faults)
    check_reach(layout, findings, faults)
    check_offers(layout, findings, faults)
    check_core(layout, faults)
    title = {wording.default: settings.form_id}
    if settings.title is not None:
        title = wording.made("settings", sheets["settings"].rows[0].number, TITLE, TITLE, settings.title)
    wording.note_unused()
    if not faults.serious():
        check_core_is_marked(layout, faults)
    if faults.serious():
        return None
    return _judged(settings, title, wording, layout, findings.calculations, faults)


def _judged(
    settings: Settings,
    title: Mapping[str, str],
    wording: Wording,
    layout: Layout,
    calculations: list[Item],
    faults: Faults,
) -> Instrument | None:
    instrument = Instrument(
        id=settings.form_id,
        version=settings.version,
        title=title,
        default_language=wording.default,
        languages=wording.languages(),
        pages=tuple(layout.pages),
        calculations=tuple(calculations),
    )
    largest = largest_answer_bytes(instrument)
    if largest > CONTENT_BYTES:
        faults.add(
            "survey",
            0,
            "",
            f"One person's answers could come to {largest:,} bytes; a sealed row holds {CONTENT_BYTES:,}.",
            "Ask fewer or shorter texts (max_bytes), shorten names and codes, or split the questionnaire.",
        )
        return None
    try:
        # What cannot be read back would be refused by every tablet, after it was signed.
        Instrument.from_json(_each_list_once(instrument).to_json())
    except InstrumentError as fault:
        faults.add("survey", 0, "", f"No tablet could use this: {fault}", "Change what it names.")
        return None
    return instrument


def _each_list_once(instrument: Instrument) -> Instrument:
    """The same with a list written out where it first stands: two hundred items with one long list need one reading."""
    met: set[int] = set()

    def shortened(item: Item) -> Item:
        if id(item.options) in met and item.default is None:
            return replace(item, options=item.options[:1])
        met.add(id(item.options))
        return item

    pages = (replace(page, items=tuple(shortened(item) for item in page.items)) for page in instrument.pages)
    return replace(instrument, pages=tuple(pages))


def _let_pyxform_judge(sheets: Mapping[str, Sheet], faults: Faults) -> None:
    try:
        survey = create_survey_element_from_dict(
            workbook_to_json(_definition(sheets), form_name="data", fallback_form_name="data", warnings=[])
        )
        survey.validate()
    except PyXFormError as fault:
        place = _PLACE.match(str(fault))
        faults.add(
            (place and place["sheet"]) or "survey",
            int(place["row"]) if place else 0,
            (place and place["column"]) or "",
            f"pyxform says: {_PLACE.sub('', str(fault)).strip()}",
            "See xlsform.org.",
        )


def _definition(sheets: Mapping[str, Sheet]) -> DefinitionData:
    """Our rows for pyxform, padded so that the row it names is the file's: it calls a sheet's first row number 2."""
    padded: dict[str, list[dict[str, str]]] = {}
    for name in _READ:
        rows = {
            row.number: {key: cell for key, cell in row.cells.items() if key not in _OURS}
            for row in _rows(sheets, name)
        }
        padded[name] = [rows.get(number, {}) for number in range(2, max(rows, default=1) + 1)]
    headings = {name: [dict.fromkeys(sheets[name].headings)] if name in sheets else [] for name in _READ}
    return DefinitionData(
        survey=padded["survey"],
        survey_header=headings["survey"],
        choices=padded["choices"],
        choices_header=headings["choices"],
        settings=[row for row in padded["settings"] if row],
        settings_header=headings["settings"],
        sheet_names=list(sheets),
    )


def _rows(sheets: Mapping[str, Sheet], name: str) -> Sequence[Row]:
    return sheets[name].rows if name in sheets else ()
