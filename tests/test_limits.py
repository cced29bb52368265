"""One address is counted for an hour under a hash whose key is thrown away, and never by its name."""

from __future__ import annotations

import gc
import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from at_the_tablet import one_of, page
from centre_world import LINKED, World, ask
from linked_centre import address, centre, doors, links, untold, world
from player import raw

from export.centre.codes import codes_in, issue
from export.centre.instance import Centre
from export.centre.limits import AddressLimit, address_of
from export.centre.link import Links
from forms.instrument import Instrument
from survey.briefing import Place
from survey.csrf import csrf_token

__all__ = ["address", "centre", "links", "untold", "world"]  # fixtures

AN_HOUR = 120
WEATHER = Instrument(
    "weather", "1", {"en": "Weather", "pl": "Pogoda"}, "en", ("en", "pl"),
    (page(one_of("weather", "dry", "wet", core=True)), page(one_of("road", "flat", "steep"))),
)  # fmt: skip


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


@dataclass
class NoScripts:
    """Somebody whose browser runs no script, behind an address, with a cookie that they may have made up."""

    centre: str
    address: str
    cookie: str = ""

    def __post_init__(self) -> None:
        self.cookie = self.cookie or secrets.token_hex(16)

    def get(self, path: str = "") -> int:
        """The status of a page."""
        return raw(self.centre, f"s/{LINKED}/{path}", cookie=self.cookie, headers={"X-Real-IP": self.address}).status

    def send(self, path: str, **fields: str) -> tuple[int, str, str]:
        """What came of a form: the status, where it leads and what it says."""
        told = [("csrf_token", csrf_token(self.cookie)), *fields.items()]
        answer = raw(self.centre, f"s/{LINKED}/{path}", "POST", told, self.cookie, {"X-Real-IP": self.address})
        return answer.status, answer.headers.get("Location", "").rpartition("/")[2], answer.data.decode()


def drafts(folder: Path) -> int:
    return len(list((folder / "memory" / f"drafts-{LINKED}").iterdir()))


@pytest.fixture
def weather(world: World, centre: Centre, address: str) -> str:
    """The address of a centre that asks two questions, in two languages."""
    world.tell(centre, 2, instruments=(WEATHER,))
    return address


@pytest.mark.parametrize("way", ["answer", "skip", "language", "code"])
def test_one_address_fills_no_more_than_its_hour_of_drafts_and_keeps_nobody_else_out(
    world: World, centre: Centre, weather: str, tmp_path: Path, way: str
) -> None:
    fields = {"answer": {"weather": "dry"}, "skip": {"go": "skip"}, "language": {"language": "pl"},
              "code": {"code": next(codes_in(issue(centre, LINKED, "card", 1)))}}[way]  # fmt: skip
    path = way if way in {"language", "code"} else ""
    many = [NoScripts(weather, "192.0.2.7") for _ in range(AN_HOUR + 10)]
    told = Counter(each.send(path, **fields)[0] for each in many)
    assert drafts(tmp_path) == AN_HOUR
    assert told == ({303: AN_HOUR + 10} if way == "language" else {303: AN_HOUR, 503: 10})
    late = NoScripts(weather, "192.0.2.7")
    assert late.get() == 200, "phones behind this address seal by themselves, and need this page"
    status, _, said = late.send("", weather="wet")
    assert (status, "Too many people are answering just now" in said) == (503, True)
    row = {"Content-Type": "application/octet-stream", "X-Real-IP": "192.0.2.7"}
    assert ask("POST", f"{weather}s/{LINKED}/rows", world.rows(1)[0], row).body == b"stored"
    assert many[0].send("", weather="wet")[:2] == (303, "road"), "who has begun can go on"
    assert NoScripts(weather, "192.0.2.8").send("", weather="wet")[:2] == (303, "road")


def test_one_address_files_no_more_than_its_hour_without_a_code_and_nobody_loses_an_answer_by_it(
    centre: Centre, links: Links, weather: str
) -> None:
    many = [NoScripts(weather, f"198.51.100.{number}") for number in range(AN_HOUR + 1)]
    holder = NoScripts(weather, "198.51.100.200")
    holder.send("code", code=next(codes_in(issue(centre, LINKED, "card", 1))))
    for each in (*many, holder):
        each.send("", weather="dry")
        each.address = "192.0.2.7"
    led = [each.send("page/road", road="flat")[1] for each in many]
    assert (Counter(led), led[-1]) == ({"thanks": AN_HOUR, "finish": 1}, "finish")
    assert doors(centre).count("open") == AN_HOUR
    assert many[-1].get("finish") == 200
    assert many[-1].send("finish")[1] == "finish", "not yet"
    assert doors(centre).count("code") == 1, "a card's core is kept as soon as it is in"
    assert links.of(LINKED).partials.file_all() == 1, "who goes away now has lost nothing: the night files it"
    assert holder.send("page/road", road="flat")[1] == "thanks", "a code is its own limit"
    many[-1].address = "192.0.2.8"
    assert many[-1].send("finish")[1] == "thanks", "the answers waited"
    assert doors(centre).count("code") == 1


def test_one_address_tries_no_more_than_its_hour_of_codes_whether_or_not_its_browser_runs_scripts(
    centre: Centre, address: str
) -> None:
    code = next(codes_in(issue(centre, LINKED, "card", 1)))
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def told(whose: str) -> bytes:
        body = f"code={code}".encode()
        return ask("POST", f"{address}s/{LINKED}/phone-code", body, {**form, "X-Real-IP": whose}).body

    assert {told("192.0.2.7") for _ in range(AN_HOUR)} == {code.replace("-", "").encode()}
    assert told("192.0.2.7") == b"busy", "also of a code that works"
    late = NoScripts(address, "192.0.2.7")
    for typed in (code, "AB12-CD34-EF56-GH78"):
        status, _, said = late.send("code", code=typed)
        assert (status, "Too many people are answering just now" in said) == (503, True)
        assert f'value="{typed}"' in said, "nobody types it twice"
    assert told("192.0.2.8") == code.replace("-", "").encode()
    assert NoScripts(address, "192.0.2.8").send("code", code=code)[0] == 303
