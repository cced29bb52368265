"""Free text leaves only by the rules: masked, let out by two people, or as a count of ten or more."""

from __future__ import annotations

import csv
import os
import re
import stat
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, product
from pathlib import Path

import pytest
from custodian_world import PASSPHRASE, PLACES, People, carried_out, sealed, victim_voice
from hypothesis import given
from hypothesis import strategies as st
from release_world import KNOWN, RECIPE, SECRET, WAITING, release, who
from small_instruments import instrument, item, option, page
from small_recipes import fitting
from test_custodian_verbs import custodian, heard, made, refused, signed, well

from export.centre.portal import FILES
from export.custodian.comments import OpenItems
from export.custodian.custody import Custody
from export.custodian.entries import digest_of
from export.custodian.known import Known
from export.custodian.masking import masked
from export.custodian.quotations import Decision, ReviewBook, ReviewRefused, places_of, shown
from export.custodian.recipe_file import DEMONSTRATION
from export.custodian.recipe_shapes import RecipeRefused
from export.custodian.release import Released
from export.custodian.rules import Rules
from export.custodian.telling import rules_of
from export.custodian.text_marks import Quotation, TextMark, fingerprint
from export.custodian.theme_counts import WROTE, far_apart, told_of
from export.custodian.themes import FRAME, NOT_CODED, CodeFrame, Said, read_frame
from export.custodian.words import write_words
from export.custodian.written import Words
from export.manifest import PUBLIC_LIST, verified
from forms.response import Response
from survey.sealing import SigningKey

__all__ = ["custodian", "made", "signed"]  # fixtures

AUTHORITY = SigningKey(b"a" * 32)
FRAME_READ = read_frame(FRAME)
LEAST = 10


@dataclass(frozen=True)
class Case:
    """What somebody may type, what of it must not remain, and what must."""

    text: str
    gone: str = ""
    stays: str = ""


def harmless(text: str) -> Case:
    return Case(text, stays=text)


