"""``codebook.json``: what every column and cell means, how it was protected, since which questionnaire it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from export.custodian.describing import Described, Earlier, History, described
from export.custodian.formats import in_round_numbers, safe_cell
from export.custodian.leaving import MADE_UP, Leaving
from export.custodian.numbering import Numbered, numbers_of
from export.custodian.ordering import order_of
from export.custodian.table import FIRST_VALUE, MISSING, NOT_ASKED, SKIPPED, SUPPRESSED
from forms.instrument import Instrument
from forms.strict_json import canonical
from survey.durable import write_whole

MISSING_LABELS = {
    MISSING[NOT_ASKED]: "Not asked, or not reached",
    MISSING[SKIPPED]: "Asked, not answered; where the column is calculated, nothing came of it",
    MISSING[SUPPRESSED]: "Held back so that nobody can be found",
}


def write_codebook(folder: Path, leaving: Leaving) -> None:
    """The codebook, beside the records."""
    materials, table = leaving.materials, leaving.protected.table
    book: dict[str, Any] = {
        "release": leaving.name,
        "recipe": materials.recipe.digest,
        "made_up": MADE_UP if materials.made_up else None,
        "records": table.frame.height,
        # With the records it would tell exactly how many were kept, and so what counts.csv has in round numbers.
        "left_out": in_round_numbers(leaving.protected.left_out, materials.recipe.tables),
        "thresholds": asdict(materials.recipe.thresholds),
        "closes": leaving.closes,
        "missing": MISSING_LABELS,
        "questionnaires": [_questionnaire(one.instrument) for one in materials.known.instruments.values()],
        "columns": [
            _column(one, numbers, leaving) for one, numbers in zip(described(leaving), numbers_of(leaving), strict=True)
        ],
    }
    write_whole(folder / "codebook.json", (canonical(book) + "\n").encode())


def _questionnaire(instrument: Instrument) -> dict[str, Any]:
    return {
        **_version(instrument),
        "digest": instrument.digest(),
        "title": dict(instrument.title),
        "languages": list(instrument.languages),
    }


def _version(instrument: Instrument) -> dict[str, str]:
    return {"id": instrument.id, "version": instrument.version}


def _column(one: Described, numbers: Numbered, leaving: Leaving) -> dict[str, Any]:
    protected, table = leaving.protected, leaving.protected.table
    keys = {column for variable in table.variables if variable.key for column in variable.columns}
    order = order_of(one.column, one.kind, leaving)
    number_of = dict(zip(table.values[one.column], numbers.numbers[FIRST_VALUE:], strict=True))
    return {
        "column": one.column,
        **_about(one),
        "codes": [
            {"code": safe_cell(value), "label": dict(label), "number": number_of[value], **_offered(one, value)}
            for value, label in one.codes
        ],
        "order": None if order is None else list(order.steps),
        "spss_and_stata": {"name": numbers.name, "missing_in_spss": dict(zip(MISSING, numbers.missing, strict=True))},
        "treatment": "key" if one.column in keys else "kept as answered",
        "told_as": leaving.levels.get(one.column),
        "answered": int((table.frame[one.column] >= FIRST_VALUE).sum()),
        "suppressed": protected.suppressed.get(one.column, 0),
        "alike": protected.alike.get(one.column),
        "off_base": sorted(leaving.materials.recipe.tables.outside(one.column) & set(table.values[one.column])),
    }


def _about(one: Described) -> Mapping[str, Any]:
    about: dict[str, Any] = {"question": dict(one.question), "kind": one.kind}
    if one.item is None or one.history is None:
        return about
    history = one.history
    return about | {
        "item": one.item.name,
        "earlier_words": _worded(one.earlier),
        "option": None if one.option is None else dict(one.option),
        "earlier_option_words": _worded(one.option_earlier),
        "disclosure": one.item.disclosure,
        "unverified_wording": sorted(one.item.unverified),
        "questionnaires": list(history.questionnaires),
        **_since_until(history),
        "same_as": list(history.same_as),
    }


def _offered(one: Described, value: str) -> Mapping[str, Any]:
    if value not in one.offered:
        return {}
    return {**_since_until(one.offered[value]), "earlier_words": _worded(one.answers_earlier[value])}


def _worded(earlier: Iterable[Earlier]) -> list[Mapping[str, Any]]:
    return [{"words": dict(one.words), **_since_until(one.history)} for one in earlier]


def _since_until(history: History) -> Mapping[str, Any]:
    until = None if history.until is None else _version(history.until)
    return {"since": _version(history.since), "until": until}
