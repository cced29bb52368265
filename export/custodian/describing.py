"""What every column of a release means, in words: told once, for the codebook and for the labels in the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from babel import Locale

from export.custodian.columns import ItemColumns
from export.custodian.generalising import in_words
from export.custodian.known import Known
from export.custodian.leaving import Leaving
from export.custodian.records import BY_DEFINITION
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
    """In which questionnaires an item is asked, or one of its options is offered.

    Attributes:
        since, until: the first and the last that do; until is None while the newest of its kind does.
        same_as: items of other versions that ask the same in the same words under another name.
        questionnaires: digests of all that do, newest first.
    """

    since: Instrument
    until: Instrument | None
    same_as: tuple[str, ...]
    questionnaires: tuple[str, ...]


@dataclass(frozen=True)
class Earlier:
    """Other words that a question or an answer had, by language, and the questionnaires that had them.

    Whoever signed the newer ones said that they mean the same. Who does not think so needs to know whom it concerns.
    """

    words: Texts
    history: History


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
        offered: code -> history of that answer, where they are listed and one can be chosen.
        earlier, option_earlier: words of the question, and of the option, in older questionnaires; newest first.
        answers_earlier: code -> those of that answer.
        told_as: how coarsely it is told, where not as it was answered.
    """

    column: str
    kind: str
    question: Texts
    option: Texts | None
    codes: tuple[tuple[str, Texts], ...]
    item: Item | None = None
    history: History | None = None
    offered: Mapping[str, History] = field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()
    option_earlier: tuple[Earlier, ...] = ()
    answers_earlier: Mapping[str, tuple[Earlier, ...]] = field(default_factory=dict)
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
    options: dict[str, Texts] = {each.code: each.labels for each in item.options}
    history, offered = _histories(item, known)
    earlier, answers_earlier = _earlier_words(item, known)
    told = Described(column, item.kind, item.labels, None, (), item, history, earlier=earlier)
    if item.kind == "select_multiple" and one.codes is not None:
        code = one.codes[place]
        told = replace(told, option=options[code], history=offered[code], option_earlier=answers_earlier[code])
        options = {}
    else:
        told = replace(told, offered=offered, answers_earlier=answers_earlier)
    return replace(told, codes=tuple((value, _label(table, column, value, options)) for value in values))


def _label(table: Table, column: str, value: str, options: Mapping[str, Texts]) -> Texts:
    """By language where the questionnaire has it, else in English."""
    return options.get(value) or {"en": table.labels.get(column, {}).get(value) or _of_itself(column, value)}


def _of_itself(column: str, value: str) -> str:
    if column == "language":
        return "Easy Read English" if value == EASY_READ else Locale("en").languages.get(value, value)
    return in_words(value) if column == "month" else value


def _histories(item: Item, known: Known) -> tuple[History, Mapping[str, History]]:
    """Of an item, and of each of its options by code."""
    every, named = [one.instrument for one in known.instruments.values()], _versions(item, known)
    asking = [one for one, _ in named]
    same_as = {
        other.name
        for instrument in every
        if instrument not in asking
        for other in instrument.items()
        if _asks_the_same(named[0][1], other) and not any(other.name in _names(one) for one in asking)
    }
    whole = _over(asking, same_as, known)
    if not item.options:
        return whole, {}
    codes = [(one, {option.code for option in each.options}) for one, each in named]
    return whole, {
        option.code: _over([one for one, offered in codes if option.code in offered], same_as, known)
        for option in item.options
    }


def _versions(item: Item, known: Known) -> list[tuple[Instrument, Item]]:
    """The same item of every questionnaire that has it, newest first."""
    every = [one.instrument for one in known.instruments.values()]
    return [(one, each) for one in every for each in (*one.items(), *one.calculations) if each.name == item.name]


def _earlier_words(item: Item, known: Known) -> tuple[tuple[Earlier, ...], Mapping[str, tuple[Earlier, ...]]]:
    """Of an item, and of each of its options by code."""
    named = _versions(item, known)
    options = [(one, option) for one, each in named for option in each.options]
    return _other_words([(one, each.labels) for one, each in named], known), {
        each.code: _other_words([(one, option.labels) for one, option in options if option.code == each.code], known)
        for each in item.options
    }


def _other_words(worded: Sequence[tuple[Instrument, Texts]], known: Known) -> tuple[Earlier, ...]:
    """Each wording that is not the newest; told by the English, since translations change within a version."""
    having: dict[str, list[tuple[Instrument, Texts]]] = {}
    for one, texts in worded:
        having.setdefault(english(texts), []).append((one, texts))
    _, *others = having.values()
    return tuple(Earlier(those[0][1], _over([one for one, _ in those], (), known)) for those in others)


def _over(asking: Sequence[Instrument], same_as: Iterable[str], known: Known) -> History:
    digests = [one.digest() for one in asking]
    newest = next(one.instrument for one in known.instruments.values() if one.instrument.id == asking[0].id)
    since = next(digest for digest in known.oldest_first if digest in digests)
    return History(
        known.instruments[since].instrument,
        None if newest is asking[0] else asking[0],
        tuple(sorted(same_as)),
        tuple(digests),
    )


def _names(instrument: Instrument) -> set[str]:
    return {item.name for item in instrument.items()}


def _asks_the_same(one: Item, other: Item) -> bool:
    codes = [{option.code for option in item.options} for item in (one, other)]
    return one.kind == other.kind and codes[0] == codes[1] and english(one.labels) == english(other.labels) != ""
