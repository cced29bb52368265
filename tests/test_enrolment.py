"""A tablet joins once, at a centre whose keys are signed by the authority on the custodian's paper, or not at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_centre import CODE, PLACE, FaultyCentre, serving

from kiosk.contact import last_contact
from kiosk.enrolment import Enrolment, EnrolmentRefused, NotEnrolled, authority_words_of, enrol
from kiosk.sending import Centre, NoReply
from survey.address import UnsafeAddress
from survey.briefing import authority_words
from survey.clock import Clock
from survey.sealing import SigningKey


@pytest.fixture
def centre() -> Iterator[FaultyCentre]:
    with serving() as centre:
        yield centre


def join(folder: Path, centre: FaultyCentre, code: str = CODE, words: tuple[str, ...] | None = None) -> Enrolment:
    clock = Clock()
    send = Centre(centre.address, clock.monotonic, silent=1.0)
    try:
        return enrol(folder, centre.address, code, words or centre.words, send, clock)
    finally:
        send.close()


def test_a_tablet_that_has_joined_knows_its_place_its_centre_and_whom_it_trusts(
    tmp_path: Path, centre: FaultyCentre
) -> None:
    centre.notices = centre.signed_notices()
    joined = join(tmp_path / "tablet", centre)
    again = Enrolment.load(tmp_path / "tablet")
    assert again == joined
    assert (again.place, again.centre, again.authority) == (PLACE, centre.address, centre.authority.public)
    assert again.briefing().keys() is not None
    assert again.briefing().notices() is not None
    assert last_contact(again.instance) is not None


def test_the_key_is_made_here_and_only_its_public_half_is_sent(tmp_path: Path, centre: FaultyCentre) -> None:
    joined = join(tmp_path / "tablet", centre)
    (asked,) = centre.seen
    assert joined.key.public.hex().encode() in asked.body
    assert joined.key.seed.hex().encode() not in asked.body
    assert stat.S_IMODE((tmp_path / "tablet" / "tablet.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tablet").stat().st_mode) == 0o700
    assert join(tmp_path / "another", centre).key.public != joined.key.public


def test_a_code_that_does_not_work_leaves_nothing_behind(tmp_path: Path, centre: FaultyCentre) -> None:
    with pytest.raises(EnrolmentRefused, match="Ask the centre for a new one"):
        join(tmp_path / "tablet", centre, code="USED-USED")
    assert not (tmp_path / "tablet").exists()


def test_another_authority_is_refused_and_nothing_is_written(tmp_path: Path, centre: FaultyCentre) -> None:
    with pytest.raises(EnrolmentRefused, match="another authority"):
        join(tmp_path / "tablet", centre, words=authority_words(SigningKey(b"x" * 32).public))
    assert not (tmp_path / "tablet").exists()


def test_a_centre_that_names_the_right_authority_and_sends_keys_of_another_is_refused(
    tmp_path: Path, centre: FaultyCentre
) -> None:
    centre.keys = centre.signed_keys(authority=SigningKey(b"x" * 32))
    with pytest.raises(EnrolmentRefused, match="Nothing was written"):
        join(tmp_path / "tablet", centre)
    with pytest.raises(NotEnrolled):
        Enrolment.load(tmp_path / "tablet")
    assert not [path.name for path in (tmp_path / "tablet").iterdir()]


def test_keys_that_do_not_know_the_place_are_refused(tmp_path: Path, centre: FaultyCentre) -> None:
    centre.keys = centre.signed_keys(places=())
    with pytest.raises(EnrolmentRefused, match="place"):
        join(tmp_path / "tablet", centre)
    assert not list((tmp_path / "tablet").iterdir())


def test_a_tablet_joins_once(tmp_path: Path, centre: FaultyCentre) -> None:
    first = join(tmp_path / "tablet", centre)
    with pytest.raises(EnrolmentRefused, match="new folder"):
        join(tmp_path / "tablet", centre)
    assert Enrolment.load(tmp_path / "tablet") == first


@pytest.mark.parametrize("fault", ["login page", "trouble", "redirect", "huge", "slow", "cut inside the reply"])
def test_what_is_no_centre_is_said_and_nothing_is_written(tmp_path: Path, centre: FaultyCentre, fault: str) -> None:
    centre.elsewhere = centre.address
    centre.faults.append(fault)
    with pytest.raises((EnrolmentRefused, NoReply), match="again"):
        join(tmp_path / "tablet", centre)
    assert not (tmp_path / "tablet").exists()


def test_a_code_is_never_said_over_plain_http_to_another_machine() -> None:
    with pytest.raises(UnsafeAddress):
        Centre("http://centre.example", Clock().monotonic)


def test_the_words_may_be_typed_as_people_type(centre: FaultyCentre) -> None:
    typed = "  " + ", ".join(word.capitalize() for word in centre.words) + ".\n"
    assert authority_words_of(typed) == centre.words


@pytest.mark.parametrize("spoil", [lambda words: words[:-1], lambda words: (*words[:-1], "xyzzy"), lambda _words: ()])
def test_mistyped_words_are_found_before_the_code_is_used(centre: FaultyCentre, spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(EnrolmentRefused, match="The code was not used"):
        authority_words_of(" ".join(spoil(centre.words)))


@pytest.mark.parametrize("name", ["tablet.key", "authority.pub", "centre", "place"])
def test_a_damaged_enrolment_fails_shut(tmp_path: Path, centre: FaultyCentre, name: str) -> None:
    join(tmp_path / "tablet", centre)
    (tmp_path / "tablet" / name).write_bytes(b"")
    with pytest.raises(NotEnrolled, match="Call the centre"):
        Enrolment.load(tmp_path / "tablet")
