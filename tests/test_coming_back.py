"""Coming back: with the same four words somebody is one person, once in a release; the words' hash goes nowhere."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from canary import found
from custodian_world import PLACES, People, Rows, a_cover, carried_out, sealed, victim_voice
from release_world import AUTHORITY, KNOWN, RECIPE, SECRET, WAITING, records, release
from small_instruments import instrument, item, page
from test_custodian_verbs import PASSPHRASE, custodian, heard, made, signed, well

from export.custodian.candidates import Candidates
from export.custodian.codebook import write_codebook
from export.custodian.custody import Custody
from export.custodian.entries import digest_of
from export.custodian.formats import write_csv
from export.custodian.known import Known
from export.custodian.ledger import Ledger
from export.custodian.ledger_file import LedgerRefused
from export.custodian.opening import OpeningReport, Visit, opened
from export.custodian.recipe_file import DEMONSTRATION
from export.custodian.records import BY_DEFINITION, CAME_BACK_YES, Columns
from export.custodian.release import Released
from export.custodian.written import Words
from forms.response import Response, framed

__all__ = ["custodian", "made", "signed"]  # fixtures

WORDS = hashlib.sha256(b"four drawn words").hexdigest()[:32]
BY_LINK: dict[str, Any] = {"mode": "link", "place": "hub-1"}
VOICE = victim_voice()
SHORT = instrument(page("p1", item("experience", core=True)), page("p2", item("stage", disclosure="key")))


def somebody(number: int, **changes: Any) -> Response:
    """One of the people who answer on a phone, with another view than everybody in ``others``."""
    made = People(number, VOICE).response(**BY_LINK)
    return replace(made, answers={**made.answers, "experience": "sat3"}, **changes)


def others(count: int, seed: int = 31, **changes: Any) -> Rows:
    """So many people who came once, by a card."""
    many = People(seed, VOICE).many(count, **BY_LINK, **changes)
    return by_code(*(replace(one, answers={**one.answers, "experience": "neither"}) for one in many))


def by_code(*people: Response) -> Rows:
    return sealed(SECRET.public, people, "code")


def by_open_door(*people: Response) -> Rows:
    return sealed(SECRET.public, people, "open")


def opening(rows: Rows, known: Known = KNOWN) -> OpeningReport:
    report = OpeningReport()
    list(opened(rows, [SECRET], known, report, 1))
    return report


def speaking(report: OpeningReport) -> list[list[str]]:
    """Of each person who came back the ids of their responses, the one that stands for them first."""
    return [[visit.response.hex() for visit in visits] for visits in report.people]


def released(folder: Path, rows: Rows, **more: Any) -> tuple[Released, OpeningReport]:
    return release(folder, rows, writers=(write_csv, write_codebook), **more)


def views(made: Released) -> Counter[str]:
    return Counter(record["experience"] for record in records(made))


def test_two_visits_in_one_epoch_are_one_record_the_later_and_the_other_never_leaves(tmp_path: Path) -> None:
    earlier = somebody(1, period="2026-10", again=WORDS)
    later = somebody(2, period="2026-11", again=WORDS)
    later = replace(later, answers={**later.answers, "experience": "dis3"})
    rows = [*others(40), *by_code(earlier, later)]
    first, report = released(tmp_path, rows)
    assert (report.opened, first.records + first.left_out, first.passed_over, first.waiting) == (42, 41, 1, 0)
    assert views(first) == {"neither": 40, "dis3": 1}
    second, _ = released(tmp_path, [*rows, *others(50, seed=32)])
    assert views(second) == {"neither": 50}, "nobody is told of again by what was passed over"


def test_visits_in_two_epochs_leave_with_two_releases_and_nothing_joins_them(tmp_path: Path) -> None:
    first_time = somebody(1, period="2026-11", again=WORDS)
    second_time = somebody(2, period="2027-02", again=WORDS)
    rows = [*others(40), *by_code(first_time, second_time)]
    first, _ = released(tmp_path, rows, recipe=WAITING, month="2027-03")
    assert (views(first)["sat3"], first.waiting, first.passed_over) == (1, 1, 0)
    second, _ = released(tmp_path, [*rows, *others(50, seed=32, period="2027-02")], recipe=WAITING, month="2027-04")
    assert (views(second)["sat3"], second.waiting, second.passed_over) == (1, 0, 0)


def test_one_person_is_one_towards_every_threshold(tmp_path: Path) -> None:
    crowd = [somebody(number, again=WORDS) for number in range(12)]
    with pytest.raises(LedgerRefused, match="1 new responses"):
        released(tmp_path, by_code(*crowd))
    four = by_code(*(somebody(number) for number in range(20, 24)))
    six_alike = replace(RECIPE, thresholds=replace(RECIPE.thresholds, first_batch=5, k=6))
    with pytest.raises(LedgerRefused, match="5 new responses"):
        released(tmp_path, [*four, *by_code(*crowd)], recipe=six_alike)
    assert not Ledger(tmp_path, AUTHORITY).entries


def test_whoever_found_the_words_takes_no_believed_answer_away_by_an_open_door(tmp_path: Path) -> None:
    real = somebody(1, period="2026-10", again=WORDS)
    forged = somebody(2, period="2026-11", again=WORDS)
    forged = replace(forged, answers={**forged.answers, "experience": "dis3"})
    made, report = released(tmp_path, [*others(40), *by_code(real), *by_open_door(forged)])
    assert speaking(report) == [[real.response, forged.response]]
    assert views(made) == {"neither": 40, "sat3": 1}


def test_a_month_that_nobody_knows_stands_behind_one_that_is_known() -> None:
    dated = somebody(1, period="2026-02", again=WORDS, response="0" * 32)
    undated = somebody(2, period="unknown", again=WORDS, response="f" * 32)
    assert speaking(opening(by_code(dated, undated))) == [[dated.response, undated.response]]


def test_the_same_rows_join_the_same_people_whatever_the_order() -> None:
    chance = random.Random(5)  # noqa: S311 - a test repeats
    words = [f"{number:032x}" for number in range(6)]
    rows = by_code(*(somebody(number, again=chance.choice([None, *words])) for number in range(40)))
    joined = opening(rows).people
    assert len(joined) == len(words)
    for _ in range(5):
        chance.shuffle(rows)
        assert opening(rows).people == joined


def test_the_same_words_for_another_questionnaire_are_somebody_else() -> None:
    known = Known.of([VOICE, SHORT], PLACES)
    elsewhere = replace(
        somebody(1),
        response="0" * 32,
        instrument=SHORT.id,
        digest=SHORT.digest(),
        answers={"experience": "yes"},
        again=WORDS,
    )
    report = opening(by_code(somebody(2, again=WORDS), elsewhere), known)
    assert (report.opened, report.people) == (2, [])


def test_a_copy_that_says_who_came_back_is_kept_before_one_that_does_not() -> None:
    final = somebody(1, again=WORDS)
    before = replace(final, again=None)
    for number in range(8):
        rows = by_code(*random.Random(number).sample([before, final], 2), somebody(2, again=WORDS))  # noqa: S311 - a test repeats
        report = opening(rows)
        assert (report.opened, report.lesser, len(report.people)) == (2, 1, 1)


BAD = ["", "0", "g" * 32, "A" * 32, "0" * 31, "0" * 33, "0" * 64, 0, True, None, ["0" * 32], {"0": 1}, WORDS + "\n"]


@pytest.mark.parametrize("bad", BAD)
def test_a_value_that_no_words_give_is_left_out_and_the_rest_goes_on(bad: object) -> None:
    content = somebody(1).to_content() | {"again": bad}
    report = opening([("code", SECRET.public.seal(framed(content))), *by_code(somebody(2))])
    assert (report.failed, report.opened, report.people) == ({"not to be believed": 1}, 1, [])


@pytest.mark.parametrize("mode", ["kiosk", "assisted"])
def test_only_a_phone_offers_words_to_come_back_with(mode: str) -> None:
    claimed = replace(somebody(1), mode=mode, again=WORDS)
    report = opening(sealed(SECRET.public, [claimed, replace(claimed, again=None, response="0" * 32)], "tablet"))
    assert (report.failed, report.opened) == ({"not to be believed": 1}, 1)


@pytest.mark.parametrize("returning", [1, 4, 9, 30])
def test_that_somebody_came_back_is_told_of_five_alike_or_of_nobody(tmp_path: Path, returning: int) -> None:
    pairs = [
        somebody(2 * number + visit, period=f"2026-1{visit}", again=f"{number:032x}")
        for number in range(returning)
        for visit in (0, 1)
    ]
    made, _ = released(tmp_path, [*others(60), *by_code(*pairs)])
    assert made.passed_over == returning
    told = records(made)
    said = Counter(record["came_back"] for record in told)
    assert said["yes"] == 0 or said["yes"] >= 5
    if returning == 30:
        assert said["yes"], "where there are many it is told"
    keys = [*BY_DEFINITION, "crime", "borough", "age"]
    classes = Counter(tuple(record[key] for key in keys) for record in told if record["came_back"] == "yes")
    assert all(size >= 5 for size in classes.values())


@pytest.mark.parametrize(("again_in", "told"), [("2026-12", True), ("unknown", False), ("2027-01", False)])
def test_that_somebody_came_back_is_not_told_before_the_epoch_in_which_they_did_is_over(
    again_in: str, told: bool
) -> None:
    columns, first, second = Columns(KNOWN), bytes(16), b"2" * 16
    visits = (Visit(second, again_in), Visit(first, "2026-11"))
    earlier = frozenset({digest_of(second)}) if again_in != "2027-01" else frozenset[bytes]()
    new = Candidates(earlier, "2026-12", [visits], Words(), columns.at("crime"))
    (record,) = new.records([(first, (True, columns.cells(somebody(1, period="2026-11")), (), b"", None))])
    assert (record.cells[BY_DEFINITION.index("came_back")] == CAME_BACK_YES) == told


def test_somebody_who_came_back_and_wrote_twice_is_one_comment() -> None:
    columns = Columns(KNOWN)
    people = [somebody(number) for number in range(3)]
    shaped = [
        (bytes.fromhex(one.response), (True, columns.cells(one), ("updates",), b"", (True, True))) for one in people
    ]
    visits = tuple(Visit(response, "2026-11") for response, _ in shaped[:2])
    new = Candidates(frozenset(), "2026-11", [visits], Words(), columns.at("crime"))
    leaving = [record.response for record in new.records(shaped)]
    assert leaving == [shaped[0][0], shaped[2][0]]
    written = new.written(leaving)
    assert (written.kinds.total(), len(written.said.themes), written.asked.keys()) == (2, 2, set(leaving))


def test_the_hash_of_the_words_is_in_no_file_and_nothing_that_is_printed(signed: Path, tmp_path: Path) -> None:
    (secret,) = Custody(signed).collection(PASSPHRASE)
    pair = [somebody(1, again=WORDS), somebody(2, again=WORDS)]
    rows = sealed(secret.public, [*People(31, VOICE).many(40, **BY_LINK), *pair], "code")
    path = carried_out(tmp_path / "rows.carried", [*rows, a_cover(secret.public)])
    said = well(heard(signed, "release", "--from", str(path), "--recipe", str(DEMONSTRATION)))
    assert "People who came back: 1. Responses of theirs: 2." in said
    assert "another of the same person stands for them: 1." in said
    (output := tmp_path / "printed").write_text(said)
    person = hashlib.sha256(f"{VOICE.id}\n{WORDS}".encode()).digest()
    for marker in (WORDS, person.hex(), person[:16].hex()):
        assert found(marker, signed, output) == []
    for file in signed.rglob("*"):
        if file.is_file():
            assert bytes.fromhex(WORDS) not in file.read_bytes()
            assert person[:16] not in file.read_bytes()


def hashes(responses: Sequence[Response]) -> set[bytes]:
    return {hashlib.sha256(bytes.fromhex(one.response)).digest() for one in responses}


def test_the_ledger_tells_neither_who_came_back_nor_which_belong_together(tmp_path: Path) -> None:
    pairs = [somebody(number, again=f"{number // 2:032x}") for number in range(8)]
    made, _ = released(tmp_path, [*others(40), *by_code(*pairs)])
    ledger = Ledger(tmp_path, AUTHORITY)
    (entry,) = ledger.entries
    cut = [entry.responses[start : start + 32] for start in range(0, len(entry.responses), 32)]
    assert cut == sorted(cut), "the order of hashes, and nothing else"
    assert hashes(pairs) <= set(cut)
    assert len(cut) == made.records + made.passed_over == 44 + 4