CASES = [
    Case("jo.bloggs+x@example.org", "jo.bloggs+x example org", "[e-mail]"),
    Case("jo @ example . org", "jo example org", "[e-mail]"),
    Case("jo at gmail dot com", "jo gmail com", "[e-mail]"),
    Case("jo dot bloggs at post dot example dot org", "jo bloggs post example org", "[e-mail]"),
    Case("jo[at]gmail.com", "jo gmail com", "[e-mail]"),
    Case("jo (at) example (dot) org", "jo example org", "[e-mail]"),
    Case("jo at gmail", "jo gmail", "[e-mail]"),
    Case("jo at outlook.com", "jo outlook com", "[e-mail]"),
    Case("https://example.org/me", "example org", "[web address]"),
    Case("@jo_bloggs", "jo bloggs", "[web address]"),
    Case("@jo", "@ jo", "[web address]"),
    Case("facebook.com/jobloggs", "jobloggs", "[web address]"),
    Case("my insta is jo_99", "jo_99", "[web address]"),
    Case("insta: jobloggs", "jobloggs", "[web address]"),
    Case("Snapchat name = jo.b", "jo.b", "[web address]"),
    Case("SW1A 1AA", "SW1A 1AA", "[postcode]"),
    Case("e8 1ab", "e8 1ab", "[postcode]"),
    Case("SW1A  1AA", "SW1A 1AA", "[postcode]"),
    Case("sw1a-1aa", "sw1a 1aa", "[postcode]"),
    Case("AB12 CDE", "AB12 CDE", "[vehicle]"),
    Case("lp19xyz", "lp19 xyz", "[vehicle]"),
    Case("LV 70 XYZ", "LV 70 XYZ", "[vehicle]"),
    Case("lv 70 xyz", "lv 70 xyz", "[vehicle]"),
    Case("AB-12-CDE", "AB 12 CDE", "[vehicle]"),
    Case("AB 12 34 56 C", "12 34 56", "[national insurance number]"),
    Case("07700 900123", "07700 900123", "[phone]"),
    Case("+44 20 7946 0018", "44 7946 0018", "[phone]"),
    Case("(020) 7946-0018", "020 7946 0018", "[phone]"),
    Case("07700/900123", "07700 900123", "[phone]"),
    Case("o7700 900123", "7700 900123", "[phone]"),
    Case("07700_900123", "07700 900123", "[phone]"),
    Case("12345/678901", "12345 678901", "[number]"),
    Case("4929 1234 5678 9012", "4929 1234 5678 9012", "[number]"),
    Case("crime ref 4812345/26", "4812345", "[reference]"),
    Case("CAD 1234", "1234", "[reference]"),
    Case("crime number is 6512345/26", "6512345", "[reference]"),
    Case("URN: 01AB0123456", "01AB0123456", "[reference]"),
    Case("PC Adeyemi", "Adeyemi", "[officer]"),
    Case("PC1234", "1234", "[officer]"),
    Case("sgt 412MD", "412MD", "[officer]"),
    Case("412 MD", "412 MD", "[officer]"),
    Case("412md", "412md", "[officer]"),
    Case("PCs Smith and Jones", "Smith Jones", "[officer]"),
    Case("pcs smith and jones", "smith jones", "[officer]"),
    Case("dcs smith, patel & jones", "smith patel jones", "[officer]"),
    Case("PC Smith, Jones & Patel", "Smith Jones Patel", "[officer]"),
    Case("Det Con Patel", "Patel", "[officer]"),
    Case("Det. Sgt. Jane Doe", "Jane Doe", "[officer]"),
    Case("Detective Constable Jane Doe", "Jane Doe", "[officer]"),
    Case("dc o'brien", "brien", "[officer]"),
    Case("Officer Kelly & DS Brown 4412", "Kelly Brown 4412", "[officer]"),
    Case("Sgt. Lee", "Lee", "[officer]"),
    Case("PC J Smith", "Smith", "[officer]"),
    Case("Mrs Khan", "Khan", "[name]"),
    Case("Ms A Khan", "Khan", "[name]"),
    Case("my name is amina", "amina", "[name]"),
    Case("my son Callum", "Callum", "my son [name]"),
    Case("my ex Darren", "Darren", "my ex [name]"),
    Case("my mum's boyfriend Kevin", "Kevin", "boyfriend [name]"),
    Case("Ana-Maria da Silva", "Ana Maria Silva", "[name]"),
    Case("his ex-wife, Mary Ann", "Mary Ann", "[name]"),
    Case("Zoë Müller", "Zoë Müller", "[name]"),
    Case("Łukasz O'Connor-Żak", "Łukasz Connor Żak", "[name]"),
    Case("Anna Maria Lopez", "Anna Maria Lopez", "[name]"),
    Case("AMINA KHAN", "AMINA KHAN", "[name]"),
    Case("J. Smith", "Smith", "[name]"),
    Case("J.K. Smith", "J.K. Smith", "[name]"),
    Case("12 Brixton Hill Road", "Brixton", "[address]"),
    Case("flat 7b", "7b", "[address]"),
    Case("07700900123@jo", "07700900123 jo"),
    harmless("Nobody called me back for 3 weeks."),
    harmless("the officer was kind and listened to me"),
    harmless("I waited 45 minutes and then 101 hung up. 999 never came."),
    harmless("Please be faster. It took 14 days and 2 letters."),
    harmless("PC and laptop stolen"),
    harmless("age 43 ok"),
    harmless("on the 12th at 10am, or 20 to 30 in all"),
    harmless("in 20 min, by 14 day, at 11 the"),
    harmless("my son told them twice and my ex kept my keys"),
    harmless("they rang me at home. They came at nine"),
    harmless("THEY NEVER CALLED ME BACK AT ALL"),
    harmless("Victim Support was kind"),
    harmless("the CCTV FOOTAGE was gone. Thank You"),
    harmless("the officer I saw was kind"),
    harmless("people at live shows told.me so"),
    harmless("on 12/11/2026 at 10:30"),
    harmless("on Facebook, and on my insta too"),
]
AROUND = ["{}", "it was {} again", "They wrote to {}, twice.", "tell {} that\nI waited"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
@pytest.mark.parametrize("around", AROUND)
def test_whatever_has_the_shape_of_something_that_finds_people_is_taken_out_and_nothing_else(
    case: Case, around: str
) -> None:
    told = masked(around.format(case.text))
    for telling in case.gone.split():
        assert telling.casefold() not in told.casefold()
    assert case.stays in told
    for beside in around.split("{}"):
        assert " ".join(beside.split()) in told


@given(number=st.integers(0, 10**9 - 1), cut=st.lists(st.integers(1, 10), max_size=3), sign=st.sampled_from(" -."))
def test_a_telephone_number_goes_however_it_is_written(number: int, cut: list[int], sign: str) -> None:
    digits = f"07{number:09}"
    for place in sorted(set(cut), reverse=True):
        digits = digits[:place] + sign + digits[place:]
    assert digits not in masked(f"ring me on {digits} please")


@given(st.text(max_size=300))
def test_masking_twice_is_masking_once_and_never_fails(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("mark", ["\x1b", "\x07", "\r", "\x9b", "\u202e", "\u200b", "\u2066"], ids=ascii)
def test_nothing_that_cannot_be_seen_hides_a_word_from_a_reviewer_or_leaves(tmp_path: Path, mark: str) -> None:
    """A terminal that knows 'conceal' shows nothing between two such marks; another turns a line round."""
    text = f"they were kind {mark}[8m but tell jo smythe {mark}[0m 07700{mark}900123 and quick"
    seen = "they were kind [8m but tell jo smythe [0m [phone] and quick"
    assert masked(text) == seen
    book = ReviewBook(tmp_path, AUTHORITY)
    for name in ("Ann", "Ben"):
        book.decide("d", text, Decision(name, let_out=True, blank=places_of(text, ["smythe [0m"])))
    (quotation,) = book.waiting().values()
    assert quotation.text == "they were kind [8m but tell jo […] [phone] and quick"


def test_letters_that_are_joined_by_an_unseen_mark_stay_whole() -> None:
    for whole in ("ক্\u200cষ", "می\u200cخواهم", "ශ්\u200dරී"):
        assert masked(f"it said {whole}") == f"it said {whole}"


def test_a_reviewer_blanks_more_and_nothing_of_it_is_kept_in_the_book(tmp_path: Path) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    text = "The only imam\nat the mosque on that road told PC Smith"
    places = places_of(text, ["imam at the mosque"])
    book.decide("d1", text, Decision("Ana", let_out=True, blank=places))
    assert b"imam" not in (tmp_path / "review.json").read_bytes()
    reviewed = book.decide("d1", text, Decision("Bo", let_out=True, blank=places_of(text, ["only"])))
    assert reviewed.quotation == "The […] […] on that road told [officer]"
    assert ReviewBook.opened(tmp_path, AUTHORITY).waiting()["d1"].text == reviewed.quotation
    with pytest.raises(ReviewRefused, match="as it is shown"):
        places_of(text, ["Smith was"])


@pytest.mark.parametrize(
    "again",
    [
        "Zoë O'Hara", " zoë  O'HARA ", "O'Hara, Zoë", "Zoe O’Hara", "zoe.ohara", "ZoëO'Hara", "Zoe\u0308 O'Hara",
        "Zoë-O'Hara", "Ｚｏë O'Hara", "Zoë O'Hara (2)", "O'HaraZoë",
    ],
)  # fmt: skip
def test_one_person_alone_lets_nothing_out_however_they_spell_their_name(tmp_path: Path, again: str) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    book.decide("d1", "text", Decision("Zoë O'Hara", let_out=True))
    assert not book.waits_for("d1", "text", again)
    with pytest.raises(ReviewRefused, match="Two different people"):
        book.decide("d1", "text", Decision(again, let_out=True))
    assert book.waiting() == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ana Smith", "SmithAna"), ("AnaSmith", "Smith, Ana"), ("Łukasz Nowak", "Lukasz Nowak"),
        ("Søren Ægir", "soren aegir"), ("Søren", "Soeren"), ("Müller", "MUELLER"), ("Müller", "Muller"),
        ("Đặng", "dang"), ("Işık", "isik"), ("Bjo\u0308rn", "Bjoern"), ("Åse", "Aase"), ("Groß", "GROSS"),
    ],
)  # fmt: skip
def test_one_name_without_the_letters_of_a_language_is_one_person(tmp_path: Path, first: str, second: str) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    book.decide("d1", "text", Decision(first, let_out=True))
    assert not book.waits_for("d1", "text", second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("Amy Hall", "May Hill"), ("Ana Hall", "Ana Hill"), ("राम शर्मा", "रमा वर्मा"), ("Ана", "Анна")],
)
def test_two_people_with_like_names_are_two_people(tmp_path: Path, first: str, second: str) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    for by in (first, second):
        book.decide("d1", "text", Decision(by, let_out=True))
    assert book.waiting()["d1"].text == "text"


