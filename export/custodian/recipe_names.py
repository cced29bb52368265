"""Whether every word in a recipe names something that a signed questionnaire has.

A word that nothing bears would be passed over: its table stays empty, its key is never told more coarsely, its answer
stays in the base. And since the first release binds its series, that could never be mended. So such a recipe is refused
before anything is opened. Every version that was ever signed counts, for answers to each may still come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

from export.custodian.generalising import KINDS, coarser
from export.custodian.known import Known
from export.custodian.listing import at_most
from export.custodian.recipe import HierarchySpec, LevelSpec, Recipe
from export.custodian.recipe_shapes import RecipeRefused
from export.custodian.records import Columns
from forms.items import CHOICE_KINDS
from survey.languages import OF_OURS
from survey.reference import Areas

_QUESTION = "question whose answers a release tells"
_ANSWER = "answer to any of its questions"
_OF_NO_ONE = "are answers to no one of its questions, so nobody is told of them together. Group one question's."
_NO_COLUMN = frozenset({"text", "note"})


@dataclass(frozen=True)
class _Named:
    """A word, where it stands, what it should be, and all that is such a thing; ``wrong`` where more is known of it."""

    where: str
    word: str
    what: str
    there: Set[str]
    wrong: str = ""

    def __str__(self) -> str:
        if self.wrong:
            return f"{self.where}: {self.word} {self.wrong}"
        spelt = {one.lower(): one for one in sorted(self.there)}
        near = get_close_matches(self.word.lower(), spelt, 1)
        return f"{self.where}: {self.word} is no {self.what}.{f' The nearest is {spelt[near[0]]}.' if near else ''}"


def refuse_unknown(recipe: Recipe, known: Known, areas: Areas, *, begun: bool = False) -> None:
    """Refuse a recipe with a word that nothing bears.

    Args:
        recipe: by which a release is to be made.
        known: every questionnaire and place that was ever signed.
        areas: how boroughs lie in police areas.
        begun: whether its series has releases by these very hierarchies. They cannot change any more, whatever they
            name, so refusing one would end the series.

    Raises:
        RecipeRefused: names each such word, where it stands, the nearest that is there, and what to do.
    """
    words = _Vocabulary(known, areas)
    named = chain(() if begun else words.of_hierarchies(recipe), words.of_tables(recipe))
    found = [str(one) for one in named if one.word not in one.there]
    if not found:
        return
    raise RecipeRefused(
        "\n  ".join(
            [
                f"The recipe of the series {recipe.series} names what nothing signed in this folder has. Nothing was"
                " opened or written.",
                *at_most(20, found),
            ]
        )
        + "\nCorrect each in a recipe of your own (--recipe FILE). Where one is new, sign its questionnaire or place"
        " first: python -m export sign-keys. Where a questionnaire has come to withhold one, take it out of the tables;"
        " its hierarchy may stay."
    )


class _Vocabulary:
    """All words that a recipe may use of these questionnaires."""

    def __init__(self, known: Known, areas: Areas) -> None:
        columns = Columns(known)
        table = columns.builder().table()
        self._areas, self._kinds = areas, {code: place.kind for code, place in known.places.items()}
        self._columns = {one.name: one.columns for one in table.variables}
        self._answers: dict[str, Set[str] | None] = {column: set(table.values[column]) for column in table.columns}
        gathered = [column for one in columns.items if one.codes is None for column in one.variable.columns]
        self._answers |= dict.fromkeys(["month", *gathered])
        # A translation may come at any time and makes no other questionnaire; what binds its series must be able to
        # name its language before.
        self._answers["language"] = {*known.languages, *OF_OURS}
        self._signed = {**_signed(known), **self._answers}

    def of_hierarchies(self, recipe: Recipe) -> Iterator[_Named]:
        """Every word of the recipe's hierarchies that has to name something, be it told or withheld.

        What a later version withholds is told of no more, but what its series was begun with cannot change.
        """
        for place, spec in enumerate(recipe.hierarchies, 1):
            yield from self._of_hierarchy(spec, f"hierarchy[{place}]")

    def _of_hierarchy(self, spec: HierarchySpec, where: str) -> Iterator[_Named]:
        yield _Named(f"{where}.variable", spec.variable, _QUESTION, self._signed.keys())
        told = self._signed.get(spec.variable)
        for place, one in enumerate(spec.levels, 1):
            level = f"{where}.level[{place}]"
            if told is not None:
                for coarse, codes in one.groups.items():
                    what = "answer to it" if place == 1 else "code of the level before"
                    yield from (_Named(f"{level}.groups.{coarse}", code, what, told) for code in codes)
            told = self._told(one, told)
            if told is not None:
                yield from (_Named(f"{level}.labels", code, "code of this level", told) for code in one.labels)

    def _told(self, level: LevelSpec, before: Set[str] | None) -> Set[str] | None:
        """All that a level may tell; None where that depends on what people answer."""
        if before is None and level.rest is None:
            return None
        given = {*level.groups} | ({level.rest} if level.rest is not None else set())
        if level.by == "kind":
            given |= KINDS.keys()
        if level.by == "police area":
            given |= set(self._areas.area_of.values())
        step, _ = coarser(level, self._areas, self._kinds)
        return given | {step(value) for value in before or ()}

    def of_tables(self, recipe: Recipe) -> Iterator[_Named]:
        """Every word of what the recipe tells everybody: each has to name something that a release tells."""
        tables = recipe.tables
        single = {name for name, columns in self._columns.items() if len(columns) == 1}
        if tables.tables and tables.area in {one.variable for one in recipe.hierarchies}:
            yield _Named("tables.area", tables.area, f"{_QUESTION} in one column", single)
        for place, one in enumerate(tables.tables, 1):
            where = f"tables.table[{place}]"
            yield from (_Named(f"{where}.rows", row, _QUESTION, self._columns.keys()) for row in one.rows)
            if one.by is not None:
                yield _Named(f"{where}.by", one.by, f"{_QUESTION} in one column", single)
        for place, grouped in enumerate(tables.grouped, 1):
            yield from self._of_answers(f"tables.grouped[{place}]", grouped.rows, grouped.groups, whole=True)
        for place, ordered in enumerate(tables.ordered, 1):
            both = {"answers": ordered.answers, "apart": ordered.apart}
            yield from self._of_answers(f"tables.ordered[{place}]", ordered.rows, both, whole=False)
        for place, outside in enumerate(tables.off_base, 1):
            those = {"answers": outside.answers}
            yield from self._of_answers(f"tables.off_base[{place}]", outside.rows, those, whole=False)

    def _of_answers(
        self, where: str, rows: Sequence[str], answers: Mapping[str, Sequence[str]], *, whole: bool
    ) -> Iterator[_Named]:
        """An answer has to be one to any of the rows; of rows that are not there nobody can say.

        With ``whole``, all of one group have to be answers to one row: only such a row is ever told in it.
        """
        yield from (self._column(f"{where}.rows", row) for row in rows)
        lists = [self._answers[row] for row in rows if row in self._answers]
        known = [one for one in lists if one is not None]
        if not known or len(known) < len(lists):
            return
        every = set[str]().union(*known)
        for group, codes in answers.items():
            at = f"{where}.groups.{group}" if whole else f"{where}.{group}"
            yield from (_Named(at, code, _ANSWER, every) for code in codes)
            if whole and set(codes) <= every and not any(set(codes) <= one for one in known):
                yield _Named(at, ", ".join(codes), _ANSWER, frozenset(), _OF_NO_ONE)

    def _column(self, where: str, row: str) -> _Named:
        columns = self._columns.get(row, ())
        wrong = f"has several columns; name those that are meant: {', '.join(columns)}." if len(columns) > 1 else ""
        return _Named(where, row, _QUESTION, self._answers.keys(), wrong)


def _signed(known: Known) -> dict[str, Set[str] | None]:
    """Column -> answers of every question that was ever signed, be it withheld; None where they are not listed."""
    found = dict[str, Set[str] | None]()
    for one in known.instruments.values():
        for item in (*one.instrument.items(), *one.instrument.calculations):
            codes = [option.code for option in item.options]
            if item.kind == "select_multiple":
                found |= {f"{item.name}_{code}": {"0", "1"} for code in codes}
            elif item.kind in CHOICE_KINDS:
                before = found.get(item.name, set())
                found[item.name] = None if before is None else {*before, *codes}
            elif item.kind not in _NO_COLUMN:
                found[item.name] = None
    return found
