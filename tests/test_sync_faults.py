"""Whatever answers in the centre's name, a tablet loses nothing, counts nothing twice and says what to do."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from faulty_centre import FaultyCentre, Tablet, joined, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.__main__ import main as kiosk
from kiosk.by_hand import SENT, ByHand
from kiosk.nightly import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Nightly
from kiosk.sending import Centre, NoReply, Reply
from kiosk.sync import NotSent, Sync
from survey.address import UnsafeAddress, safe_address
from survey.hardening import harden
from survey.sealing import SigningKey

FAULTS = [
    "login page",
    "slow",
    "drip",
    "redirect",
    "huge",
    "trouble",
    "revoked",
    "cut inside the packet",
    "reply lost",
    "cut inside the reply",
    "length too long",
    "length too short",
    "forged receipt",
    "receipt changed",
    "receipt for fewer rows",
]


@pytest.fixture
def centre() -> Iterator[FaultyCentre]:
    with serving() as centre:
        yield centre


@pytest.fixture
def tablet(tmp_path: Path, centre: FaultyCentre) -> Iterator[Tablet]:
    with joined(tmp_path / "tablet", centre) as tablet:
        yield tablet


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_nothing_and_the_next_try_brings_all_home(
    tablet: Tablet, centre: FaultyCentre, fault: str
) -> None:
    answers = tablet.answers(9)
    centre.faults.append(fault)
    with serving() as other:
        centre.elsewhere = other.address
        with pytest.raises((NotSent, NoReply)) as said:
            tablet.sync.push()
        assert not other.seen, "a redirect was followed to another host"
    assert any(word in str(said.value) for word in ("again", "Call the centre"))
    assert tablet.waiting() == answers
    assert not tablet.waiting("quarantine")
    tablet.sync.push()
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


def test_an_old_receipt_that_is_replayed_is_not_believed(tablet: Tablet, centre: FaultyCentre) -> None:
    tablet.sync.push()
    answers = tablet.answers(9)
    centre.faults.append("old receipt")
    with pytest.raises(NotSent):
        tablet.sync.push()
    assert tablet.waiting() == answers


def test_what_was_confirmed_before_a_fault_is_done_with_and_the_rest_stays(
    tablet: Tablet, centre: FaultyCentre
) -> None:
    # More than one commit's packets: several of one are under way at once, and the first of them may meet the fault.
    answers = tablet.answers(250)
    centre.faults.extend([*[""] * 20, "login page"])
    with pytest.raises(NotSent):
        tablet.sync.push()
    assert len(tablet.waiting()) < len(answers)
    assert answers - tablet.waiting() <= set(centre.rows)
    tablet.sync.push()
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


def test_two_senders_at_once_bring_home_every_row_once(tablet: Tablet, centre: FaultyCentre) -> None:

    answers = tablet.answers(60)
    second = Sync(tablet.store, tablet.enrolment, tablet.briefing, tablet.send, tablet.clock)
    senders = [Thread(target=each.push) for each in (tablet.sync, second)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers <= set(centre.rows)
    assert not tablet.waiting()


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(st.sampled_from(["", "", *(fault for fault in FAULTS if fault not in ("slow", "drip", "huge"))])),
    waiting=st.integers(0, 30),
    by_hand=st.booleans(),
)
def test_after_any_run_of_faults_everything_is_somewhere_and_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory, faults: list[str], waiting: int, by_hand: bool
) -> None:
    with serving() as centre, joined(tmp_path_factory.mktemp("tablet"), centre) as tablet:
        centre.elsewhere = centre.address
        answers = tablet.answers(waiting)
        centre.faults.extend(faults)
        while centre.faults:
            try:
                tablet.sync.push(by_hand=by_hand)
            except (NotSent, NoReply):
                answers |= tablet.answers(2)
                continue
            finally:
                assert answers <= tablet.waiting() | set(centre.rows)
        tablet.sync.push()
        assert centre.share_all_or_nothing()
        assert answers <= set(centre.rows)
        assert not tablet.waiting()


def test_a_centre_that_is_down_is_said_to_be_out_of_reach(tablet: Tablet) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Centre(f"http://127.0.0.1:{taken.getsockname()[1]}", tablet.clock.monotonic, silent=0.5)
        with pytest.raises(NoReply, match="could not be reached"):
            nobody("GET", "/news/keys", b"", {}, 100)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_never_asked(
    tablet: Tablet, centre: FaultyCentre, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with serving() as proxy:
        monkeypatch.setenv(variable, proxy.address)
        tablet.sync.push()
        assert not proxy.seen
    assert centre.packets()


@pytest.mark.parametrize(
    "address",
    [
        "http://centre.example",
        "http://10.0.0.1:8800",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "https://name:word@centre.example",
        "https://centre.example/path",
        "https://centre.example?question",
        "https://centre.example:99999",
        "https://",
        "centre.example",
        "",
        "file:///etc/passwd",
        "https://[::1",
        "http://127.0.0.1@centre.example",
    ],
)
def test_an_unsafe_address_is_refused(address: str) -> None:
    with pytest.raises(UnsafeAddress):
        safe_address(address)


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("https://centre.example/", "https://centre.example"),
        ("https://Centre.Example:8443", "https://centre.example:8443"),
        (" http://127.0.0.1:8800/ ", "http://127.0.0.1:8800"),
        ("http://[::1]:8800", "http://[::1]:8800"),
        ("http://localhost:8800", "http://localhost:8800"),
    ],
)
def test_https_and_this_machine_itself_are_spoken_to(address: str, plain: str) -> None:
    assert safe_address(address) == plain


def test_a_night_that_failed_is_tried_again_later_and_later_but_within_hours(
    tablet: Tablet, centre: FaultyCentre
) -> None:
    now = 1000.0
    filed: list[int] = []
    nightly = Nightly(tablet.sync, lambda: filed.append(1), lambda: now, lambda: None, spread=lambda _low, high: high)
    answers = tablet.answers(9)
    waits = []
    for _ in range(9):
        centre.faults.extend(["trouble", "trouble"])
        (nightly.try_again if nightly.due else nightly.send)()
        assert nightly.due is not None
        waits.append(nightly.due - now)
        now = nightly.due - 1
        nightly.try_again()
        assert tablet.waiting() == answers
        now = nightly.due
    assert waits[0] == FIRST_WAIT_SECONDS
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_SECONDS
    nightly.try_again()
    assert nightly.due is None
    assert answers <= set(centre.rows)
    assert len(filed) == 10


def at_night(tablet: Tablet) -> None:
    Nightly(tablet.sync, lambda: None, tablet.clock.monotonic, tablet.store.rewrite).send()


def from_the_corner(tablet: Tablet) -> None:
    assert pressed(tablet) == SENT


def by_the_verb(tablet: Tablet) -> None:
    done = CliRunner().invoke(kiosk, ["sync", "--instance", str(tablet.enrolment.instance)])
    assert (done.exit_code, SENT in done.stdout) == (0, True), done.output


def pressed(tablet: Tablet) -> str:
    """What the staff corner says once a sending that staff asked for has ended."""
    by_hand, ended = ByHand(tablet.sync, tablet.store.rewrite), set(threading.enumerate())
    by_hand.start()
    for sending in set(threading.enumerate()) - ended:
        if sending.name == "send now":
            sending.join()
    return by_hand.words


each_way = pytest.mark.parametrize("send", [at_night, from_the_corner, by_the_verb])


@each_way
@pytest.mark.parametrize("fault", ["trouble", "login page", "cut inside the reply"])
def test_packets_go_even_where_news_does_not_pass(
    tablet: Tablet, centre: FaultyCentre, send: Callable[[Tablet], None], fault: str
) -> None:
    answers = tablet.answers(6)
    centre.faults.append(fault)
    send(tablet)
    assert answers <= set(centre.rows)


@each_way
def test_a_stop_that_comes_with_the_news_holds_and_what_waits_is_sent(
    tablet: Tablet, centre: FaultyCentre, send: Callable[[Tablet], None]
) -> None:
    answers = tablet.answers(6)
    centre.keys = centre.signed_keys(serial=2, stop=True)
    centre.faults.extend(["", "trouble"])
    send(tablet)
    keys = tablet.briefing.keys()
    assert keys is not None
    assert keys.stop
    assert answers <= set(centre.rows)


def test_without_a_keys_file_that_was_checked_nothing_goes(tablet: Tablet, centre: FaultyCentre) -> None:
    answers = tablet.answers(6)
    (tablet.enrolment.instance / "keys.signed").unlink()
    centre.keys = centre.signed_keys(serial=2, authority=SigningKey.generate())
    assert pressed(tablet).startswith("Not sent. The keys file is missing")
    assert tablet.waiting() == answers
    assert not centre.packets()


@pytest.fixture
def hardened() -> Iterator[None]:
    """As every verb is, until the test is over."""
    before = threading.excepthook, sys.excepthook
    harden()
    yield
    threading.excepthook, sys.excepthook = before


@pytest.mark.usefixtures("hardened")
def test_a_sending_that_breaks_off_for_no_known_reason_is_said_and_quotes_nothing(
    tablet: Tablet, capsys: pytest.CaptureFixture[str]
) -> None:
    quoted = " ".join(("what", "somebody", "wrote"))

    def broken(*_: object) -> Reply:
        raise LookupError(quoted)

    tablet.sync = Sync(tablet.store, tablet.enrolment, tablet.briefing, broken, tablet.clock)
    said = pressed(tablet)
    assert said.startswith("Not sent: something went wrong")
    assert pressed(tablet) == said, "it can be tried again"
    logged = capsys.readouterr().err
    assert "LookupError: this should not happen" in logged
    assert quoted not in logged
