"""The recipe of a release: what ships can be read, and every fault in another is named with its key and what to do."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from custodian_world import victim_voice

from export.custodian.generalising import hierarchy
from export.custodian.recipe_file import DEMONSTRATION, RECIPES, VICTIM_VOICE, read_recipe
from export.custodian.recipe_shapes import RecipeRefused
from forms.xlsform import shipped_translations
from survey.reference import read_areas

SHIPPED = VICTIM_VOICE.read_text()


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in SHIPPED
    path = folder / "recipe.toml"
    path.write_text(SHIPPED.replace(old, new, 1))
    return path


def test_what_ships_can_be_read() -> None:
    assert set(RECIPES.glob("*.toml")) == {VICTIM_VOICE, DEMONSTRATION}
    recipe = read_recipe(VICTIM_VOICE)
    assert (recipe.thresholds.k, recipe.thresholds.three_way, recipe.thresholds.l) == (5, 5, 2)
    assert (recipe.thresholds.least_batch, recipe.epochs.months, recipe.epochs.wait) == (50, 3, True)


def test_the_demonstration_differs_in_not_waiting_and_in_nothing_else() -> None:
    real, demonstration = tomllib.loads(SHIPPED), tomllib.loads(DEMONSTRATION.read_text())
    assert demonstration.pop("extends") == VICTIM_VOICE.stem
    assert demonstration == {"epochs": {**real["epochs"], "wait": False}}
    assert read_recipe(DEMONSTRATION).epochs.wait is False


def test_what_ships_names_questions_answers_and_languages_that_are_there() -> None:
    recipe, items = read_recipe(VICTIM_VOICE), {item.name: item for item in victim_voice().items()}
    places = {"month", "place", "language"}
    for grouped in recipe.tables.grouped:
        for row in grouped.rows:
            answers = {answer for group in grouped.groups.values() for answer in group}
            assert answers <= {option.code for option in items[row].options}
    for outside in recipe.tables.off_base:
        for row in outside.rows:
            assert set(outside.answers) & {option.code for option in items[row].options}
    named = {one for table in recipe.tables.tables for one in (*table.rows, *([table.by] if table.by else []))}
    assert named | {one.variable for one in recipe.hierarchies} - places <= items.keys()
    for one in recipe.hierarchies:
        known = {option.code for option in items[one.variable].options} if one.variable in items else set()
        known |= set(victim_voice().languages) if one.variable == "language" else set()
        known |= set(read_areas().zone_of) if one.variable == "borough" else set()
        for level in one.levels:
            listed = {code for codes in level.groups.values() for code in codes}
            assert listed <= known
            assert level.labels.keys() == {*level.groups, *([level.rest] if level.rest else [])}
            known |= level.groups.keys()


def test_every_language_that_ships_is_english_or_not() -> None:
    language = next(one for one in read_recipe(VICTIM_VOICE).hierarchies if one.variable == "language")
    spoken_as_english = {code for code in victim_voice().languages if code.split("-")[0] == "en"}
    assert set(language.levels[0].groups["english"]) == spoken_as_english
    assert shipped_translations()


def test_its_hash_is_of_what_it_says(tmp_path: Path) -> None:
    shipped = read_recipe(VICTIM_VOICE)
    commented = read_recipe(changed(tmp_path, "series =", "# A comment.\nseries   ="))
    assert commented.digest == shipped.digest
    stricter = read_recipe(changed(tmp_path, "k = 5 ", "k = 6 "))
    assert stricter.digest != shipped.digest
    assert stricter.binding == shipped.binding
    assert read_recipe(changed(tmp_path, "months = 3", "months = 6")).binding != shipped.binding
    assert read_recipe(changed(tmp_path, '"ea", "ne"', '"ne", "ea"')).binding != shipped.binding


def test_a_key_may_be_told_no_finer_than_a_level_that_it_names(tmp_path: Path) -> None:
    coarser = read_recipe(changed(tmp_path, 'as_given = "place"', 'finest = "kind"'))
    place = next(one for one in coarser.hierarchies if one.variable == "place")
    laid = hierarchy(place, ["hub-1", "counter-1"], read_areas(), {"hub-1": "hub", "counter-1": "counter"})
    assert [level.values(["hub-1", "counter-1"]) for level in laid.levels] == [("hub", "counter")]
    assert read_recipe(changed(tmp_path, 'as_given = "month"', 'finest = "quarter"')).binding != coarser.binding


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('as_given = "borough"', 'finest = "London"', "geography names a level that is not there; there are London"),
        ('series = "heard"', 'series = "Heard!"', "series must be a name"),
        ('series = "heard"', "", "series is missing; add it"),
        ('series = "heard"', 'series = "heard"\nk = 5', "k is not known here"),
        ("months = 3", "months = 5", "epochs.months must be one of"),
        ("wait = true", 'wait = "yes"', "epochs.wait must be true or false"),
        ("k = 5 ", "k = 4 ", "thresholds.k must be a whole number from 5"),
        ("three_way = 5 ", "three_way = 3 ", "thresholds.three_way must be"),
        ("l = 2 ", "l = 1 ", "thresholds.l must be"),
        ("least_batch = 50", "least_batch = 10", "thresholds.least_batch must be a whole number from 50"),
        ("first_batch = 10", "first_batch = 5", "thresholds.first_batch must be"),
        ("at_risk = 0.06", "at_risk = 6", "thresholds.at_risk must be a share"),
        ('by = "quarter"', 'by = "week"', "hierarchy[1].level[1].by must be"),
        ('by = "quarter"', 'bands = [1], by = "quarter"', "needs exactly one of by, groups and bands"),
        ('by = "quarter"', "bands = [16, 18, 18]", "bands must be a list of whole numbers, each above"),
        ('as_given = "place"', 'finest = "place"', 'finest says "place", which is no level; there are kind'),
        ('as_given = "place"', 'as_given = "kind"', 'as_given says "kind", which is a level; write finest'),
        ('as_given = "place"', "", "hierarchy[2].finest must name the finest level, or else as_given"),
        ('as_given = "place"', 'as_given = "place"\nfinest = "kind"', "write one of the two"),
        ('as_given = "five groups"', 'finest = "five groups"', "which is no level; there is none. If"),
        ('name = "half-year"', 'name = "quarter"', "level has two of one name"),
        ('variable = "place"', 'variable = "month"', "hierarchy: a variable has two"),
        ('["ea", "ne"]', '["ea", "aw"]', "hierarchy[4].level[2].groups must give"),
        ('rest = "other"', 'rest = ""', "hierarchy[3].level[1].rest must be a code"),
        ('by = "police area"', 'by = "police area"\nrest = "x"', "rest only goes with groups"),
        ('protection = "cell-key"', 'protection = "none"', 'tables.protection must be "cell-key" or "round"'),
        ('area = "borough"', 'area = "sex"', "tables.area names sex, which has no hierarchy; there are month, place,"),
        ("hidden_below = 30", "hidden_below = 10", "tables.hidden_below must be"),
        ("flagged_below = 50", "flagged_below = 20", "tables.flagged_below must be a whole number from 30"),
        ('geography = ["London"]', 'geography = ["Paris"]', "geography names a level that is not there"),
        ('name = "rights"', 'name = "satisfaction"', "tables.table has two of one name"),
        ('by = "crime"', 'by = ["crime"]', "tables.table[2].by must be the name of a question"),
        ('rows = ["experience", "contact"', 'rows = ["experience", "experience"', "none twice"),
        ('["dis1", "dis2"', '["sat1", "dis2"', "tables.grouped[1].groups must give"),
        ('answers = ["tooearly"]', "answers = []", "tables.off_base[1].answers must be a list of codes"),
        ('answers = ["tooearly"]', 'answers = ["dis3"]', "tables.off_base takes an answer out of a base"),
        ("labels = { satisfied", "labels = { content", "tables.grouped[1].labels must give each group a label"),
        ("[epochs]", "[[epochs]]", "epochs must be a table"),
        ("[[tables.table]]\nname = \"satisfaction\"", "[tables.table]\nname = \"satisfaction\"", "cannot be read"),
        ("[epochs]", "[epochs", "cannot be read"),
        ("series =", "extends = \"nothing\"\nseries =", "nothing.toml cannot be read"),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(RecipeRefused) as fault:
        read_recipe(changed(tmp_path, old, new))
    assert key in str(fault.value)
    assert str(tmp_path) in str(fault.value)


def test_a_recipe_extends_one_that_extends_none(tmp_path: Path) -> None:
    (tmp_path / "bottom.toml").write_text(SHIPPED)
    (tmp_path / "middle.toml").write_text('extends = "bottom"\nseries = "middle"\n')
    assert read_recipe(tmp_path / "middle.toml").series == "middle"
    for other in ("middle", "top"):
        (tmp_path / "top.toml").write_text(f'extends = "{other}"\nseries = "top"\n')
        with pytest.raises(RecipeRefused, match=rf"top\.toml: extends names {other}\.toml, which extends a recipe"):
            read_recipe(tmp_path / "top.toml")


def test_whole_parts_are_taken_from_the_recipe_that_is_extended(tmp_path: Path) -> None:
    (tmp_path / "bottom.toml").write_text(SHIPPED)
    (tmp_path / "top.toml").write_text('extends = "bottom"\n[thresholds]\nk = 6\n')
    with pytest.raises(RecipeRefused, match=r"thresholds\.three_way is missing; add it"):
        read_recipe(tmp_path / "top.toml")
