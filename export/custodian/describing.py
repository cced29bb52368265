"""What every column of a release means, in words: told once, for the codebook and for the labels in the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from babel import Locale

from export.custodian.generalising import in_words
from export.custodian.known import Known
from export.custodian.leaving import Leaving
from export.custodian.records import BY_DEFINITION, ItemColumns
from export.custodian.table import ALIKE, RECIPE, RELEASE, Table
from forms.instrument import Instrument, Item
from forms.items import Texts
from survey.languages import EASY_READ

_QUESTIONS = {
    "place": "Place",
    "mode": "How it was answered",
    "month": "Month",
    "language": "Language of the pages",
    "status": "How far the respondent came",
    "quick": "Answered very quickly, or begun straight after another person",
    "came_back": "The same person has answered more than once",
    RELEASE: "The release that this record is in",
    RECIPE: "SHA-256 of the recipe by which this release was made",
    ALIKE: "Everybody in this record's group gave the same answer to at least one sensitive question",
}


@dataclass(frozen=True)
class History:
    """In which questionnaires an item is asked.

    Attributes:
        since, until: the first and the last that ask it; until is None while the newest of its kind does.
        same_as: items of other versions that ask the same in the same words under another name.
        questionnaires: digests of all that ask it, newest first.
    """

    since: Instrument
    until: Instrument | None
    same_as: tuple[str, ...]
    questionnaires: tuple[str, ...]


@dataclass(frozen=True)
class Described:
    """One column in words. Texts are by language.

    Attributes:
        column: its name.
        kind: of the item; ``about the interview`` or ``about the release`` where it is none.
        question: as asked.
        option: the option that the column is about, where several could be chosen.
        codes: every code that a cell can hold, missing codes apart, with its label.
        item, history: where it is an item's column.
        told_as: how coarsely it is told, where not as it was answered.
    """

    column: str
    kind: str
    question: Texts
    option: Texts | None
    codes: tuple[tuple[str, Texts], ...]
    item: Item | None = None
    history: History | None = None
    told_as: str = ""

    @property
    def title(self) -> str:
        """Question and option in English, and how coarsely the answers are told."""
        asked = " - ".join(english(texts) for texts in (self.question, self.option) if texts)
        return f"{asked} (told as: {self.told_as})" if self.told_as else asked


def english(texts: Texts) -> str:
    """The English text, or the first there is."""
    return texts.get("en") or next(iter(texts.values()), "")


def described(leaving: Leaving) -> tuple[Described, ...]:
    """Every column of the records, in order."""
    table, known = leaving.protected.table, leaving.materials.known
    of_items = {
        column: (one, place) for one in leaving.columns.items for place, column in enumerate(one.variable.columns)
    }
    found = []
    for column in table.columns:
        values = table.values[column]
        if column in of_items:
            found.append(_of_item(column, *of_items[column], values, table, known))
        else:
            kind = "about the interview" if column in BY_DEFINITION else "about the release"
            codes = tuple((value, _label(table, column, value, {})) for value in values)
            found.append(Described(column, kind, {"en": _QUESTIONS[column]}, None, codes))
    return tuple(replace(one, told_as=_coarser(leaving, one.column)) for one in found)


def _coarser(leaving: Leaving, column: str) -> str:
    """The level of a key, where it is not told as answered."""
    level = leaving.levels.get(column, "")
    told = (one.level(level).told_as for one in leaving.hierarchies if one.variable == column)
    return level if any(told) else ""


def _of_item(column: str, one: ItemColumns, place: int, values: Sequence[str], table: Table, known: Known) -> Described:
    item = one.item
    options, option = {each.code: each.labels for each in item.options}, None
    if item.kind == "select_multiple" and one.codes is not None:
        # An option that only an older version had has no words here but its code.
        options, option = {}, options.get(one.codes[place], {"en": one.codes[place]})
    codes = tuple((value, _label(table, column, value, options)) for value in values)
    return Described(column, item.kind, item.labels, option, codes, item, _history(item, known))


def _label(table: Table, column: str, value: str, options: Mapping[str, Texts]) -> Texts:
    """By language where the questionnaire has it, else in English."""
    return options.get(value) or {"en": table.labels.get(column, {}).get(value) or _of_itself(column, value)}


def _of_itself(column: str, value: str) -> str:
    if column == "language":
        return "Easy Read English" if value == EASY_READ else Locale("en").languages.get(value, value)
    return in_words(value) if column == "month" else value


def _history(item: Item, known: Known) -> History:
    every = [one.instrument for one in known.instruments.values()]
    asking = [one for one in every if item.name in {each.name for each in (*one.items(), *one.calculations)}]
    newest = next(one for one in every if one.id == asking[0].id)
    same_as = {
        other.name
        for instrument in every
        if instrument not in asking
        for other in instrument.items()
        if _asks_the_same(item, other) and not any(other.name in _names(one) for one in asking)
    }
    since = next(digest for digest in known.oldest_first if digest in {one.digest() for one in asking})
    return History(
        known.instruments[since].instrument,
        None if newest is asking[0] else asking[0],
        tuple(sorted(same_as)),
        tuple(instrument.digest() for instrument in asking),
    )


def _names(instrument: Instrument) -> set[str]:
    return {item.name for item in instrument.items()}


def _asks_the_same(one: Item, other: Item) -> bool:
    codes = [{option.code for option in item.options} for item in (one, other)]
    return one.kind == other.kind and codes[0] == codes[1] and english(one.labels) == english(other.labels) != ""
