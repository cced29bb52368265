"""Everybody in their own words: every language is whole, can be chosen at any time, and changes no answer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polib
import pytest
from at_the_tablet import KEYS, SMALL, Tablet, a_tablet
from babel import Locale
from player import Form, Player, raw

from forms.instrument import Instrument
from forms.logic import Answer
from forms.routing import after, asked
from forms.xlsform import VICTIM_VOICE, load, shipped_translations
from survey.catalogues import Catalogues, entries_of
from survey.languages import EASY_READ, OF_OURS, Foreign, direction, drafts, in_language, own_name, tag
from survey.parts import Mode
from survey.translated import STATES, placeholders
from survey.words import FOLDER
from survey.words import load as load_words

CATALOGUES = Catalogues.shipped()
LANGUAGES = CATALOGUES.languages()
EVERY = ("en", *LANGUAGES)
ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "translating.md"
SHIPPED = load(VICTIM_VOICE, shipped_translations()).instrument
assert SHIPPED is not None


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with a_tablet(tmp_path) as tablet:
        yield tablet


def all_languages(tablet: Tablet) -> Instrument:
    assert SHIPPED is not None
    tablet.keys = replace(KEYS, instruments=(SHIPPED,))
    return SHIPPED


def page_of(tablet: Tablet, person: Player, path: str) -> str:
    """A page as it is sent."""
    return raw(tablet.address, path, cookie=person.cookie).data.decode()


def choose(person: Player, language: str) -> None:
    """Press a language on the page that lists them."""
    token = person.browser.get("/language").form_to("/language").hidden["csrf_token"]
    person.screen = person.browser.post("/language", [("csrf_token", token), ("language", language)])


# --- the catalogues ---


def test_the_languages_of_the_design_are_there() -> None:
    expected = {"ar", "bn", "cy", "en-easy", "es", "fr", "gu", "it", "pa", "pl", "pt", "ro", "so", "ta", "tr", "ur"}
    assert set(LANGUAGES) == expected
    assert SHIPPED is not None
    assert set(SHIPPED.languages) == {"en", *expected}
    assert set(load_words()) == {"en", *expected}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_or_declared_the_same(language: str) -> None:
    counts = CATALOGUES.counts(language)
    assert (counts["missing"], counts["stale"]) == (0, 0)
    for entry in CATALOGUES.entries(language):
        assert entry.state in STATES, entry
        assert (entry.state == "same") == (entry.text == entry.english), entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_numbers_to_call_and_line_ends_survive_translation(language: str) -> None:
    for entry in CATALOGUES.entries(language):
        assert placeholders(entry.text) == placeholders(entry.english), entry
        for number in ("999", "101", "55"):
            assert (number in entry.text) == (number in entry.english), entry
        assert "\n" not in entry.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_steps_of_a_scale_stay_apart(language: str) -> None:
    """Two answers of one question that read alike would make every figure of that language wrong."""
    assert SHIPPED is not None
    for item in SHIPPED.items():
        labels = [option.labels[language] for option in item.options]
        assert len(set(labels)) == len(labels), (language, item.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_that_leaves_is_called_the_same_wherever_it_is_named(language: str) -> None:
    english, words = load_words()["en"], load_words()[language]
    naming = [place for place, text in english.items() if "“Leave and delete”" in text]
    assert len(naming) >= 3
    for place in naming:
        assert words["bar.leave"] in words[place], place


def test_no_line_of_french_begins_with_a_question_mark_or_a_quotation_mark_that_closes() -> None:
    assert SHIPPED is not None
    for entry in CATALOGUES.entries("fr"):
        assert not re.search(r" [?!:;»]|« ", entry.text), entry
    assert SHIPPED.item("experience").labels["fr"].endswith("\N{NO-BREAK SPACE}?")


def test_every_entry_says_how_far_it_is() -> None:
    for path in (*shipped_translations(), *(FOLDER.glob("*.po"))):
        if path.stem != "en":
            for entry in polib.pofile(str(path)):
                assert re.fullmatch(r"state: (draft|reviewed|same)", entry.tcomment), (path.name, entry.msgctxt)


# --- what is stale or missing is shown in English, alone ---


def test_words_whose_english_changed_are_shown_in_english_and_marked(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "translations")
    english = tmp_path / "translations" / "en.po"
    english.write_text(english.read_text().replace('msgid "Continue"', 'msgid "Go on"'))
    polish = load_words(tmp_path / "translations")["pl"]
    stale = polish["question.continue"]
    assert isinstance(stale, Foreign)
    assert stale.__html__() == '<span lang="en" dir="ltr">Go on</span>'
    assert not isinstance(polish["question.skip"], Foreign)


def test_a_question_whose_english_changed_is_warned_of_and_shown_in_english(tmp_path: Path) -> None:
    changed = tmp_path / "changed.md"
    changed.write_text(VICTIM_VOICE.read_text().replace("What kind of crime was it?", "Which crime was it?"))
    checked = load(changed, shipped_translations())
    assert checked.instrument is not None
    assert "pl" not in checked.instrument.item("crime").labels
    warned = {fault.sheet for fault in checked.faults if "Nothing in the questionnaire says" in fault.what}
    assert warned == {f"{language}.po" for language in LANGUAGES}
    shown = in_language(checked.instrument.item("crime").labels, "ar", "en")
    assert isinstance(shown, Foreign)
    assert str(shown) == "Which crime was it?"


def test_what_nobody_translated_stands_in_english_alone_on_a_page_from_right_to_left(tablet: Tablet) -> None:
    arabic = {"en": "What about experience?", "ar": "ما رأيك؟"}
    item = replace(SMALL.pages[0].items[0], labels=arabic)
    pages = (replace(SMALL.pages[0], items=(item,)), *SMALL.pages[1:])
    tablet.keys = replace(KEYS, instruments=(replace(SMALL, languages=("en", "ar"), pages=pages),))
    person = Player(tablet.address)
    person.look()
    choose(person, "ar")
    page = person.browser.get("/")
    assert page.heading == "ما رأيك؟"
    answered = page_of(tablet, person, "/")
    assert '<html lang="ar" dir="rtl">' in answered
    assert '<span lang="en" dir="ltr">GOOD</span>' in answered
    assert "&lt;span" not in answered
    assert not re.search(r'="[^"]*<span', answered)


def test_texts_of_the_questionnaire_are_escaped_in_every_language() -> None:
    shown = in_language({"en": '<b>"&'}, "ar", "en")
    assert isinstance(shown, Foreign)
    assert "<b>" not in shown.__html__()


def test_what_to_do_about_an_answer_says_its_language_and_runs_its_way(tablet: Tablet) -> None:
    """The house's words and the questionnaire's own, on a page from right to left that has neither translated."""
    own = {"en": "Say it once more, please.", "ar": ""}
    asked_again = replace(SMALL.pages[0].items[0], required=True, required_messages=own)
    pages = (replace(SMALL.pages[0], items=(asked_again,)), *SMALL.pages[1:])
    tablet.keys = replace(KEYS, instruments=(replace(SMALL, languages=("en", "ar"), pages=pages),))
    words = load_words()
    tablet.words["ar"] = {**words["ar"], "error.choice": Foreign(words["en"]["error.choice"], "en")}
    person = Player(tablet.address)
    person.look()
    choose(person, "ar")
    for said, english in (((), own["en"]), ((("experience", "unheard"),), words["en"]["error.choice"])):
        answered = sent_raw(tablet, person, person.look("/").question, said)
        marked = f'<span lang="en" dir="ltr">{english}</span>'
        assert answered.count(english) == answered.count(marked) == 2, "in the summary and at the question"


def sent_raw(tablet: Tablet, person: Player, form: Form | None, said: Sequence[tuple[str, str]]) -> str:
    """The page that comes when these answers are sent, as it is sent."""
    assert form is not None
    fields = [("csrf_token", form.hidden["csrf_token"]), *said, ("go", "continue")]
    return raw(tablet.address, form.action, "POST", fields, cookie=person.cookie).data.decode()


def test_easy_read_of_a_questionnaire_in_another_language_says_what_is_not_in_english() -> None:
    assert in_language({"pl": "Co? Jak?", "en-easy": "What? How?"}, EASY_READ, "pl") == "What? How?"
    for texts in ({"pl": "Co? Jak?"}, {"pl": "Co? Jak?", "en-easy": "Co? Jak?"}):
        shown = in_language(texts, EASY_READ, "pl")
        assert isinstance(shown, Foreign)
        assert shown.__html__() == '<span lang="pl" dir="ltr">Co? Jak?</span>'
    assert in_language({}, EASY_READ, "pl") == ""


def test_numbers_keep_their_order_also_where_a_language_from_the_right_is_the_questionnaires_own() -> None:
    assert in_language({"ar": "0800 1111"}, "ar", "ar") == "\u20660800 1111\u2069"


# --- a page that says what is wrong ---


def in_arabic(tablet: Tablet) -> Player:
    """Somebody in the middle of the interview, who reads Arabic."""
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    choose(person, "ar")
    person.say(experience="sat1")
    return person


def wrong_pages(tablet: Tablet, cookie: str | None) -> Iterator[tuple[str, str]]:
    """What is wrong, in one word, and the page that says so, as it is sent."""
    long, plain_text = b"x" * 70_000, {"Content-Type": "text/plain"}
    for about, path, method, body, headers, status in (
        ("missing", "/nowhere", "GET", None, None, 404),
        ("missing", "/page/contact", "PUT", None, None, 405),
        ("large", "/page/contact", "POST", long, None, 413),
        ("unreadable", "/page/contact", "POST", b"x", plain_text, 415),
    ):
        answer = raw(tablet.address, path, method, body, cookie, headers)
        assert answer.status == status
        yield about, answer.data.decode()


@pytest.mark.parametrize("mode", ["kiosk", "link"])
def test_what_went_wrong_is_said_in_the_language_that_somebody_reads(tmp_path: Path, mode: Mode) -> None:
    with a_tablet(tmp_path, mode=mode) as tablet:
        person, words = in_arabic(tablet), load_words()["ar"]
        for about, page in wrong_pages(tablet, person.cookie):
            assert '<html lang="ar" dir="rtl">' in page, about
            assert words[f"problem.{about}"] in page
            assert words["problem.return"] in page
            assert 'class="language" href="/language"' in page, "another language is one press away"


def broken() -> str:
    raise LookupError


def test_a_fault_of_ours_is_told_in_their_language_and_where_the_visit_is_what_is_broken_in_english(
    tablet: Tablet, caplog: pytest.LogCaptureFixture
) -> None:
    tablet.app.add_url_rule("/broken", "broken", broken)
    person, words = in_arabic(tablet), load_words()
    page = page_of(tablet, person, "/broken")
    assert '<html lang="ar" dir="rtl">' in page
    assert words["ar"]["problem.ours"] in page
    with tablet.visits.holding(person.cookie) as visit:
        assert visit is not None
        del visit.language
    for path in ("/broken", "/page/contact", "/nowhere"):
        answer = raw(tablet.address, path, cookie=person.cookie)
        assert answer.status == 500
        assert '<html lang="en" dir="ltr">' in answer.data.decode()
    assert [record.getMessage().split(".")[0] for record in caplog.records if record.name == "heard"] == [
        "A page failed with LookupError", "A page failed with AttributeError"
    ]  # fmt: skip


def test_not_available_is_said_in_their_language_and_offers_none_where_nothing_can_be_chosen(tablet: Tablet) -> None:
    person = in_arabic(tablet)
    tablet.keys = None
    for path, heading in (("/", "unavailable.heading"), ("/help", "help.heading")):
        page = page_of(tablet, person, path)
        assert load_words()["ar"][heading] in page
        assert 'class="language"' not in page


# --- choosing ---


@pytest.mark.parametrize("language", EVERY)
def test_a_whole_interview_in_each_language_gives_the_same_answers(tablet: Tablet, language: str) -> None:
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    if language != "en":
        choose(person, language)
    page = page_of(tablet, person, "/")
    assert f'<html lang="{tag(language)}" dir="{direction(language)}">' in page
    person.first_of_each(more="yes", stage="looking", about="yes")
    response = tablet.only_response()
    assert response.language == language
    assert response.status == "complete"
    assert dict(response.answers) == first_of_each(more="yes", stage="looking", about="yes")


def first_of_each(**said: str) -> dict[str, Answer]:
    """The answers of somebody who takes the first of everything but what is said."""
    assert SHIPPED is not None
    answers: dict[str, Answer] = {}
    page = after(SHIPPED, None, answers)
    while page is not None:
        for item in asked(SHIPPED, page, answers):
            if item.options:
                answers[item.name] = said.get(item.name, item.options[0].code)
        page = after(SHIPPED, page.name, answers)
    return answers


def test_switching_in_the_middle_keeps_the_answers_and_the_place(tablet: Tablet) -> None:
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    person.say(experience="dis2")
    person.say(contact="sat1")
    choose(person, "pl")
    assert person.screen.address.endswith("/page/actions")
    assert person.screen.heading == "Jak ocenia Pan/Pani to, co zrobiła policja?"
    person.say(actions="sat3")
    choose(person, "ar")
    assert person.screen.address.endswith("/page/informed")
    person.first_of_each(more="finish")
    answers = tablet.only_response().answers
    assert (answers["experience"], answers["contact"], answers["actions"]) == ("dis2", "sat1", "sat3")
    assert tablet.only_response().language == "ar"


@pytest.mark.parametrize("code", EVERY)
def test_the_names_and_directions_of_our_languages_are_those_of_the_locale_data(code: str) -> None:
    locale = Locale.parse(tag(code))
    assert OF_OURS[code] == ("Easy Read" if code == EASY_READ else locale.get_display_name(), locale.text_direction)


def test_each_language_is_offered_by_its_own_name_with_its_own_direction(tablet: Tablet) -> None:
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    for path in ("/", "/language"):
        page = page_of(tablet, person, path)
        for code, name in (("ar", "العربية"), ("pl", "polski"), ("en-easy", "Easy Read"), ("en", "English")):
            assert re.search(rf'value="{code}" lang="{tag(code)}" dir="{direction(code)}"[^>]*>{name}<', page), (
                path,
                code,
            )


def test_a_language_that_nobody_knows_changes_nothing(tablet: Tablet) -> None:
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    for untrusted in ("xx", "", "en\x00", "../pl", "pl" * 500):
        choose(person, untrusted)
        assert person.screen.heading.startswith("Think of the whole experience.")


def test_the_next_person_starts_in_english(tablet: Tablet) -> None:
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    choose(person, "ur")
    person.first_of_each(more="finish")
    person.press("/next")
    assert Player(tablet.address).look().heading.startswith("Think of the whole experience.")


# --- drafts are called drafts ---


UNCHECKED = "No person has checked them yet."


def all_reviewed(folder: Path) -> Path:
    """The words around the questions, as if somebody had checked every one of them."""
    shutil.copytree(FOLDER, folder)
    for path in folder.glob("*.po"):
        path.write_text(path.read_text().replace("# state: draft", "# state: reviewed"))
    return folder


def nothing_unverified(instrument: Instrument) -> Instrument:
    """The questions, as if somebody had checked every one of them."""
    pages = (
        replace(page, items=tuple(replace(item, unverified=frozenset()) for item in page.items))
        for page in instrument.pages
    )
    return replace(instrument, pages=tuple(pages))


@pytest.mark.parametrize("path", ["/language", "/staff"])
@pytest.mark.parametrize("reviewed", [{"nothing"}, {"questions"}, {"words"}, {"questions", "words"}])
def test_drafts_are_said_to_be_drafts_to_respondents_and_on_the_page_for_staff(
    tmp_path: Path, path: str, reviewed: set[str]
) -> None:
    words = load_words(all_reviewed(tmp_path / "words")) if "words" in reviewed else load_words()
    with a_tablet(tmp_path, words=words) as tablet:
        shipped = all_languages(tablet)
        checked = nothing_unverified(shipped) if "questions" in reviewed else shipped
        tablet.keys = replace(KEYS, instruments=(checked,))
        person = Player(tablet.address)
        person.look()
        assert (UNCHECKED in person.browser.get(path).words) is (reviewed != {"questions", "words"})


def test_one_word_that_nobody_has_checked_makes_its_language_a_draft(tmp_path: Path) -> None:
    path = all_reviewed(tmp_path / "words") / "ro.po"
    assert load_words(tmp_path / "words").drafted == frozenset()
    for said in ("state: draft", "translators: no word on how far it is"):
        path.write_text(path.read_text().replace("# state: reviewed", f"# {said}", 1))
        assert load_words(tmp_path / "words").drafted == {"ro"}
        path.write_text(path.read_text().replace(f"# {said}", "# state: reviewed", 1))
    path.write_text(f'{path.read_text()}\n# state: draft\nmsgctxt "nowhere"\nmsgid "No longer said"\nmsgstr "x"\n')
    assert load_words(tmp_path / "words").drafted == frozenset(), "nobody is shown what is stale"


def test_staff_are_told_which_languages_nobody_has_checked(tablet: Tablet) -> None:
    all_languages(tablet)
    person = Player(tablet.address)
    person.look()
    (listed,) = re.findall(rf"{UNCHECKED}</p>\s*<p>(.*)</p>", page_of(tablet, person, "/staff"))
    names = [(tag(code), own_name(code)) for code in all_languages(tablet).languages[1:]]
    assert re.findall(r'<bdi lang="([^"]*)">([^<]*)</bdi>', listed) == names


def test_the_page_for_translators_calls_everything_a_draft_for_as_long_as_it_is_one() -> None:
    reviewed = sum(CATALOGUES.counts(language)["reviewed"] for language in LANGUAGES)
    said = "**All translations are drafts that a computer made.** Nobody has checked them yet."
    assert (said in DOCS.read_text()) == (reviewed == 0)


# --- looked at ---


def test_every_language_has_its_picture_in_the_docs() -> None:
    pictures = {path.stem: path.read_bytes() for path in (ROOT / "docs" / "pages" / "languages").glob("*.png")}
    assert set(pictures) == set(EVERY)
    assert len(set(pictures.values())) == len(EVERY), "two languages have the same picture"
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())


def test_a_reviewed_language_is_no_draft(tmp_path: Path) -> None:
    file = polib.pofile(str(next(path for path in shipped_translations() if path.stem == "pl")))
    for entry in file:
        entry.tcomment = entry.tcomment.replace("draft", "reviewed")
    file.save(str(tmp_path / "pl.po"))
    checked = load(VICTIM_VOICE, [tmp_path / "pl.po"])
    assert checked.instrument is not None
    assert drafts(checked.instrument, ()) == ()
    assert drafts(checked.instrument, {"pl", "ro"}) == ("pl",), "the words around the questions count too"
    assert {entry.state for entry in entries_of(tmp_path / "pl.po", "questions")} <= {"reviewed", "same"}


_WITH_A_PAGE = """
| survey | | | | |
| | type | name | label | appearance |
| | begin_group | both | Two things | field-list |
| | integer | first | What first? | |
| | integer | then | What then? | |
| | end_group | | | |
| settings | | | | |
| | form_id | version | default_language | |
| | small | 1 | en | |
"""


@pytest.mark.parametrize(("draft", "expected"), [("both", ("pl",)), ("then", ("pl",)), ("", ())])
def test_a_draft_above_a_page_or_of_a_question_makes_its_language_a_draft(
    tmp_path: Path, draft: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / "small.md").write_text(_WITH_A_PAGE)
    file = polib.POFile()
    for place, english in (("both", "Two things"), ("first", "What first?"), ("then", "What then?")):
        state = "draft" if place == draft else "reviewed"
        file.append(polib.POEntry(msgctxt=place, msgid=english, msgstr="Po polsku", tcomment=f"state: {state}"))
    file.save(str(tmp_path / "pl.po"))
    checked = load(tmp_path / "small.md", [tmp_path / "pl.po"])
    assert checked.instrument is not None, checked.faults
    assert drafts(checked.instrument, ()) == expected
