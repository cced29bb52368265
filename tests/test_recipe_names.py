"""A recipe names what a signed questionnaire has, or nothing is opened: the first release binds its series."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from custodian_world import PASSPHRASE, PLACES, People, carried_out, sealed, victim_voice
from hypothesis import assume, given
from hypothesis import strategies as st
from release_world import AUTHORITY, KNOWN, RECIPE, SECRET, SHIPPED, records, release, who
from small_instruments import instrument, item, option, page
from small_recipes import fitting
from test_custodian_verbs import heard, made, refused, signed, well

from export.custodian.custody import Custody
from export.custodian.entries import Entry
from export.custodian.known import Known
from export.custodian.ledger import Ledger
from export.custodian.recipe import GroupedAnswers, HierarchySpec, LevelSpec, OffBase, Recipe, TableSpec
from export.custodian.recipe_file import DEMONSTRATION, RECIPES, VICTIM_VOICE, read_recipe
from export.custodian.recipe_names import refuse_unknown
from export.custodian.recipe_shapes import RecipeRefused
from forms.instrument import Instrument
from survey.reference import read_areas
from survey.signed import read_signed, write_signed

__all__ = ["made", "signed"]

AREAS = read_areas()
WHOLE = tomllib.loads(VICTIM_VOICE.read_text())
OWN_NAMES = {"name", "series", "title", "protection", "finest", "as_given"}
"""What a recipe calls things of its own: their names name nothing."""
BINDING = "b6a4823ef870108cba81431ebc530d546cc5aed4f3732f875fc935a6b348b90d"
"""What the releases of Victim Voice were bound by while ``finest`` said both."""
Place = tuple[str | int, ...]


def named(said: Any, place: Place = ()) -> Iterator[Place]:
    """Where a word stands that names something; a key is named by a path that ends in ``...``."""
    if isinstance(said, dict):
        for key, value in said.items():
            if key in OWN_NAMES and isinstance(value, str):
                levels = {level["name"] for level in said.get("level", [])}
                yield from [(*place, key)] if value in levels else []
            elif place and place[-1] == "labels":
                yield (*place, key, "...")
            else:
                yield from [(*place, key, "...")] if place and place[-1] == "groups" else []
                yield from named(value, (*place, key))
    elif isinstance(said, list):
        for number, value in enumerate(said):
            yield from named(value, (*place, number))
    elif isinstance(said, str):
        yield place


NAMED = sorted(named(WHOLE), key=str)


def word_at(place: Place) -> str:
    *way, last = place
    here: Any = WHOLE
    for step in way if last != "..." else way[:-1]:
        here = here[step]
    return str(way[-1] if last == "..." else here[last])


def misspelt(place: Place, word: str) -> dict[str, Any]:
    """The recipe that ships with another word in one place."""
    whole: dict[str, Any] = deepcopy(WHOLE)
    *way, last = place
    here: Any = whole
    for step in way if last != "..." else way[:-1]:
        here = here[step]
    if last == "...":
        kept = [(word if key == way[-1] else key, value) for key, value in here.items()]
        here.clear()
        here.update(kept)
    else:
        here[last] = word
    return whole


def toml(said: Any) -> str:
    """As TOML, in one line."""
    if isinstance(said, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(value)}" for key, value in said.items()) + "}"
    return f"[{', '.join(map(toml, said))}]" if isinstance(said, list) else json.dumps(said)


def read(folder: Path, said: dict[str, Any]) -> Recipe:
    path = folder / "recipe.toml"
    path.write_text("\n".join(f"{key} = {toml(value)}" for key, value in said.items()))
    return read_recipe(path)


def refusal(recipe: Recipe, known: Known = KNOWN) -> str:
    with pytest.raises(RecipeRefused) as fault:
        refuse_unknown(recipe, known, AREAS)
    return str(fault.value)


def test_what_ships_fits_the_questionnaire_that_ships(tmp_path: Path) -> None:
    for path in RECIPES.glob("*.toml"):
        refuse_unknown(read_recipe(path), KNOWN, AREAS)
    assert read(tmp_path, WHOLE) == read_recipe(VICTIM_VOICE)


def standing(place: Place) -> str:
    """Where a refusal says that a word stands; a code that a recipe gives is missed where it is labelled."""
    *way, last = place
    if last == "...":
        way = [*way[:-2], "labels"]
    elif last == "rest":
        way = [*way, "labels"]
    elif isinstance(last, str):
        way = [*way, last]
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")


def test_every_name_in_the_recipe_that_ships_is_refused_misspelt_with_its_place_and_the_nearest(tmp_path: Path) -> None:
    near: list[bool] = []
    for place in NAMED:
        word = word_at(place)
        wrong = word + word[-1]
        with pytest.raises(RecipeRefused) as fault:
            refuse_unknown(read(tmp_path, misspelt(place, wrong)), KNOWN, AREAS)
        told = str(fault.value)
        if "names what nothing signed" not in told:  # the file itself says what does not hang together
            assert standing(place) in told or "tables.area names borough," in told, place
        else:
            given = place[-1] == "rest" or ("groups" in place and place[-1] == "...")
            unknown, nearest = (word, wrong) if given else (wrong, word)
            assert f"{standing(place)}: {unknown} is no " in told, place
            assert "The nearest is " in told, place
            near.append(f"The nearest is {nearest}." in told)
    assert sum(near) > 0.9 * len(near) > 100, "of a few, another is as near"


def test_names_of_every_sort_were_misspelt() -> None:
    words = set(map(word_at, NAMED))
    assert {"crime", "borough", "sex", "complain", "hate", "a65", "central", "other", "na", "sat3", "en-easy"} <= words
    assert {"London", "police area", "aw", "under45", "dissatisfied"} <= words
    assert len(NAMED) > 150


@given(st.data())
def test_however_a_name_is_misspelt_its_recipe_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(NAMED))
    word = word_at(place)
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789_"))
    other = word[:at] + data.draw(st.sampled_from(["", letter, letter + word[at]])) + word[at + 1 :]
    assume(other and other not in map(word_at, NAMED))
    assume(other not in AREAS.labels)
    with pytest.raises(RecipeRefused):
        refuse_unknown(read(tmp_path_factory.mktemp("recipe"), misspelt(place, other)), KNOWN, AREAS)


@pytest.mark.parametrize(
    ("finest", "level"),
    [("1O years", "10 years"), ("100 years", "10 years"), ("ward 2012", "ward 2021"), ("polce area", "police area")],
)
def test_a_finest_level_that_is_mistyped_is_never_taken_for_the_answers_as_given(
    tmp_path: Path, finest: str, level: str
) -> None:
    said = deepcopy(WHOLE)
    age = next(one for one in said["hierarchy"] if one["variable"] == "age")
    del age["as_given"]
    age["finest"], age["level"][0]["name"] = finest, level
    refused = f'hierarchy.6..finest says "{finest}", which is no level; there are {level}'
    with pytest.raises(RecipeRefused, match=refused):
        read(tmp_path, said)


def test_a_recipe_from_before_goes_on_with_its_series_once_it_says_as_given(tmp_path: Path) -> None:
    said = deepcopy(WHOLE)
    for one in said["hierarchy"]:
        one["finest"] = one.pop("as_given")
    with pytest.raises(RecipeRefused, match=r'write as_given = "month" instead: its series goes on'):
        read(tmp_path, said)
    assert read(tmp_path, WHOLE).binding == BINDING


def test_nothing_is_opened_or_written_for_a_recipe_with_a_word_that_nothing_bears(tmp_path: Path) -> None:
    tables = replace(SHIPPED.tables, tables=(replace(SHIPPED.tables.tables[1], by="crimee"),))
    opened = iter(sealed(SECRET.public, People(1, victim_voice()).many(60)))
    with pytest.raises(RecipeRefused) as fault:
        release(tmp_path, opened, recipe=replace(SHIPPED, tables=tables))  # type: ignore[arg-type]
    assert "tables.table[1].by: crimee is no question" in str(fault.value)
    assert "The nearest is crime." in str(fault.value)
    assert len(list(opened)) == 60
    assert list(tmp_path.iterdir()) == []


def test_the_custodian_reads_which_word_where_and_what_to_do_before_a_passphrase_is_asked_for(
    signed: Path, tmp_path: Path
) -> None:
    path = carried_out(tmp_path / "intake.carried", sealed(
        Custody(signed).collection("four plain words here")[0].public, People(2, victim_voice()).many(20)))  # fmt: skip
    recipe = tmp_path / "own.toml"
    recipe.write_text(VICTIM_VOICE.read_text().replace('variable = "crime"', 'variable = "crimee"')
                      .replace("wait = true", "wait = false"))  # fmt: skip
    before = sorted(signed.rglob("*"))
    done = heard(signed, "release", "--from", str(path), "--recipe", str(recipe), HEARD_PASSPHRASE="not this one")
    refused(done, "recipe of the series heard names", "hierarchy[5].variable: crimee is no question")
    refused(done, "The nearest is crime.", "Nothing was opened or written", "sign-keys")
    assert sorted(signed.rglob("*")) == before
    recipe.write_text(recipe.read_text().replace("crimee", "crime"))
    well(heard(signed, "release", "--from", str(path), "--recipe", str(recipe)))


def test_a_code_frame_with_a_fault_is_refused_before_a_passphrase_is_asked_for(signed: Path, tmp_path: Path) -> None:
    path, frame = carried_out(tmp_path / "intake.carried", []), tmp_path / "themes.toml"
    frame.write_text('[[theme]]\ncode = "speed"\nlabel = "How long it took"\nwords = []\n')
    done = heard(signed, "release", "--from", str(path), "--themes", str(frame), HEARD_PASSPHRASE="not this one")
    refused(done, "themes.toml: theme 1 needs a code of its own")


def test_a_questionnaire_of_ones_own_needs_a_recipe_of_its_own() -> None:
    told = refusal(SHIPPED, Known.of([instrument(page("p1", item("experience")))], PLACES))
    assert "hierarchy[4].variable: borough" in told
    assert "more\n" in told
    assert len(told.splitlines()) < 25


def by(name: str) -> Recipe:
    spec = TableSpec("one", "One", ("experience",), name, ("London",))
    return replace(
        RECIPE, tables=replace(RECIPE.tables, tables=(spec,), grouped=(), off_base=(), ordered=()), hierarchies=()
    )


def test_a_question_or_answer_that_only_an_earlier_version_had_is_there(tmp_path: Path) -> None:
    old = instrument(page("p1", item("experience", core=True, options=(option("yes"), option("gone")))), page("since"))
    new = replace(instrument(page("p1", item("experience", core=True))), version="2")
    outside = OffBase(("experience",), ("gone",))
    recipe = replace(by("since"), tables=replace(by("since").tables, off_base=(outside,)))
    refuse_unknown(recipe, Known.of([new, old], PLACES), AREAS)
    told = refusal(recipe, Known.of([new], PLACES))
    assert "by: since is no question" in told
    assert "tables.off_base[1].answers: gone is no answer to any of its questions" in told
    people = [who(n, new, {"experience": "yes"}) for n in range(20)]
    released, _ = release(tmp_path, sealed(SECRET.public, people), Known.of([new, old], PLACES), recipe=recipe)
    assert len(records(released)) == 20


def test_a_table_is_split_by_a_question_with_one_column_that_may_leave() -> None:
    made = instrument(
        page("p1", item("experience"), item("needs", "select_multiple"), item("words", "text")),
        page("p2", item("secret", disclosure="withhold")),
    )
    known = Known.of([made], PLACES)
    for name in ("needs", "words", "secret", "needs_yes"):
        assert f"tables.table[1].by: {name} is no question whose answers a release tells" in refusal(by(name), known)
    refuse_unknown(by("mode"), known, AREAS)
    told = by("mode").tables
    needs = replace(by("mode"), tables=replace(told, off_base=(OffBase(("needs_yes",), ("0",)),)))
    refuse_unknown(needs, known, AREAS)
    needs = replace(by("mode"), tables=replace(told, off_base=(OffBase(("needs",), ("yes",)),)))
    assert "tables.off_base[1].rows: needs has several columns; name those that are meant: needs_yes" in refusal(
        needs, known
    )


def grouping(variable: str, *codes: str) -> Recipe:
    level = LevelSpec("coarse", None, {"some": codes}, (), "rest", {"some": "Some", "rest": "The rest"})
    return replace(by("mode"), hierarchies=(HierarchySpec(variable, "fine", (level,)),))


def test_a_language_may_be_named_before_its_translation_is_signed_and_a_place_may_not() -> None:
    known = Known.of([instrument(page("experience"))], PLACES)
    refuse_unknown(grouping("language", "en", "pl"), known, AREAS)
    refuse_unknown(grouping("place", "hub-1"), known, AREAS)
    refuse_unknown(grouping("month", "2026-11"), known, AREAS)
    assert "groups.some: pol is no answer to it" in refusal(grouping("language", "en", "pol"), known)
    told = refusal(grouping("place", "hub-2"), known)
    assert "hierarchy[1].level[1].groups.some: hub-2 is no answer to it. The nearest is hub-1." in told


def test_a_small_questionnaires_part_of_the_recipe_that_ships_fits_it() -> None:
    made = instrument(page("p1", item("experience"), item("crime", options=(option("hate"), option("theft")))))
    refuse_unknown(fitting(SHIPPED, made), Known.of([made], PLACES), AREAS)
    assert fitting(SHIPPED, victim_voice()) == SHIPPED == read_recipe(DEMONSTRATION)


def asked_of_crime() -> tuple[Instrument, Instrument]:
    """A questionnaire that asks for the crime, and a later version that marks it, and what it decides, as withheld."""
    crimes = (option("hate"), option("theft"))
    pages = page("p1", item("experience", core=True)), page("p3", item("since", relevant="${crime} = 'hate'"))
    old = instrument(pages[0], page("p2", item("crime", options=crimes)), pages[1])
    told = instrument(pages[0], page("p2", item("crime", options=crimes, disclosure="withhold")), pages[1])
    return old, replace(told, version="2")


def of_crime(*tables: TableSpec) -> Recipe:
    """By a recipe that tells the crime, and what it decides, in groups."""
    level = LevelSpec("coarse", None, {"some": ("hate",)}, (), "rest", {"some": "Some", "rest": "The rest"})
    other = LevelSpec("coarse", None, {"any": ("yes", "no")}, (), None, {"any": "Any"})
    hierarchies = (HierarchySpec("crime", "fine", (level,)), HierarchySpec("since", "fine", (other,)))
    return replace(
        RECIPE,
        hierarchies=hierarchies,
        tables=replace(RECIPE.tables, tables=tables, grouped=(), off_base=(), ordered=()),
    )


def test_a_series_goes_on_by_its_recipe_when_a_question_that_it_tells_in_groups_is_withheld(tmp_path: Path) -> None:
    old, new = asked_of_crime()
    recipe = of_crime()
    early = [who(n, old, {"experience": "yes", "crime": "theft"}) for n in range(20)]
    late = [who(n, new, {"experience": "yes", "crime": "theft"}) for n in range(20, 80)]
    first, _ = release(tmp_path, sealed(SECRET.public, early), Known.of([old], PLACES), recipe=recipe)
    second, _ = release(tmp_path, sealed(SECRET.public, early + late), Known.of([new, old], PLACES), recipe=recipe)
    assert (len(records(first)), len(records(second))) == (20, 60)
    assert {"crime", "since"} <= records(first)[0].keys()
    assert not {"crime", "since"} & records(second)[0].keys()


def test_a_withheld_question_is_refused_in_tables_and_so_is_a_word_that_it_never_had(tmp_path: Path) -> None:
    known = Known.of(reversed(asked_of_crime()), PLACES)
    refuse_unknown(of_crime(), known, AREAS)
    told = refusal(of_crime(TableSpec("one", "One", ("since",), "crime", ("London",))), known)
    assert "tables.table[1].rows: since is no question whose answers a release tells" in told
    assert "tables.table[1].by: crime is no question" in told
    assert "take it out of the tables" in told
    outside = OffBase(("crime",), ("theft",))
    recipe = replace(of_crime(), tables=replace(of_crime().tables, off_base=(outside,)))
    assert "tables.off_base[1].rows: crime is no question" in refusal(recipe, known)
    assert "groups.some: hat is no answer to it. The nearest is hate." in refusal(grouping("crime", "hat"), known)
    area = TableSpec("one", "One", ("experience",), None, ("fine",))
    recipe = replace(of_crime(area), tables=replace(of_crime(area).tables, area="crime"))
    assert "tables.area: crime is no question" in refusal(recipe, known)


def test_a_series_that_was_begun_with_words_that_nothing_bears_goes_on(tmp_path: Path) -> None:
    old, new = asked_of_crime()[0], replace(instrument(page("p1", item("experience", core=True))), version="2")
    early = [who(n, old, {"experience": "yes"}) for n in range(20)]
    release(tmp_path, sealed(SECRET.public, early), Known.of([old], PLACES), recipe=of_crime())
    late = sealed(SECRET.public, [who(n, new, {"experience": "yes"}) for n in range(20, 80)])
    known = Known.of([new], PLACES)
    for other in (replace(of_crime(), series="other"), replace(of_crime(), hierarchies=of_crime().hierarchies[:1])):
        with pytest.raises(RecipeRefused, match="crime is no question"):
            release(tmp_path, late, known, recipe=other)
    table = of_crime(TableSpec("one", "One", ("crime",), None, ("London",)))
    with pytest.raises(RecipeRefused, match=r"tables\.table\[1\]\.rows: crime is no question"):
        release(tmp_path, late, known, recipe=table)
    assert len(records(release(tmp_path, late, known, recipe=of_crime())[0])) == 60


def test_the_custodian_of_a_series_begun_before_words_were_checked_is_asked_for_a_passphrase(
    signed: Path, tmp_path: Path
) -> None:
    path, recipe = carried_out(tmp_path / "intake.carried", []), tmp_path / "own.toml"
    recipe.write_text(VICTIM_VOICE.read_text().replace('variable = "crime"', 'variable = "crimee"'))
    arguments = "release", "--from", str(path), "--recipe", str(recipe)
    refused(heard(signed, *arguments, HEARD_PASSPHRASE="not this one"), "hierarchy[5].variable: crimee is no question")
    begun = Entry("heard-1", "heard", "0" * 64, read_recipe(recipe).binding, {}, "2026-03", b"", b"", out=True)
    Ledger(signed, Custody(signed).authority(PASSPHRASE)).note(begun)
    refused(heard(signed, *arguments, HEARD_PASSPHRASE="not this one"), "passphrase")


def test_a_release_that_was_cut_off_before_it_was_signed_began_no_series(signed: Path, tmp_path: Path) -> None:
    path, recipe = carried_out(tmp_path / "intake.carried", []), tmp_path / "own.toml"
    recipe.write_text(VICTIM_VOICE.read_text().replace('variable = "crime"', 'variable = "crimee"'))
    noted = Entry("heard-1", "heard", "0" * 64, read_recipe(recipe).binding, {}, "2026-03", b"", b"", out=False)
    Ledger(signed, Custody(signed).authority(PASSPHRASE)).note(noted)
    (signed / "releases/.unfinished-heard-1").mkdir(parents=True)
    done = heard(signed, "release", "--from", str(path), "--recipe", str(recipe), HEARD_PASSPHRASE="not this one")
    refused(done, "hierarchy[5].variable: crimee is no question", "Nothing was opened or written")


def test_where_a_recipe_is_refused_a_release_that_was_cut_off_stays_as_it_lies(tmp_path: Path) -> None:
    people = People(1, victim_voice()).many(60)
    released, _ = release(tmp_path, sealed(SECRET.public, people))
    book = tmp_path / "ledger.json"
    said = read_signed("ledger", book.read_bytes(), AUTHORITY.public)
    said["releases"][0]["out"] = False
    book.write_bytes(write_signed("ledger", said, AUTHORITY))
    released.folder.rename(released.folder.with_name(f".unfinished-{released.name}"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    tables = replace(RECIPE.tables, tables=(replace(SHIPPED.tables.tables[1], by="crimee"),))
    with pytest.raises(RecipeRefused, match="Nothing was opened or written"):
        release(tmp_path, [], recipe=replace(RECIPE, tables=tables))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def together(rows: tuple[str, ...], *groups: tuple[str, ...]) -> Recipe:
    """By a recipe that tells these answers to these questions together too."""
    named = {f"group{place}": codes for place, codes in enumerate(groups, 1)}
    tables = replace(by("mode").tables, grouped=(GroupedAnswers(rows, named, dict.fromkeys(named, "Together")),))
    return replace(by("mode"), tables=tables)


def test_a_group_of_answers_that_no_one_question_has_all_of_is_refused() -> None:
    left = item("left", options=(option("bad"), option("worse"), option("good")))
    right = item("right", options=(option("poor"), option("good")))
    needs = item("needs", "select_multiple", options=(option("sofa"), option("tea")))
    known = Known.of([instrument(page("p1", item("experience"), left, right, needs))], PLACES)
    refuse_unknown(together(("left", "right"), ("bad", "worse"), ("poor", "good")), known, AREAS)
    told = refusal(together(("left", "right"), ("bad", "worse"), ("bad", "poor")), known)
    assert "tables.grouped[1].groups.group2: bad, poor are answers to no one of its questions" in told
    assert "group1" not in told
    assert "poorr is no answer to any" in refusal(together(("left", "right"), ("poor", "poorr")), known)
    refuse_unknown(replace(by("mode"), tables=replace(by("mode").tables, off_base=(OffBase(("left", "right"),
                           ("bad", "poor")),))), known, AREAS)  # fmt: skip
    told = refusal(together(("left", "needs"), ("bad", "worse")), known)
    assert "tables.grouped[1].rows: needs has several columns; name those that are meant: needs_sofa, needs_tea" in told
