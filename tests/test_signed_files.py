"""The two signed files: only the custodian decides what is asked and sealed to, and nothing older comes back."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST
from small_instruments import branching, every_kind

from export.custodian.unsealing import CollectionSecret
from forms.shapes import Malformed
from survey.briefing import (
    Briefing,
    DamagedKeys,
    ForeignKeys,
    Keys,
    KeysRefused,
    Notices,
    NoticesRefused,
    OldKeys,
    Place,
    SupportLine,
    authority_words,
    read_keys,
    read_notices,
    untrusted_authority,
    words_match,
    write_keys,
    write_notices,
)
from survey.notices import LABELS, Figure, Trial, UnusableNotices
from survey.sealing import SigningKey
from survey.signed import write_signed

AUTHORITY = SigningKey(b"\x11" * 32)
FOREIGN = SigningKey(b"\x12" * 32)
INTAKE = SigningKey(b"\x13" * 32)
CONTENT = SigningKey(b"\x14" * 32)
SIGNED = date(2026, 11, 5)
KEYS = Keys(
    serial=3,
    signed_on=SIGNED,
    collection=CollectionSecret(b"\x15" * 32).public,
    intake=INTAKE.public,
    content=CONTENT.public,
    instruments=(branching(), every_kind()),
    places=(
        Place("counter-1", "A counter", "counter", ("kiosk", "link")),
        Place("hub-1", "A hub", "hub", ("assisted",)),
    ),
    support_lines=(
        SupportLine("Checked", "0800 111", "Always", ("hate",), SIGNED),
        SupportLine("Nobody checked", "0800 222", "", (), None),
    ),
    neutral_address="https://www.bbc.co.uk/weather",
    stop=False,
    made_up=True,
)
NOTICES = Notices(SIGNED, (Figure(LABELS[0], 1203),), (Trial("experience", (("a", 1), ("b", 1))),))
SIGNED_KEYS = write_keys(KEYS, AUTHORITY)
NEVER_SEEN = 0


def resigned(change: Any) -> bytes:
    """The keys file with one thing in it changed, signed by the right authority all the same."""
    content = json.loads(json.loads(SIGNED_KEYS)["body"])
    change(content)
    return write_signed("keys", content, AUTHORITY)


def test_what_was_signed_is_what_is_read() -> None:
    assert read_keys(SIGNED_KEYS, AUTHORITY.public, NEVER_SEEN) == KEYS


def test_a_foreign_keys_file_is_refused_and_named_so() -> None:
    with pytest.raises(ForeignKeys):
        read_keys(write_keys(KEYS, FOREIGN), AUTHORITY.public, NEVER_SEEN)


def test_a_foreign_signature_under_the_right_name_is_refused() -> None:
    content = json.loads(json.loads(SIGNED_KEYS)["body"])
    with pytest.raises(KeysRefused):
        read_keys(write_signed("keys", content, FOREIGN), AUTHORITY.public, NEVER_SEEN)
    with pytest.raises(DamagedKeys, match="another authority"):
        read_keys(write_signed("keys", content, FOREIGN), FOREIGN.public, NEVER_SEEN)


def test_a_lower_serial_than_one_seen_is_refused_and_the_same_one_is_not() -> None:
    assert read_keys(SIGNED_KEYS, AUTHORITY.public, 3).serial == 3
    with pytest.raises(OldKeys, match="keys file 4 was seen already"):
        read_keys(SIGNED_KEYS, AUTHORITY.public, 4)


def test_a_signed_stop_is_a_valid_file() -> None:
    assert read_keys(write_keys(replace(KEYS, stop=True), AUTHORITY), AUTHORITY.public, NEVER_SEEN).stop


def test_a_file_of_another_kind_never_passes_for_keys_or_notices() -> None:
    content = json.loads(json.loads(SIGNED_KEYS)["body"])
    with pytest.raises(DamagedKeys, match="'notices' file"):
        read_keys(write_signed("notices", content, AUTHORITY), AUTHORITY.public, NEVER_SEEN)
    with pytest.raises(UnusableNotices, match="'keys' file"):
        read_notices(SIGNED_KEYS, AUTHORITY.public)


def _without(name: str) -> Any:
    return lambda content: content.pop(name)


def _with(name: str, value: Any) -> Any:
    return lambda content: content.update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        *(_without(name) for name in json.loads(json.loads(SIGNED_KEYS)["body"])),
        _with("more", 1),
        _with("serial", 0),
        _with("serial", True),  # noqa: FBT003 - as it would stand in the JSON
        _with("serial", "3"),
        _with("serial", 2**60),
        _with("signed_on", "2026-13-01"),
        _with("signed_on", "20261105"),
        _with("signed_on", 20261105),
        _with("collection", "00" * 1216),
        _with("collection", "ff" * 1216),
        _with("intake", "00" * 31),
        _with("content", KEYS.content.hex().upper()),
        _with("instruments", [{}]),
        _with("instruments", {}),
        _with("places", [KEYS.places[0].to_json()] * 2),
        _with("places", [{**KEYS.places[0].to_json(), "modes": ["assisted"]}]),
        _with("places", [{**KEYS.places[0].to_json(), "modes": []}]),
        _with("places", [{**KEYS.places[0].to_json(), "kind": "cell"}]),
        _with("places", [{**KEYS.places[0].to_json(), "code": "../counter"}]),
        _with("places", [{**KEYS.places[0].to_json(), "reset_seconds": 5}]),
        _with("places", [{**KEYS.places[0].to_json(), "more": 1}]),
        _with("support_lines", [{**KEYS.support_lines[0].to_json(), "number": "evil.example"}]),
        _with("support_lines", [{**KEYS.support_lines[0].to_json(), "verified_on": "yesterday"}]),
        _with("neutral_address", "http://www.bbc.co.uk"),
        _with("neutral_address", "javascript:alert(1)"),
        _with("neutral_address", "https://www.bbc.co.uk/?who=you"),
        _with("neutral_address", "https://user@www.bbc.co.uk/"),
        _with("stop", 1),
        _with("made_up", None),
    ],
)
def test_a_signed_file_with_one_thing_wrong_in_it_is_refused_whole(change: Any) -> None:
    with pytest.raises(DamagedKeys):
        read_keys(resigned(change), AUTHORITY.public, NEVER_SEEN)


@given(st.integers(0, len(SIGNED_KEYS) * 8 - 9))
@settings(max_examples=200, deadline=None)
def test_one_flipped_bit_anywhere_and_the_file_is_refused(bit: int) -> None:
    changed = bytearray(SIGNED_KEYS)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(KeysRefused):
        read_keys(bytes(changed), AUTHORITY.public, NEVER_SEEN)


@pytest.mark.parametrize("length", [0, 1, 100, len(SIGNED_KEYS) // 2, len(SIGNED_KEYS) - 2])
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(DamagedKeys):
        read_keys(SIGNED_KEYS[:length], AUTHORITY.public, NEVER_SEEN)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_raise_anything_else(untrusted: bytes) -> None:
    with pytest.raises(KeysRefused):
        read_keys(untrusted, AUTHORITY.public, NEVER_SEEN)
    with pytest.raises(UnusableNotices):
        read_notices(untrusted, CONTENT.public)


def test_nothing_is_signed_that_a_tablet_would_refuse() -> None:
    with pytest.raises(DamagedKeys, match="https"):
        write_keys(replace(KEYS, neutral_address="weather"), AUTHORITY)
    with pytest.raises(UnusableNotices):
        write_notices(replace(NOTICES, figures=(Figure("tell the officer your name", 1),)), CONTENT)


def test_assisted_mode_is_never_allowed_at_a_police_counter() -> None:
    with pytest.raises(Malformed, match="never allowed at a police counter"):
        Place("counter-1", "A counter", "counter", ("kiosk", "assisted"))


def test_only_lines_that_somebody_verified_are_for_respondents() -> None:
    assert [line.name for line in KEYS.verified_support_lines] == ["Checked"]


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, None), (339, None), (340, "before 2027-12-10"), (400, "before 2027-12-10"), (401, "without their month")],
)
def test_age_warns_from_sixty_days_before_and_stops_nothing(days: int, words: str | None) -> None:
    warning = KEYS.age_warning(SIGNED + timedelta(days=days))
    assert warning is None if words is None else words in str(warning)


def test_the_authority_that_a_file_names_can_be_shown_before_it_is_trusted() -> None:
    assert untrusted_authority(SIGNED_KEYS) == AUTHORITY.public
    with pytest.raises(DamagedKeys):
        untrusted_authority(b'{"body":"{}"}')


def test_thirteen_words_name_one_authority() -> None:
    words = authority_words(AUTHORITY.public)
    assert len(words) == 13
    assert words_match([word.upper() for word in words], AUTHORITY.public)
    assert not words_match(words, FOREIGN.public)
    assert not words_match(words[:12], AUTHORITY.public)
    assert not words_match([*words[:12], "academic" if words[12] != "academic" else "acid"], AUTHORITY.public)


def test_the_words_are_the_first_130_bits_of_the_keys_hash() -> None:
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(AUTHORITY.public).digest())
    places = [int(bits[start : start + 10], 2) for start in range(0, 130, 10)]
    listed = (Path(__file__).parent.parent / "survey" / "data" / "words.txt").read_text().split()
    assert authority_words(AUTHORITY.public) == tuple(listed[place] for place in places)


def test_the_word_list_is_the_one_of_slip_39() -> None:
    listed = (Path(__file__).parent.parent / "survey" / "data" / "words.txt").read_text().split()
    assert listed == list(WORDLIST)


# Notices -------------------------------------------------------------------------------------------------------


def test_notices_say_figures_and_trials() -> None:
    assert read_notices(write_notices(NOTICES, CONTENT), CONTENT.public) == NOTICES


@pytest.mark.parametrize(
    "content",
    [
        {"figures": [{"label": "What is your name?", "value": 1}]},
        {"figures": [{"label": "people have answered: ring 020 7946 0000", "value": 1}]},
        {"figures": [{"label": LABELS[0], "value": 2079460000}]},
        {"figures": [{"label": LABELS[0], "value": 1.5}]},
        {"figures": [{"label": LABELS[0], "value": True}]},
        {"figures": [{"label": LABELS[0], "value": "https://evil.example"}]},
        {"figures": [{"label": LABELS[0], "value": 1, "link": "https://evil.example"}]},
        {"figures": [{"label": LABELS[0], "value": 1}] * 13},
        {"trials": [{"item": "What is your name?", "arms": {"a": 1, "b": 1}}]},
        {"trials": [{"item": "experience", "arms": {"Tell the officer": 1, "b": 1}}]},
        {"trials": [{"item": "experience", "arms": {"a": 1}}]},
        {"trials": [{"item": "experience", "arms": {"a": 1, "b": 1}, "text": "What is your name?"}]},
        {"collection": KEYS.collection.public.hex()},
        {"instruments": []},
        {"neutral_address": "https://evil.example"},
        {"support_lines": []},
        {"signed_on": "soon"},
    ],
)
def test_whoever_breaks_into_the_centre_can_say_nothing_of_their_own(content: dict[str, Any]) -> None:
    whole = {"signed_on": "2026-11-05", "figures": [], "trials": [], **content}
    with pytest.raises(UnusableNotices):
        read_notices(write_signed("notices", whole, CONTENT), CONTENT.public)


# The folder ----------------------------------------------------------------------------------------------------


def test_a_tablet_without_keys_has_nothing_to_say(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    assert briefing.keys() is None
    assert briefing.notices() is None
    assert briefing.newest_day() is None
    with pytest.raises(NoticesRefused, match="Without a valid keys file"):
        briefing.take_notices(write_notices(NOTICES, CONTENT))


def test_keys_taken_once_are_there_after_a_restart(tmp_path: Path) -> None:
    assert Briefing(tmp_path, AUTHORITY.public).take_keys(SIGNED_KEYS) == KEYS
    assert Briefing(tmp_path, AUTHORITY.public).keys() == KEYS
    assert Briefing(tmp_path, FOREIGN.public).keys() is None


def test_an_older_file_is_refused_and_the_newer_one_stays(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(write_keys(replace(KEYS, serial=4, stop=True), AUTHORITY))
    with pytest.raises(OldKeys):
        briefing.take_keys(SIGNED_KEYS)
    with pytest.raises(OldKeys):
        Briefing(tmp_path, AUTHORITY.public).take_keys(SIGNED_KEYS)
    assert briefing.keys() == replace(KEYS, serial=4, stop=True)


def test_an_older_file_put_under_a_running_tablet_by_hand_is_not_believed(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(write_keys(replace(KEYS, serial=4), AUTHORITY))
    assert briefing.keys() is not None
    (tmp_path / "keys.signed").write_bytes(SIGNED_KEYS)
    assert briefing.keys() is None


def test_a_refused_file_changes_nothing(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(SIGNED_KEYS)
    for untrusted in (b"", SIGNED_KEYS[:-9], write_keys(replace(KEYS, serial=9), FOREIGN)):
        with pytest.raises(KeysRefused):
            briefing.take_keys(untrusted)
    assert briefing.keys() == KEYS
    assert {entry.name for entry in tmp_path.iterdir()} == {"keys.signed", "newest-keys"}


def _deleted(path: Path) -> None:
    path.unlink()


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _filled_with_rubbish(path: Path) -> None:
    path.write_bytes(b"\xff9" * 4000)


spoilt = pytest.mark.parametrize("spoil", [_deleted, _cut_short, _emptied, _filled_with_rubbish])


@spoilt
@pytest.mark.parametrize("restarted", [True, False])
def test_a_lower_number_than_one_seen_is_refused_though_the_keys_file_is_gone(
    tmp_path: Path, spoil: Callable[[Path], None], *, restarted: bool
) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(write_keys(replace(KEYS, serial=9), AUTHORITY))
    spoil(tmp_path / "keys.signed")
    briefing = Briefing(tmp_path, AUTHORITY.public) if restarted else briefing
    with pytest.raises(OldKeys, match="keys file 9 was seen already"):
        briefing.take_keys(SIGNED_KEYS)
    assert briefing.keys() is None
    assert briefing.take_keys(write_keys(replace(KEYS, serial=9), AUTHORITY)).serial == 9


def test_an_older_file_put_in_by_hand_while_nothing_ran_is_not_believed(tmp_path: Path) -> None:
    Briefing(tmp_path, AUTHORITY.public).take_keys(write_keys(replace(KEYS, serial=9), AUTHORITY))
    (tmp_path / "keys.signed").write_bytes(SIGNED_KEYS)
    assert Briefing(tmp_path, AUTHORITY.public).keys() is None


@spoilt
def test_a_lost_number_never_lowers_what_the_keys_file_says(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    newest = write_keys(replace(KEYS, serial=9), AUTHORITY)
    Briefing(tmp_path, AUTHORITY.public).take_keys(newest)
    spoil(tmp_path / "newest-keys")
    briefing = Briefing(tmp_path, AUTHORITY.public)
    with pytest.raises(OldKeys):
        briefing.take_keys(SIGNED_KEYS)
    assert briefing.keys() == replace(KEYS, serial=9)
    briefing.take_keys(newest)
    (tmp_path / "keys.signed").unlink()
    with pytest.raises(OldKeys):
        Briefing(tmp_path, AUTHORITY.public).take_keys(SIGNED_KEYS)


@given(st.integers(0), st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_no_spoilt_byte_of_the_number_shuts_out_the_next_keys_file(place: int, byte: int) -> None:
    with TemporaryDirectory() as folder:
        Briefing(Path(folder), AUTHORITY.public).take_keys(SIGNED_KEYS)
        number = Path(folder) / "newest-keys"
        spoilt = bytearray(number.read_bytes())
        spoilt[place % len(spoilt)] = byte
        number.write_bytes(spoilt)
        briefing = Briefing(Path(folder), AUTHORITY.public)
        assert briefing.keys() == KEYS
        assert briefing.take_keys(SIGNED_KEYS) == KEYS


def test_the_number_is_remembered_of_one_authority_only(tmp_path: Path) -> None:
    Briefing(tmp_path, FOREIGN.public).take_keys(write_keys(replace(KEYS, serial=9), FOREIGN))
    assert Briefing(tmp_path, AUTHORITY.public).take_keys(SIGNED_KEYS) == KEYS


@pytest.mark.parametrize("name", ["keys.signed", "newest-keys"])
def test_where_file_or_number_cannot_be_written_both_stay_as_they_were(tmp_path: Path, name: str) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(SIGNED_KEYS)
    in_the_way = tmp_path / f"{name}.unfinished"
    in_the_way.mkdir()
    with pytest.raises(OSError, match="unfinished"):
        briefing.take_keys(write_keys(replace(KEYS, serial=9), AUTHORITY))
    assert briefing.keys() == Briefing(tmp_path, AUTHORITY.public).keys() == KEYS


def test_keys_taken_by_another_process_are_seen_at_once(tmp_path: Path) -> None:
    running, by_hand = Briefing(tmp_path, AUTHORITY.public), Briefing(tmp_path, AUTHORITY.public)
    running.take_keys(SIGNED_KEYS)
    assert running.keys() == KEYS
    by_hand.take_keys(write_keys(replace(KEYS, serial=4), AUTHORITY))
    assert running.keys() == replace(KEYS, serial=4)


def test_a_file_that_the_disk_spoilt_stops_the_interview(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(SIGNED_KEYS)
    (tmp_path / "keys.signed").write_bytes(SIGNED_KEYS[:-30])
    assert briefing.keys() is None
    briefing.take_keys(SIGNED_KEYS)
    assert briefing.keys() == KEYS


def test_the_newest_day_is_the_later_of_the_two_files(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(SIGNED_KEYS)
    assert briefing.newest_day() == SIGNED
    later = replace(NOTICES, signed_on=SIGNED + timedelta(days=9))
    briefing.take_notices(write_notices(later, CONTENT))
    assert briefing.newest_day() == SIGNED + timedelta(days=9)
    assert briefing.notices() == later
    with pytest.raises(NoticesRefused, match="older"):
        briefing.take_notices(write_notices(NOTICES, CONTENT))


def test_notices_of_a_content_key_that_was_replaced_are_no_longer_believed(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(SIGNED_KEYS)
    briefing.take_notices(write_notices(NOTICES, CONTENT))
    assert briefing.notices() == NOTICES
    briefing.take_keys(write_keys(replace(KEYS, serial=4, content=FOREIGN.public), AUTHORITY))
    assert briefing.notices() is None
    with pytest.raises(NoticesRefused):
        briefing.take_notices(write_notices(NOTICES, CONTENT))


def test_many_pages_may_ask_while_a_new_file_comes(tmp_path: Path) -> None:
    briefing = Briefing(tmp_path, AUTHORITY.public)
    briefing.take_keys(SIGNED_KEYS)
    files = [write_keys(replace(KEYS, serial=serial), AUTHORITY) for serial in range(4, 24)]
    done, gaps = threading.Event(), []

    def ask() -> None:
        while not done.is_set():
            if briefing.keys() is None:
                gaps.append("not available now")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for file in files:
        briefing.take_keys(file)
    done.set()
    for thread in threads:
        thread.join()
    assert gaps == []
