"""One address is counted for an hour under a hash whose key is thrown away, and never by its name."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import pytest

from export.centre.limits import AddressLimit, address_of
from survey.briefing import Place


@dataclass
class Minutes:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now * 60


def test_beyond_its_number_an_address_waits_until_the_hour_is_over() -> None:
    clock = Minutes()
    limit = AddressLimit(clock, 3)
    assert [limit.over("192.0.2.1") for _ in range(5)] == [False, False, False, True, True]
    assert not limit.over("192.0.2.2")
    clock.now = 59
    assert limit.over("192.0.2.1")
    clock.now = 61
    assert not limit.over("192.0.2.1")


def test_addresses_of_one_customers_network_count_as_one_and_nobody_as_none() -> None:
    limit = AddressLimit(Minutes(), 1)
    assert not limit.over("2001:db8:1:2::1")
    assert limit.over("2001:db8:1:2:ffff::9")
    assert not limit.over("2001:db8:1:3::1")
    assert [limit.over("") for _ in range(5)] == [False] * 5


def test_an_old_address_in_the_form_of_a_new_one_is_that_address_and_no_network_of_everybody() -> None:
    limit = AddressLimit(Minutes(), 1)
    assert not limit.over("::ffff:192.0.2.1")
    assert not limit.over("::ffff:192.0.2.2")
    assert limit.over("192.0.2.1")


def test_what_is_kept_names_no_address_and_nothing_of_it_outlasts_the_hour() -> None:
    clock = Minutes()
    limit = AddressLimit(clock, 9)
    limit.over("192.0.2.77")
    kept = [each for each in gc.get_referents(limit.__dict__) if isinstance(each, dict)]
    (hashed,) = kept[0]
    assert b"192.0.2.77" not in hashed
    clock.now = 59
    limit.forget_the_hour()
    assert hashed in limit._counts
    clock.now = 60
    limit.forget_the_hour()
    assert not limit._counts, "also where nobody asks any more"
    limit.over("192.0.2.77")
    assert hashed not in limit._counts, "the next hour's hash of the same address is another"


@pytest.mark.parametrize(
    ("peer", "header", "found"),
    [
        ("192.0.2.5", "", "192.0.2.5"),
        ("192.0.2.5", "X-Real-IP", "192.0.2.5"),
        ("127.0.0.1", "", ""),
        ("127.0.0.1", "X-Real-IP", "198.51.100.9"),
        ("::1", "X-Real-IP", "198.51.100.9"),
        ("::ffff:127.0.0.1", "X-Real-IP", "198.51.100.9"),
        ("::ffff:192.0.2.5", "X-Real-IP", "::ffff:192.0.2.5"),
    ],
)
def test_only_the_server_in_front_on_this_machine_is_believed(peer: str, header: str, found: str) -> None:
    assert address_of({"REMOTE_ADDR": peer, "HTTP_X_REAL_IP": "198.51.100.9"}, header) == found


def test_a_place_says_in_the_keys_file_only_where_its_open_door_is_closed() -> None:
    closed, opened = (Place("a", "A", "hub", ("link",), open_door=is_open) for is_open in (False, True))
    assert closed.to_json()["open_door"] is False
    assert "open_door" not in opened.to_json(), "a tablet from before reads it"
    for place in (closed, opened):
        assert Place.from_json(place.to_json()) == place
