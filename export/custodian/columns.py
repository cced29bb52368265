"""Which columns the items of all versions make, in the newest words of each.

What never becomes a column: free text, notes, items marked ``withhold``, and whatever tells of one of them: by being
calculated from it, by a list of options that it filters, or by being asked because of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from export.custodian.known import Known, decided_by
from export.custodian.table import ALIKE, FIRST_VALUE, RECIPE, RELEASE, Cell, Variable
from forms.instrument import Instrument, Item
from forms.items import CHOICE_KINDS, Option
from forms.logic import Answer, references

_HELD_BACK = {"text", "note", "withhold"}
_Versions = dict[str, list[tuple[Instrument, Item]]]


@dataclass(frozen=True)
class ItemColumns:
    """An item's variable, and how its answers become cells.

    Attributes:
        variable: with a column, or one an option where several could be chosen.
        item: the newest version's, with every option that any version had, each in its newest words.
        codes: the answers that a listed column can hold, or the options of several columns; None where values are
            gathered.
    """

    variable: Variable
    item: Item
    codes: tuple[str, ...] | None

    def cells(self, answer: Answer) -> list[Cell]:
        """One cell a column for an answer."""
        if self.item.kind == "select_multiple" and self.codes is not None:
            chosen = answer if isinstance(answer, tuple) else ()
            return [FIRST_VALUE + (code in chosen) for code in self.codes]
        if self.codes is None:
            return [_as_text(answer)]
        return [FIRST_VALUE + self.codes.index("1" if self.item.kind == "acknowledge" else str(answer))]

    def lacking(self, instrument: Instrument) -> list[int]:
        """Of several columns the places of those whose option a questionnaire does not offer, though it asks."""
        if self.item.kind != "select_multiple" or self.codes is None:
            return []
        offered = [[each.code for each in one.options] for one in instrument.items() if one.name == self.item.name]
        return [place for codes in offered for place, code in enumerate(self.codes) if code not in codes]


def item_columns(known: Known, taken: Collection[str]) -> Iterator[ItemColumns]:
    """Every item that is told, in order, newest version first; ``taken`` are names that no column may have."""
    instruments = [one.instrument for one in known.instruments.values()]
    versions: _Versions = {}
    for instrument in instruments:
        for item in (*instrument.items(), *instrument.calculations):
            versions.setdefault(item.name, []).append((instrument, item))
    behind, decided = _behind(versions), _decided(versions)
    untold = _untold(versions, behind, decided)
    keys, sensitive = _marked(versions, "key"), _marked(versions, "sensitive")
    used = {*taken, ALIKE, RELEASE, RECIPE}
    for name, several in versions.items():
        if name in untold:
            continue
        item, codes = _newest([version for _, version in several]), _codes([version for _, version in several])
        several_columns = item.kind == "select_multiple" and codes is not None
        columns = tuple(_unused(f"{name}_{code}", used) for code in codes or ()) if several_columns else ()
        variable = Variable(
            name,
            columns or (_unused(name, used),),
            key=bool({name, *behind[name]} & keys),
            sensitive=bool({name, *behind[name]} & sensitive),
            decided_by=decided[name],
            made_from=behind[name],
            apart=_apart(columns, codes or (), [version for _, version in several]),
        )
        yield ItemColumns(variable, item, codes)


def _marked(versions: _Versions, disclosure: str) -> frozenset[str]:
    """The items that any version marks so."""
    return frozenset(name for name, several in versions.items() if any(i.disclosure == disclosure for _, i in several))


def _behind(versions: _Versions) -> dict[str, frozenset[str]]:
    """Item -> the items that its answer tells of: what it is calculated from, what filters its list, and theirs."""
    direct = {
        name: frozenset[str]().union(*(_made_of(item) for _, item in several)) for name, several in versions.items()
    }
    return {name: _closed(refers, direct) - {name} for name, refers in direct.items()}


def _made_of(item: Item) -> frozenset[str]:
    rules = (item.calculation, item.choice_filter, item.relevant if item.kind == "calculate" else None)
    return frozenset[str]().union(*(references(rule) for rule in rules if rule is not None))


def _closed(names: Iterable[str], direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(direct.get(name, ()))
    return frozenset(found)


def _decided(versions: _Versions) -> dict[str, frozenset[str]]:
    """Item -> the items whose answers decide whether it is asked."""
    ways = {id(one): decided_by(one) for several in versions.values() for one, _ in several}
    return {
        name: frozenset[str]().union(*(ways[id(one)].get(name, frozenset()) for one, _ in several))
        for name, several in versions.items()
    }


def _untold(
    versions: _Versions, behind: Mapping[str, frozenset[str]], decided: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    told = {name: {part for _, item in of for part in (item.kind, item.disclosure)} for name, of in versions.items()}
    found = {name for name, said in told.items() if said & _HELD_BACK}
    while more := {name for name in versions.keys() - found if (behind[name] | decided[name]) & found}:
        found |= more
    return frozenset(found)


def _newest(versions: Sequence[Item]) -> Item:
    """The newest item, with the options that only older ones had behind its own."""
    options: dict[str, Option] = {}
    for option in (option for item in versions for option in item.options):
        options.setdefault(option.code, option)
    return replace(versions[0], options=tuple(options.values()))


def _apart(columns: Sequence[str], codes: Sequence[str], versions: Sequence[Item]) -> tuple[str, ...]:
    """Of the options that the same versions offer one column."""
    first: dict[frozenset[int], str] = {}
    for column, code in zip(columns, codes, strict=False):
        offering = (place for place, item in enumerate(versions) if code in {one.code for one in item.options})
        first.setdefault(frozenset(offering), column)
    return tuple(first.values())


def _codes(versions: Iterable[Item]) -> tuple[str, ...] | None:
    items = list(versions)
    if items[0].kind == "acknowledge":
        return ("1",)
    listed = tuple(dict.fromkeys(option.code for item in items for option in item.options))
    return listed if items[0].kind in CHOICE_KINDS else None


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _as_text(answer: Answer) -> str:
    """One spelling for one value: whole numbers without a point, truth as 1 and 0."""
    if isinstance(answer, bool) or (isinstance(answer, float) and answer.is_integer()):
        return str(int(answer))
    return str(answer)