@pytest.mark.parametrize("nobody", ["", "  ", "2", "-"])
def test_who_gives_no_name_decides_nothing(tmp_path: Path, nobody: str) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    with pytest.raises(ReviewRefused, match="Give your name"):
        book.waits_for("d1", "text", nobody)
    with pytest.raises(ReviewRefused, match="Give your name"):
        book.decide("d1", "text", Decision(nobody, let_out=True))


def test_what_one_person_said_of_another_text_counts_for_nothing(tmp_path: Path) -> None:
    # A fuller copy of the same response came in between: the first reviewer never saw what the second lets out.
    before, after = "My son told them twice.", "My son is the only blind boy at Rye school."
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    book.decide("d1", before, Decision("Ana", let_out=True, blank=places_of(before, ["son"])))
    book.decide("d1", after, Decision("Bo", let_out=True))
    assert ReviewBook.opened(tmp_path, AUTHORITY).waiting() == {}
    assert book.waits_for("d1", after, "Ana")
    assert book.decide("d1", after, Decision("Ana", let_out=True)).quotation == after


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_either_of_the_two_can_hold_it_back(tmp_path: Path, first: bool, second: bool) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    book.decide("d1", "text", Decision("Ana", let_out=first))
    if first:
        book.decide("d1", "text", Decision("Bo", let_out=second))
    assert not book.waits_for("d1", "text", "Cy")
    assert book.waiting() == {}
    assert b"text" not in (tmp_path / "review.json").read_bytes()


@pytest.mark.parametrize("by", ["Ana", "Bo", "Cy"])
def test_until_it_has_left_anybody_takes_back_what_two_let_out_and_it_is_not_asked_again(
    tmp_path: Path, by: str
) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    for digest in ("d1", "d2"):
        for reviewer in ("Ana", "Bo"):
            book.decide(digest, f"said {digest}", Decision(reviewer, let_out=True))
    book.left({"d2": "heard-1"})
    book.take_back("d1", by)
    assert ReviewBook.opened(tmp_path, AUTHORITY).waiting() == {}
    assert b"said d1" not in (tmp_path / "review.json").read_bytes()
    assert not any(book.waits_for("d1", "said d1", each) for each in ("Ana", "Bo", "Cy"))
    with pytest.raises(ReviewRefused, match="has left"):
        book.take_back("d2", by)


