"""The questionnaire that ships: what it asks, in which order, and that it keeps its word about how long it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyxform.xls2xform import convert

from forms.instrument import Instrument
from forms.logic import Answer
from forms.response import status
from forms.routing import after, asked, path
from forms.xlsform import load

FILE = Path(__file__).parent.parent / "forms" / "questionnaires" / "victim-voice.md"
CORE = ["experience", "contact", "actions", "informed", "treated", "crime", "borough"]
ABOUT = {"about", "helper", "age", "sex", "gender", "orient", "ethnic", "health", "limits"}
STAGES = ["untold", "early", "looking", "closed", "charged", "court", "guilty", "over", "dontknow", None]
REPORTED = [stage for stage in STAGES if stage != "untold"]


@pytest.fixture(scope="module")
def victim_voice() -> Instrument:
    checked = load(FILE)
    assert [str(fault) for fault in checked.faults] == []
    assert checked.instrument is not None
    return checked.instrument


def further(instrument: Instrument, stage: str | None, *, about: bool = False) -> list[str]:
    """The pages after the choice for somebody whose case is at this stage; None skipped that question."""
    answers: dict[str, Answer] = {"more": "yes", "about": "yes" if about else "no", "health": "yes"}
    if stage is not None:
        answers["stage"] = stage
    names = [page.name for page in path(instrument, answers)]
    return names[names.index("more") + 1 :]


def test_it_is_an_xlsform_that_other_programs_read_too() -> None:
    converted = convert(str(FILE))
    assert "victim-voice" in converted.xform
    assert converted.warnings == []


def test_the_whole_experience_comes_first_and_the_core_is_seven_pages(victim_voice: Instrument) -> None:
    assert [page.name for page in victim_voice.pages[:8]] == [*CORE, "more"]
    assert [item.name for item in victim_voice.core_items()] == CORE
    assert all(len(page.items) == 1 for page in victim_voice.pages)


def test_the_scale_is_seven_steps_in_words_and_the_same_throughout(victim_voice: Instrument) -> None:
    seven = [option.labels["en"] for option in victim_voice.item("experience").options]
    assert seven == [
        "Completely satisfied",
        "Very satisfied",
        "Fairly satisfied",
        "Neither satisfied nor dissatisfied",
        "Fairly dissatisfied",
        "Very dissatisfied",
        "Completely dissatisfied",
    ]
    for name in CORE[1:5]:
        assert [option.labels["en"] for option in victim_voice.item(name).options][:7] == seven


def test_there_is_a_place_for_every_borough(victim_voice: Instrument) -> None:
    codes = [option.code for option in victim_voice.item("borough").options]
    places = codes[: codes.index("outside")]
    labels = [option.labels["en"] for option in victim_voice.item("borough").options][: len(places)]
    assert (len(places), codes[len(places) :]) == (33, ["outside", "dontknow", "prefer"])
    assert labels == sorted(labels)


def test_the_choice_to_finish_is_a_page_like_any_other(victim_voice: Instrument) -> None:
    assert victim_voice.choice_page is victim_voice.page("more")
    assert [option.code for option in victim_voice.item("more").options] == ["yes", "finish"]
    assert after(victim_voice, "more", {"more": "finish"}) is None
    assert after(victim_voice, "more", {}) is None
    assert after(victim_voice, "more", {"more": "yes"}) is victim_voice.page("stage")


def test_finishing_after_the_core_is_core_and_going_on_to_the_end_is_complete(victim_voice: Instrument) -> None:
    core: dict[str, Answer] = {name: victim_voice.item(name).options[0].code for name in CORE}
    finished = {**core, "more": "finish"}
    assert status(victim_voice, finished, [*CORE, "more"], end_reached=True) == "core"
    through = {**core, "more": "yes", "stage": "early", "about": "no"}
    shown = [page.name for page in path(victim_voice, through)]
    assert status(victim_voice, through, shown, end_reached=True) == "complete"


def test_about_eight_more_is_about_eight(victim_voice: Instrument) -> None:
    counts = {stage: len(set(further(victim_voice, stage)) - ABOUT) for stage in REPORTED}
    # Most people at a counter have just told the police, or wait for news.
    assert counts["early"] in (7, 8)
    assert counts["looking"] == counts["dontknow"] == counts[None] == 8
    assert all(7 <= count <= 9 for count in counts.values()), counts
    assert len(further(victim_voice, "untold")) < 8


def test_only_one_page_more_asks_whether_they_may_be_asked_about_themselves(victim_voice: Instrument) -> None:
    for stage in STAGES:
        assert further(victim_voice, stage)[-1] == "about"
        assert set(further(victim_voice, stage, about=True)) - set(further(victim_voice, stage)) == ABOUT - {"about"}
        assert further(victim_voice, stage, about=True)[-9] == "about"


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("services", set(STAGES)),
        ("written", {"early", "looking", "dontknow", None}),
        ("interp", {"early", "looking", "dontknow", None}),
        ("updates", {"looking", "dontknow", None, "charged", "court"}),
        ("vps", {"early", "looking", "dontknow", None, "charged", "court"}),
        ("reasons", {"closed"}),
        ("claim", {"closed", "charged", "court", "guilty", "over"}),
        ("trial", {"charged", "court"}),
        ("outcome", {"guilty", "over"}),
        ("offender", {"guilty"}),
    ],
)
def test_a_right_is_asked_about_once_it_falls_due(victim_voice: Instrument, name: str, stages: set[str | None]) -> None:
    assert {stage for stage in STAGES if name in further(victim_voice, stage)} == stages


def test_rights_are_asked_with_answers_that_give_an_honest_base(victim_voice: Instrument) -> None:
    codes = ("yes", "no", "notyet", "dontknow", "na")
    rights = {item.name for item in victim_voice.items() if tuple(option.code for option in item.options) == codes}
    assert rights == {
        "interp", "written", "services", "updates", "reasons", "vps", "claim", "trial", "outcome", "costs", "things",
        "offender", "complain",
    }  # fmt: skip


def test_every_item_can_be_skipped(victim_voice: Instrument) -> None:
    assert not any(item.required or item.constraint for item in victim_voice.items())
    for stage in STAGES:
        names = [page.name for page in path(victim_voice, {"more": "yes"} | ({"stage": stage} if stage else {}))]
        assert names[-1] == "about"


def test_the_free_text_warns_that_nobody_reads_it_in_time(victim_voice: Instrument) -> None:
    [item] = [item for item in victim_voice.items() if item.kind == "text"]
    assert item.disclosure == "withhold"
    for words in ("not name anyone", "Nobody reads this in time", "999"):
        assert words in item.hints["en"]


def test_nothing_is_asked_about_what_happened_but_its_kind_and_the_borough(victim_voice: Instrument) -> None:
    asked_about = {item.name for page in victim_voice.pages for item in asked(victim_voice, page, {})}
    assert asked_about == {*CORE, "more"}
    words = " ".join(text for item in victim_voice.items() for text in (*item.labels.values(), *item.hints.values()))
    for word in ("injur", "weapon", "suspect", "happened to you", "describe what", "crime number", "your name"):
        assert word not in words.lower()


def test_what_could_find_a_person_is_a_key(victim_voice: Instrument) -> None:
    keys = {item.name for item in victim_voice.items() if item.disclosure == "key"}
    assert keys == {"crime", "borough", "stage", *ABOUT - {"about"}}
    assert all(item.disclosure is not None for item in victim_voice.items())


def test_codes_are_short_enough_for_every_program(victim_voice: Instrument) -> None:
    for item in victim_voice.items():
        assert all(len(option.code) <= 8 for option in item.options)
        assert len(item.name) <= 10


def test_everything_about_people_offers_not_to_say_and_ages_begin_at_sixteen(victim_voice: Instrument) -> None:
    for name in ABOUT - {"about"}:
        assert victim_voice.item(name).options[-1].labels["en"] == "Prefer not to say"
    ages = [option.labels["en"] for option in victim_voice.item("age").options]
    assert (ages[0], ages[-2]) == ("16 to 17", "65 or over")
    assert len(victim_voice.item("ethnic").options) == 5 + 1


@pytest.mark.parametrize(
    ("name", "wording"),
    [
        ("sex", "What is your sex?"),
        ("gender", "Is the gender you identify with the same as your sex registered at birth?"),
        ("orient", "Which of the following best describes your sexual orientation?"),
        ("ethnic", "What is your ethnic group?"),
        (
            "health",
            "Do you have any physical or mental health conditions or illnesses lasting or expected to last for "
            "12 months or more?",
        ),
        (
            "limits",
            "Does your condition or illness / do any of your conditions or illnesses reduce your ability to "
            "carry-out day-to-day activities?",
        ),
    ],
)
def test_harmonised_questions_keep_their_wording(victim_voice: Instrument, name: str, wording: str) -> None:
    assert victim_voice.item(name).labels["en"] == wording


def test_wording_that_nobody_has_compared_with_its_source_says_so(victim_voice: Instrument) -> None:
    unverified = {item.name for item in victim_voice.items() if item.unverified}
    assert {*CORE, "age", "orient", "ethnic"} <= unverified
    assert not unverified & {"sex", "gender", "health", "limits", "better"}