def test_what_waits_to_leave_is_read_once_more_and_taken_back_at_the_key_machine(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    asked = [one for one in People(3, victim_voice()).many(40) if "better" in one.answers][:2]
    people = [replace(one, answers={**one.answers, "better": text}) for one, text in zip(asked, "UV", strict=True)]
    path = str(carried_out(tmp_path / "rows.carried", sealed(secret.public, people)))
    for by in ("Ana", "Bo"):
        well(heard(signed, "review", "--from", path, "--by", by, said="y\ny\n"))
    said = well(heard(signed, "take-back", "--by", "Ana", said="k\nt\n"))
    assert "2 quotations wait" in said
    assert "1 quotation waits for the next release" in said
    assert "1 of 1" in well(heard(signed, "take-back", "--by", "Bo", said="t\n"))
    assert "No quotation waits" in well(heard(signed, "take-back", "--by", "Bo"))
    again = well(heard(signed, "review", "--from", path, "--by", "Cy"))
    assert "0 quotations wait for the next release, let out" in again


def test_a_quotation_leaves_once(tmp_path: Path) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    for digest in ("d1", "d2"):
        for by in ("Ana", "Bo"):
            book.decide(digest, f"said {digest}", Decision(by, let_out=True))
    book.left({"d1": "heard-1", "d0": "heard-1"})
    assert ReviewBook.opened(tmp_path, AUTHORITY).waiting().keys() == {"d2"}


def test_a_book_that_was_edited_lets_nothing_out(tmp_path: Path) -> None:
    book = ReviewBook.opened(tmp_path, AUTHORITY)
    book.decide("d1", "text", Decision("Ana", let_out=False))
    path = tmp_path / "review.json"
    path.write_bytes(path.read_bytes().replace(b"false", b"true"))
    with pytest.raises(ReviewRefused, match="edited"):
        ReviewBook.opened(tmp_path, AUTHORITY)


def test_two_people_review_at_the_key_machine_and_see_masked_words_only(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    asked = [one for one in People(3, victim_voice()).many(40) if "better" in one.answers][:3]
    said = ["Ring me on 07700 900123", "PC Smith was kind", "Answer the phone"]
    people = [replace(one, answers={**one.answers, "better": text}) for one, text in zip(asked, said, strict=True)]
    path = str(carried_out(tmp_path / "rows.carried", sealed(secret.public, people)))
    first = well(heard(signed, "review", "--from", path, "--by", "Ana", said="y\ny\nn\n"))
    assert "3 comments, 3 for you to decide" in first
    assert "0 quotations wait for the next release, let out" in first
    for telling in ("07700", "Smith"):
        assert telling not in first
    again = well(heard(signed, "review", "--from", path, "--by", "ana"))
    assert "0 for you to decide" in again
    second = well(heard(signed, "review", "--from", path, "--by", "Bo", said="b\nnot there\nb\nkind\ny\nq\n"))
    assert "2 for you to decide" in second
    assert "as it is shown" in second
    refused(heard(signed, "review", "--from", str(tmp_path / "nothing"), "--by", "Bo"), "nothing")
    for file in signed.rglob("*"):
        if file.is_file():
            assert b"07700" not in file.read_bytes()
            assert b"Smith" not in file.read_bytes()


def test_while_one_verb_works_in_a_custodians_folder_no_other_does(signed: Path, tmp_path: Path) -> None:
    # Two releases that read one ledger would let the same people out twice.
    (secret,) = Custody(signed).collection(PASSPHRASE)
    rows = sealed(secret.public, quoted_people(60, "burglary", 5))
    path = str(carried_out(tmp_path / "rows.carried", rows))
    command = [sys.executable, "-m", "export", "review", "--instance", str(signed), "--from", path, "--by", "Ana"]
    environ = {**os.environ, "HEARD_PASSPHRASE": PASSPHRASE, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as review:
        assert review.stdout
        assert any("for you to decide" in line for line in review.stdout)
        refused(heard(signed, "release", "--from", path), "Another command is at work", "Wait until it ends")
        review.communicate("q\n")
    refused(heard(signed, "release", "--from", path), "an epoch that is not over")


def test_themes_are_found_in_whatever_letters_and_endings() -> None:
    assert FRAME_READ.themes("They NEVER updated me") == ("updates",)
    assert FRAME_READ.themes("took me\n seriously, and kept me waiting") == ("speed", "listened")
    assert FRAME_READ.themes("Alles war gut") == (NOT_CODED,)


def test_every_word_of_the_frame_counts_towards_its_theme() -> None:
    for code, words in FRAME_READ.words.items():
        for word in words:
            assert code in FRAME_READ.themes(f"so {word.replace('*', 'xyz')} then"), word


MOVED, ROUNDED = rules_of(RECIPE.tables), rules_of(replace(RECIPE.tables, protection="round"))


def told_of_groups(
    groups: dict[tuple[str, ...], int], people: int, frame: CodeFrame = FRAME_READ, rules: Rules = MOVED, seed: int = 0
) -> Mapping[str, int]:
    """What may be told where so many wrote towards each of these sets of themes."""
    written = Said({})
    for themes, count in groups.items():
        for _ in range(count):
            written.themes[(seed << 32 | len(written.themes)).to_bytes(16)] = themes
    return told_of(frame, written, [(people, people)], rules, b"secret")


@given(
    counts=st.dictionaries(st.sampled_from([*FRAME_READ.labels, NOT_CODED]), st.integers(0, 40)),
    silent=st.integers(0, 60), seed=st.integers(0, 99), rounded=st.booleans(),
)  # fmt: skip
def test_a_theme_leaves_only_as_a_count_of_ten_or_more_and_never_exactly(
    counts: dict[str, int], silent: int, seed: int, rounded: bool
) -> None:
    people = sum(counts.values()) + silent
    groups = {(code,): count for code, count in counts.items()}
    shown = told_of_groups(groups, people, rules=ROUNDED if rounded else MOVED, seed=seed)
    for theme, count in shown.items():
        true = sum(counts.values()) if theme == WROTE else counts[theme]
        assert true >= LEAST <= count
        assert abs(count - true) <= (2 if rounded else 3)
        assert not rounded or count % 5 == 0


def test_a_count_is_moved_and_the_same_people_always_alike() -> None:
    told = [told_of_groups({("speed",): 40, (NOT_CODED,): 30}, 120, seed=seed)["speed"] for seed in range(60)]
    again = [told_of_groups({("safety",): 40, (NOT_CODED,): 60}, 150, seed=seed)["safety"] for seed in range(60)]
    assert set(range(-1, 2)) < {count - 40 for count in told} <= set(range(-3, 4))
    assert told == again


def frame_of(**words: tuple[str, ...]) -> CodeFrame:
    return CodeFrame(dict.fromkeys(words, "A theme"), words)


SLOW = frame_of(slow=("slow*", "queue*"), desk=("desk",))


def saying(people: list[Response], *texts: tuple[int, str]) -> list[Response]:
    """The same people; so many of them write this, others that, the rest nothing."""
    written = [text for count, text in texts for _ in range(count)]
    silent = [{name: one for name, one in person.answers.items() if name != "better"} for person in people]
    said = [answers | {"better": text} for answers, text in zip(silent, written, strict=False)]
    answered = [*said, *silent[len(said) :]]
    return [replace(one, answers=answers) for one, answers in zip(people, answered, strict=True)]


def counted_themes(folder: Path, people: list[Response], frame: CodeFrame) -> dict[str, str]:
    """Theme -> its line's count, and ``of``, of the next release of this folder."""
    released, _ = release(folder, sealed(SECRET.public, people), words=Words(frame), writers=[write_words])
    lines = told(released, "themes.csv")
    (of,) = {line["of"] for line in lines}
    return {line["theme"]: line["comments"] for line in lines} | {"of": of}


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ('"slow*", "queue*"', '"slow*"'), ('"officer*", "desk"', '"desk officer"'), ('"kin*"', '"kindness", "polite"'),
        ('"kind"', '"kind*"'),
    ],
)  # fmt: skip
def test_a_frame_with_a_theme_within_another_is_refused_since_one_less_the_other_would_tell_of_a_few(
    tmp_path: Path, words: str, others: str
) -> None:
    """Of 32 beside 31 within them the exact counts told that one wrote of a queue; three that overlap told as much."""
    themes = [
        f"[[theme]]\ncode = '{code}'\nlabel = 'L'\nwords = [{said}]" for code, said in (("a", words), ("b", others))
    ]
    for order in (themes, themes[::-1]):
        (tmp_path / "frame.toml").write_text("\n".join(order))
        with pytest.raises(RecipeRefused, match=r"counts towards . too\. Leave it in one of them"):
            read_frame(tmp_path / "frame.toml")


def test_one_person_whom_a_theme_leaves_over_of_all_who_wrote_or_of_all_records_is_not_told_of(tmp_path: Path) -> None:
    everybody = quoted_people(60, "burglary", 5)
    of_all_who_wrote = saying(everybody, (31, "so slow"), (1, "plain"))
    assert counted_themes(tmp_path / "1", of_all_who_wrote, SLOW)["slow"] == "[c]"
    of_all_records = saying(everybody, (59, "so slow"))
    assert set(counted_themes(tmp_path / "2", of_all_records, SLOW).values()) == {"[c]"}


def asked_after_a_yes(folder: Path, asked: int, stopped: int) -> str:
    """``of``, where 40 of so many who said yes, and were asked, wrote, and some of these stopped before it."""
    made = instrument(
        page("p1", item("experience", core=True)), page("p2", item("since")),
        page("p3", item("better", "text", relevant="${experience} = 'yes'")),
    )  # fmt: skip
    answers = [{"experience": "yes", "better": "so slow"}] * 40 + [{"experience": "yes"}] * (asked - 40)
    people = [who(n, made, said) for n, said in enumerate([*answers, *[{"experience": "no"}] * 60])]
    early = {n for n, one in enumerate(people) if n >= asked - stopped and n < asked}
    before = {"experience": "yes", "since": "no"}
    people = [replace(one, status="core", answers=before) if n in early else one for n, one in enumerate(people)]
    known, rows = Known.of([made], PLACES), sealed(SECRET.public, people)
    recipe = fitting(RECIPE, made)
    released, _ = release(folder, rows, known, recipe=recipe, words=Words(SLOW), writers=[write_words])
    (of,) = {line["of"] for line in told(released, "themes.csv")}
    return of


def test_a_few_who_were_asked_and_wrote_nothing_are_not_told_of_where_others_were_not_asked(tmp_path: Path) -> None:
    assert asked_after_a_yes(tmp_path / "few", 45, 0) == "[c]"
    assert abs(int(asked_after_a_yes(tmp_path / "many", 70, 0)) - 40) <= 3
    assert abs(int(asked_after_a_yes(tmp_path / "nobody knows", 60, 15)) - 40) <= 3, (
        "who stopped may not have been asked"
    )


def test_of_two_releases_the_themes_share_nobody_whatever_frame_each_was_counted_by(tmp_path: Path) -> None:
    everybody = quoted_people(180, "burglary", 5)
    early = saying(everybody[:80], (40, "so slow"))
    late = saying(everybody[80:], (20, "so slow"), (25, "at the desk"), (20, "plain"))
    frames = frame_of(slow=("slow*",), queue=("queue*",)), frame_of(slow=("slow*",), desk=("desk",))
    for people, frame in zip((early, early + late), frames, strict=True):
        rows = sealed(SECRET.public, people)
        released, _ = release(tmp_path, rows, words=Words(frame), writers=[write_words])
        manifest = verified(released.folder, AUTHORITY.public)
        assert manifest.more["frame"] == frame.digest
        assert frame.digest in (released.folder / PUBLIC_LIST).read_text()
        assert {line["frame"] for line in told(released, "themes.csv")} == {frame.digest}
    counts = {line["theme"]: int(line["comments"]) for line in told(released, "themes.csv")}
    assert abs(counts["slow"] - 20) <= 3 >= abs(counts["desk"] - 25), "the forty of the first are in no count"


def every_way_to_write(people: int, sets: int) -> Iterator[tuple[int, ...]]:
    """How many wrote of each of these sets of themes, every way that so many people can."""
    if sets == 1:
        yield (people,)
        return
    for first in range(people + 1):
        yield from ((first, *others) for others in every_way_to_write(people - first, sets - 1))


ATTACKED = {
    "one theme": (("aa",), [("aa",), (NOT_CODED,), ()], 46),
    "two": (("aa", "bb"), [("aa",), ("bb",), ("aa", "bb"), (NOT_CODED,), ()], 34),
}


@pytest.mark.parametrize("rules", [MOVED, ROUNDED], ids=["moved", "rounded"])
@pytest.mark.parametrize(("themes", "sets", "people"), ATTACKED.values(), ids=list(ATTACKED))
def test_who_takes_all_lines_of_themes_together_tells_no_group_under_ten_from_nobody_or_from_ten(
    themes: tuple[str, ...], sets: Sequence[tuple[str, ...]], people: int, rules: Rules
) -> None:
    # The attacker tries every way the comments may be, and every move, and keeps those that would make the same file.
    codes = [WROTE, *themes]
    inside = {code: {at for at, one in enumerate(sets) if one and code in (WROTE, *one)} for code in codes}
    groups = list(_made_by([*inside.values(), set(range(len(sets)))]))
    by_counts = defaultdict[tuple[int, ...], list[tuple[int, ...]]](list)
    for way in every_way_to_write(people, len(sets)):
        counts = tuple(sum(way[at] for at in inside[code]) for code in codes)
        by_counts[counts].append(tuple(sum(way[at] for at in group) for group in groups))
    files = defaultdict[tuple[tuple[str, int], ...], list[tuple[int, ...]]](list)
    told = cache(lambda *counts: tuple(far_apart(_large(codes, counts), [(people, people)], rules).items()))
    for counts, values in by_counts.items():
        ends = [tuple(map(min, zip(*values, strict=True))), tuple(map(max, zip(*values, strict=True)))]
        for file in {told(*one) for one in product(*(_may_stand(count, rules) for count in counts))}:
            files[file] += ends
    assert any(len(file) > 1 for file in files), "something is told"
    for file, ends in files.items():
        for least, most in zip(map(min, zip(*ends, strict=True)), map(max, zip(*ends, strict=True)), strict=True):
            assert least >= LEAST or most == 0 or most - least + 1 >= LEAST, (file, least, most)


def _made_by(groups: list[set[int]]) -> Iterator[set[int]]:
    """Of two groups: one without the other, and both."""
    for one, other in combinations(groups, 2):
        yield from (one - other, other - one, one & other)


def _may_stand(count: int, rules: Rules) -> list[int]:
    """What may stand for a count; nought where it is too small to be told."""
    if count < LEAST:
        return [0]
    moved = [(count + 2) // 5 * 5] if rules.ptable is None else [count + move for move in range(-3, 4)]
    return sorted({one if one >= LEAST else 0 for one in moved})


def _large(codes: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    return {code: count for code, count in zip(codes, counts, strict=True) if count}


@pytest.mark.parametrize(
    "frame",
    [
        "theme = 1",
        "[[theme]]\ncode = 'a'\nlabel = 'A'\nwords = []",
        "[[theme]]\ncode = 'A b'\nlabel = 'A'\nwords = ['aa']",
        "[[theme]]\ncode = 'a'\nlabel = 'A'\nwords = ['a*b']",
        "[[theme]]\ncode = 'not-coded'\nlabel = 'A'\nwords = ['aa']",
        "[[theme]]\ncode = 'a'\nlabel = 'A'\nwords = ['aa']\n[[theme]]\ncode = 'a'\nlabel = 'B'\nwords = ['bb']",
        "[[theme]\n",
    ],
)
def test_a_frame_that_cannot_be_used_is_refused_with_what_to_do(tmp_path: Path, frame: str) -> None:
    (tmp_path / "frame.toml").write_text(frame)
    with pytest.raises(RecipeRefused, match=r"frame\.toml"):
        read_frame(tmp_path / "frame.toml")


def test_what_a_reviewer_sees_is_what_leaves() -> None:
    text = "PC Smith told me to ring 07700 900123, twice"
    decisions = (Decision("Ana", let_out=True, blank=places_of(text, ["twice"])), Decision("Bo", let_out=True))
    assert shown(text, decisions) == "[officer] told me to ring [phone], […]"


RANG = "My son Tom rang. The PC, PC Smith 1234, came. I told my son nothing."


@pytest.mark.parametrize(
    ("text", "blank", "quotation"),
    [
        (RANG, [["PC"]], "My son [name] rang. The […], [officer], came. I told my son nothing."),
        (RANG, [["The PC"], ["son"]], "My […] [name] rang. […], [officer], came. I told my […] nothing."),
        (RANG, [["my son"]], "[…] [name] rang. The PC, [officer], came. I told […] nothing."),
        (RANG, [["1234, came"]], "My son [name] rang. The PC, [officer]. I told my son nothing."),
        ("ana smith from leeds saw smith from leeds", [["ana smith"], ["smith from leeds"]], "[…] saw […]"),
        ("ana smith from leeds saw smith from leeds", [["smith from leeds", "ana smith"]], "[…] saw […]"),
        ("banana", [["ana"]], "b[…]"),
        ("my  son\nand my son", [["my son"]], "[…] and […]"),
    ],
)
def test_what_a_reviewer_blanks_unmasks_nothing_of_what_the_rules_or_the_other_took_out(
    text: str, blank: list[list[str]], quotation: str
) -> None:
    decisions = [
        Decision(by, let_out=True, blank=places_of(text, passages))
        for by, passages in zip(["Ana", "Bo"], blank, strict=False)
    ]
    assert shown(text, decisions) == quotation


@given(
    texts=st.lists(st.sampled_from([case.text for case in CASES]), min_size=1, max_size=4),
    places=st.lists(st.tuples(st.integers(0, 80), st.integers(1, 20)), min_size=1, max_size=3),
)
def test_whatever_a_reviewer_blanks_no_word_is_shown_that_was_not_shown_before(
    texts: list[str], places: list[tuple[int, int]]
) -> None:
    text = " and ".join(texts)
    blank = tuple((first, min(first + size, len(text))) for first, size in places if first < len(text))
    before = re.sub(r"\[[^]]*\]", " ", shown(text, ()))
    for word in re.sub(r"\[[^]]*\]", " ", shown(text, (Decision("Ana", let_out=True, blank=blank),))).split():
        assert word in before


def quoted_people(count: int, kind: str, seed: int) -> list[Response]:
    """People of one kind of crime, each of whom wrote something of their own."""
    asked = [one for one in People(seed, victim_voice()).many(count * 6) if "better" in one.answers][:count]
    assert len(asked) == count
    return [
        replace(one, answers={**one.answers, "crime": kind, "better": f"Nobody told number {place} anything"})
        for place, one in enumerate(asked)
    ]


def told(released: Released, name: str) -> list[dict[str, str]]:
    with (released.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def let_out(people: list[Response], quotations: dict[str, str]) -> Words:
    """What two people let out of what these people wrote."""
    mark, written = TextMark.of(AUTHORITY), OpenItems.of(KNOWN)
    about = {hash_of(one): mark(fingerprint(written("tablet", one))) for one in people}
    let_go = {digest: Quotation(text, about[digest]) for digest, text in quotations.items()}
    return Words(FRAME_READ, let_go, mark)


def with_words(folder: Path, people: list[Response], quotations: dict[str, str]) -> Released:
    words = let_out(people, quotations)
    return release(folder, sealed(SECRET.public, people), words=words)[0]


def hash_of(person: Response) -> str:
    return digest_of(bytes.fromhex(person.response)).hex()


def test_themes_leave_as_counts_with_every_release(tmp_path: Path) -> None:
    released = with_words(tmp_path, quoted_people(30, "burglary", 5), {})
    counts = {line["theme"]: line["comments"] for line in told(released, "themes.csv")}
    assert counts == dict.fromkeys(FRAME_READ.labels, "[c]")
    assert not (released.folder / "quotations.csv").exists()


def test_nine_forged_comments_do_not_tell_whether_there_was_a_tenth(tmp_path: Path) -> None:
    people = quoted_people(30, "burglary", 5)
    known = [replace(one, answers={**one.answers, "better": "plain words"}) for one in people]
    said = [replace(one, answers={**one.answers, "better": "nobody ever updated me"}) for one in known]
    forged = [("open", row) for _, row in sealed(SECRET.public, [replace(one, mode="link") for one in said[20:29]])]
    for name, real in (("with", said[0]), ("without", known[0])):
        rows = [*sealed(SECRET.public, [real, *known[1:20]]), *forged]
        released, _ = release(tmp_path / name, rows, words=Words(FRAME_READ, {}))
        counts = {line["theme"]: line["comments"] for line in told(released, "themes.csv")}
        assert counts["updates"] == "[c]", name


def test_who_is_left_out_of_a_release_is_counted_and_quoted_with_the_one_that_holds_their_record(
    tmp_path: Path,
) -> None:
    ages, crimes = item("age", "integer", disclosure="key"), item("crime", options=(option("burglary"),))
    made = instrument(
        page("p1", item("experience", core=True)), page("p2", ages, crimes), page("p3", item("w", "text"))
    )

    def wrote(first: int, ages: Sequence[int], text: str) -> list[Response]:
        said = {"experience": "no", "crime": "burglary"} | ({"w": text} if text else {})
        return [who(first + place, made, said | {"age": age}) for place, age in enumerate(ages)]

    alike, lone = wrote(0, [40] * 60, "nobody ever updated me"), wrote(100, range(900, 903), "they kept me waiting")
    silent = wrote(700, [40] * 20, ""), wrote(800, [900] * 20, "")
    forged = [replace(one, mode="link") for one in wrote(200, range(200, 350), "plain words")]
    known, digest = Known.of([made], PLACES), hash_of(lone[0])
    mark = TextMark.of(AUTHORITY)
    words = Words(FRAME_READ, {digest: Quotation("kept waiting", mark(fingerprint("they kept me waiting")))}, mark)
    # Not moved, so that sixty and sixty-three are not told alike.
    rounding = fitting(replace(RECIPE, tables=replace(RECIPE.tables, protection="round")), made)
    rows = [*sealed(SECRET.public, alike + lone + silent[0]), *sealed(SECRET.public, forged, "open")]
    first, _ = release(tmp_path, rows, known, words=words, recipe=rounding)
    assert (first.left_out, first.quoted) == (53, ()), "the three among them"
    assert {line["of"] for line in told(first, "themes.csv")} == {"60"}
    rows += sealed(SECRET.public, wrote(400, [age for age in (900, 901, 902) for _ in range(20)], "plain words"))
    rows += sealed(SECRET.public, silent[1])
    second, _ = release(tmp_path, rows, known, words=words, recipe=rounding)
    assert {line["of"] for line in told(second, "themes.csv")} == {"65"}
    assert second.quoted == (digest,)


def test_nothing_is_quoted_before_its_epoch_is_over(tmp_path: Path) -> None:
    people = quoted_people(120, "burglary", 5)
    spring, summer = ([replace(one, period=month) for one in people[start:start + 60]]
                      for month, start in (("2026-06", 0), ("2026-08", 60)))  # fmt: skip
    words = let_out(people, {hash_of(summer[0]): "of August", hash_of(spring[0]): "of June"})
    released, _ = release(
        tmp_path, sealed(SECRET.public, spring + summer), recipe=WAITING, month="2026-08", words=words
    )
    assert released.quoted == (hash_of(spring[0]),)


def test_words_that_leave_are_readable_by_their_owner_only_and_say_by_which_recipe(tmp_path: Path) -> None:
    people = quoted_people(50, "burglary", 5)
    released = with_words(tmp_path, people, {hash_of(people[0]): "They were kind"})
    for name in ("themes.csv", "quotations.csv"):
        assert stat.S_IMODE((released.folder / name).stat().st_mode) == 0o600
        assert {line["recipe"] for line in told(released, name)} == {RECIPE.digest}


@pytest.mark.parametrize(
    ("families", "shown_as"),
    [
        ({"burglary": 49}, None),
        ({"burglary": 51, "violence": 50}, "family"),
        ({"burglary": 50}, ""),
        ({"burglary": 30, "violence": 30}, ""),
    ],
)
def test_a_quotation_needs_fifty_comments_beside_it_and_is_told_with_the_family_of_crime_at_most(
    tmp_path: Path, families: dict[str, int], shown_as: str | None
) -> None:
    people = [one for seed, (kind, count) in enumerate(families.items(), 7) for one in quoted_people(count, kind, seed)]
    quotations = {hash_of(people[0]): "I was [officer] kept waiting"}
    released = with_words(tmp_path, people, quotations)
    assert released.quoted == (() if shown_as is None else tuple(quotations))
    if shown_as is None:
        assert not (released.folder / "quotations.csv").exists()
        return
    (line,) = told(released, "quotations.csv")
    assert line["quotation"] == "I was [officer] kept waiting"
    assert bool(line["kind_of_crime"]) == (shown_as == "family")
    assert set(line) == {"quotation", "kind_of_crime", "recipe"}
    assert "burglary" not in line["kind_of_crime"].casefold()


def family_told(folder: Path, early: list[Response], late: list[Response], quoted: Response) -> str:
    """With which family of crime the second of two releases tells this comment."""
    release(folder, sealed(SECRET.public, early), recipe=WAITING, month="2026-07", words=Words(FRAME_READ))
    words = let_out([quoted], {hash_of(quoted): "They were kind"})
    rows = sealed(SECRET.public, early + late)
    released, _ = release(folder, rows, recipe=WAITING, month="2026-10", words=words)
    (line,) = told(released, "quotations.csv")
    return line["kind_of_crime"]


def in_month(people: list[Response], month: str) -> list[Response]:
    return [replace(one, period=month) for one in people]


def test_whoever_left_with_an_earlier_release_is_no_base_of_a_quotation(tmp_path: Path) -> None:
    early = in_month(quoted_people(60, "burglary", 5), "2026-06")
    alone, *others = in_month([*quoted_people(20, "burglary", 6)[:1], *quoted_people(60, "violence", 7)], "2026-08")
    assert family_told(tmp_path / "one", early, [alone, *others], alone) == ""
    # Were the many told with their family, a comment without one would be the one person's of another.
    assert family_told(tmp_path / "many", early, [alone, *others], others[0]) == ""
    many = in_month(quoted_people(61, "burglary", 8), "2026-08")
    assert family_told(tmp_path / "two", early, [*many, *others], many[0]) != ""
    # Whoever left before is among the people of no family here.
    assert family_told(tmp_path / "before", early, others, early[0]) == ""


def test_a_visit_that_another_stands_for_is_not_the_only_one_quoted_without_a_family(tmp_path: Path) -> None:
    """Of a person who came back one visit leaves no record, and a comment of it is told with no family of crime."""
    families = [quoted_people(count, kind, seed) for count, kind, seed in ((58, "burglary", 5), (57, "violence", 7))]
    families.append(quoted_people(56, "prefer", 9))
    once = [one for family in families for one in family[:-1]]
    back = [replace(family[-1], mode="link", again=f"{n:032x}") for n, family in enumerate(families)]
    again = [
        replace(one, response=f"{n:032x}", answers={**one.answers, "better": f"Still nothing {n}"})
        for n, one in enumerate(back, 1)
    ]
    standing = [family[0] for family in families]
    words = let_out(
        [*standing, *back, *again],
        {hash_of(one): f"quoted {n}" for n, one in enumerate([*standing, *back, *again])},
    )
    rows = [*sealed(SECRET.public, once), *sealed(SECRET.public, back + again, "code")]
    released, report = release(tmp_path, rows, words=words)
    assert report.people
    quoted = {line["quotation"]: line["kind_of_crime"] for line in told(released, "quotations.csv")}
    assert len(quoted) == 9
    without = [text for text, family in quoted.items() if not family]
    assert {"quoted 0", "quoted 1", "quoted 2"} & set(without), "a family of fifty is among those without one"
    assert len(without) > 3
    assert {family for family in quoted.values() if family}, "the others are told with theirs"


@pytest.mark.parametrize("fuller", [None, "I live beside the imam of the road"])
def test_words_that_a_fuller_copy_no_longer_has_do_not_leave(signed: Path, tmp_path: Path, fuller: str | None) -> None:
    custody = Custody(signed)
    (secret,), people = custody.collection(PASSPHRASE), quoted_people(60, "burglary", 5)
    book = ReviewBook.opened(signed, custody.authority(PASSPHRASE))
    lesser = replace(people[0], status="core", answers={**people[0].answers, "better": "They were kind"})
    for by in ("Ana", "Bo"):
        book.decide(hash_of(lesser), "They were kind", Decision(by, let_out=True))
    answers = {name: said for name, said in people[0].answers.items() if name != "better"}
    full = replace(people[0], status="complete", answers=answers if fuller is None else {**answers, "better": fuller})
    path = str(carried_out(tmp_path / "rows.carried", sealed(secret.public, [lesser, full, *people[1:]])))
    well(heard(signed, "release", "--from", path, "--recipe", str(DEMONSTRATION)))
    assert not (signed / "releases/heard-1/quotations.csv").exists()
    again = well(heard(signed, "review", "--from", path, "--by", "Ana", said="q\n"))
    assert f"{60 if fuller else 59} for you to decide" in again
    assert "0 quotations wait for the next release, let out by two people" in again


def test_a_quotation_that_left_never_leaves_again_though_the_book_forgot_or_words_it_otherwise(tmp_path: Path) -> None:
    people = quoted_people(120, "burglary", 5)
    early = people[:60]
    first = with_words(tmp_path, early, {hash_of(early[0]): "They were kind"})
    assert [line["quotation"] for line in told(first, "quotations.csv")] == ["They were kind"]
    again = {hash_of(early[0]): "They were kind to […]", hash_of(early[1]): "They were kind"}
    second = with_words(tmp_path, people, again)
    assert second.quoted == (hash_of(early[1]),)
    assert [line["quotation"] for line in told(second, "quotations.csv")] == ["They were kind"]


def test_a_release_without_its_report_is_refused_whole_and_no_quotation_leaves_twice_whatever_the_book_knows(
    signed: Path, tmp_path: Path
) -> None:
    custody = Custody(signed)
    (secret,), people = custody.collection(PASSPHRASE), quoted_people(120, "burglary", 5)
    book = ReviewBook.opened(signed, custody.authority(PASSPHRASE))
    for by in ("Ana", "Bo"):
        book.decide(hash_of(people[0]), "Nobody told number 0 anything", Decision(by, let_out=True))
    (signed / "reports").write_text("a file where the folder should be")
    before = files_in(signed)
    for number, rows in enumerate((people[:60], people[:60], people), start=1):
        path = str(carried_out(tmp_path / f"{number}.carried", sealed(secret.public, rows)))
        done = heard(signed, "release", "--from", path, "--recipe", str(DEMONSTRATION))
        if number == 1:
            refused(done, "reports")
            assert files_in(signed) == before
            (signed / "reports").unlink()
        else:
            well(done)
    assert "Nobody told [reference] anything" in (signed / "releases/heard-1/quotations.csv").read_text()
    assert not (signed / "releases/heard-2/quotations.csv").exists()
    waits = well(heard(signed, "review", "--from", path, "--by", "Ana", said="q\n"))
    assert "0 quotations wait for the next release, let out by two people" in waits


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_whatever_a_release_holds_the_analysts_page_says_what_it_is(tmp_path: Path) -> None:
    people = quoted_people(60, "burglary", 5)
    released = with_words(tmp_path, people, {hash_of(people[0]): "Let out"})
    assert {file.name for file in released.folder.iterdir()} == set(FILES)


def test_a_word_that_nobody_let_out_is_in_no_file_of_a_release(tmp_path: Path) -> None:
    people = quoted_people(60, "burglary", 5)
    released = with_words(tmp_path, people, {hash_of(people[0]): "Let out"})
    for file in released.folder.iterdir():
        assert b"Nobody told number" not in file.read_bytes(), file.name
