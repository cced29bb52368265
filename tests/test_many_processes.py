"""Several processes on one folder are one centre: a person, a code, a count and a night belong to none of them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from at_the_tablet import SMALL
from centre_world import LINKED, World, ask, enrolled
from click.testing import CliRunner
from player import Player
from portal_world import RELEASE, Browser
from test_publish import built

from export.__main__ import main
from export.centre.admitting import issue_token
from export.centre.app import centre_app
from export.centre.codes import codes_in, issue
from export.centre.holds import Hold, Seat
from export.centre.instance import Centre
from export.centre.link import Links
from export.centre.running import _night
from forms.response import unframed
from survey.briefing import Place
from survey.ceiling import DailyCeiling
from survey.drafts import Drafts
from survey.locked_visits import STRIPES, LockedVisits
from survey.settings import memory_folder
from survey.turns import Turns

ROOT = Path(__file__).parent.parent
WORKERS = 3
ROW = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HEARD_MEMORY_FOLDER", str(tmp_path / "memory"))
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre, instruments=(SMALL,))
    centre.close()
    return world


@contextmanager
def served(world: World, workers: int = WORKERS, **environ: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "export", "serve", "--instance", str(world.folder), "--workers", str(workers)]
    known = {**os.environ, "HEARD_PORT": "0", "PYTHONPATH": str(ROOT), **environ}
    process = subprocess.Popen(command, env=known, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().partition(": ")[2].strip(), process
    finally:
        process.send_signal(signal.SIGTERM)
        left_over = process.stdout.read()
        assert (process.wait(60), left_over) == (0, "")
        process.stdout.close()


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@contextmanager
def opened(world: World) -> Iterator[Centre]:
    centre = world.opened()
    yield centre
    centre.close()


def contents(world: World) -> list[tuple[str, dict[str, object]]]:
    with opened(world) as centre:
        rows = [pair for shelf in centre.store.shelves for pair in centre.store.rows(shelf)]
        return [(door, dict(unframed(world.collection.open(row)))) for door, row in rows]


def whole_interview(address: str) -> Player:
    """Each request on a connection of its own, so that any process may get it."""
    person = Player(f"{address}s/{LINKED}/")
    person.look(f"{address}s/{LINKED}/")
    for said in ({"experience": "good"}, {"contact": "easy"}, {"crime": "theft"}, {"more": "finish"}):
        person.say(**said)
    assert person.page == "thanks"
    return person


@pytest.mark.usefixtures("engine")
def test_interviews_go_on_in_whichever_process_gets_the_next_page_and_every_count_arrives_once(world: World) -> None:
    with served(world) as (address, process), ThreadPoolExecutor(4) as people:
        assert len(workers_of(process)) == WORKERS
        list(people.map(whole_interview, [address] * 12))
    found = contents(world)
    responses = [content for _, content in found if content["kind"] == "response"]
    tallies = [content for _, content in found if content["kind"] == "tally"]
    assert len({str(content["response"]) for content in responses}) == len(responses) == 12
    assert {content["quick"] for content in responses} == {True}, "also where another process saw the first answer"
    counts = Counter[str]()
    for tally in tallies:
        counts.update({name: int(str(tally[name])) for name in ("started", "core", "left")})
    assert counts == Counter(started=12, core=12, left=0)


def test_people_in_two_processes_who_wait_for_each_others_neighbours_all_get_their_turn(tmp_path: Path) -> None:
    """Locks of a whole process would be called a deadlock here: each holds what some thread of the other waits for."""
    file = tmp_path / "turns"
    turns = Turns(file, 3)
    command = [sys.executable, str(ROOT / "tests" / "turns_process.py"), str(file)]
    with ThreadPoolExecutor(1) as neighbour, ExitStack() as held:
        held.enter_context(turns.taken(1))
        other = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "holds\n"
        while waiting_for(file) < 1:
            assert other.poll() is None
        mine = neighbour.submit(lambda: held_once(turns, 2))
        while waiting_for(file) < 2 and not mine.done():
            pass
        other.stdin.write("\n")
        other.stdin.close()
        assert mine.result(60)
        held.close()
        assert other.wait(60) == 0
        other.stdout.close()


def held_once(turns: Turns, number: int) -> bool:
    with turns.taken(number):
        return True


def waiting_for(file: Path) -> int:
    """How many wait for a lock in this file, as the kernel lists them."""
    lines = Path("/proc/locks").read_text().splitlines()
    return sum("->" in line and f":{file.stat().st_ino} " in line for line in lines)


def test_the_same_answer_eight_times_at_once_is_one_response(world: World) -> None:
    with served(world) as (address, _), ThreadPoolExecutor(8) as phones:
        person = Player(f"{address}s/{LINKED}/")
        person.look(f"{address}s/{LINKED}/")
        for said in ({"experience": "good"}, {"contact": "easy"}, {"crime": "theft"}):
            person.say(**said)
        form = person.question()
        body = urlencode({**form.hidden, "more": "finish", "go": "continue"}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"visit={person.cookie}"}
        answers = list(phones.map(lambda _: ask("POST", form.action, body, headers), range(8)))
    assert {answer.headers["Location"].rpartition("/")[2] for answer in answers} == {"thanks"}
    assert len([content for _, content in contents(world) if content["kind"] == "response"]) == 1


@pytest.mark.usefixtures("engine")
def test_a_killed_process_is_started_anew_and_loses_nothing(world: World) -> None:
    with opened(world) as centre:
        codes = list(codes_in(issue(centre, LINKED, "card", 40)))
    rows = world.rows(80)

    def send(number: int) -> bytes:
        headers = {**ROW, "Heard-Code": codes[number % 40]}
        return ask("POST", f"{address}s/{LINKED}/rows", rows[number], headers).body

    with served(world) as (address, process), ThreadPoolExecutor(8) as phones:
        first = list(phones.map(send, range(20)))
        killed = workers_of(process)[0]
        os.kill(killed, signal.SIGKILL)
        while len(alive := workers_of(process)) < WORKERS or killed in alive:
            os.sched_yield()
        rest = list(phones.map(send, range(20, 80)))
    assert Counter(first + rest) == {b"stored": 40, b"code": 40}
    assert Counter(door for door, _ in raw_rows(world)) == {"code": 40}


def raw_rows(world: World) -> list[tuple[str, bytes]]:
    with opened(world) as centre:
        return [pair for shelf in centre.store.shelves for pair in centre.store.rows(shelf)]


def test_where_the_first_process_is_killed_the_others_stop(world: World) -> None:
    command = [sys.executable, "-m", "export", "serve", "--instance", str(world.folder), "--workers", "2"]
    environ = {**os.environ, "HEARD_PORT": "0", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    assert process.stdout.read() == "", "the pipe closes when the last of them has ended"
    process.stdout.close()


def test_without_storage_that_they_share_several_processes_do_not_start(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HEARD_MEMORY_FOLDER")
    monkeypatch.setenv("HEARD_PORT", "0")
    folder = memory_folder(world.folder)
    assert folder is not None
    folder.symlink_to(tmp_path)  # somebody else was there first
    try:
        done = CliRunner().invoke(main, ["serve", "--instance", str(world.folder), "--workers", "2"])
    finally:
        folder.unlink()
    assert (done.exit_code, "memory_folder" in done.output) == (1, True)


def signed_in(address: str, token: str) -> str:
    """An analyst's cookie."""
    page = ask("GET", f"{address}releases/sign-in")
    cookie = SimpleCookie(page.headers["Set-Cookie"])["analyst"].value
    mac = re.search(rb'name="csrf_token" value="([0-9a-f]+)"', page.body)
    assert mac
    body = urlencode({"token": token, "csrf_token": mac[1].decode()}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    done = ask("POST", f"{address}releases/sign-in", body, {**form, "Cookie": f"analyst={cookie}"})
    return SimpleCookie(done.headers["Set-Cookie"])["analyst"].value


def test_an_analyst_who_signed_in_at_one_process_is_known_to_all(world: World) -> None:
    with opened(world) as centre:
        token = issue_token(centre, "ana")
    with served(world) as (address, _):
        cookie = signed_in(address, token)
        pages = [ask("GET", f"{address}releases/", headers={"Cookie": f"analyst={cookie}"}) for _ in range(12)]
    assert {answer.status for answer in pages} == {200}


def guessed(address: str) -> int:
    """What a stranger's guess at a passphrase is answered with."""
    browser = Browser(address)
    return browser.post("releases/sign-in", name="nobody", passphrase="guess", code="000000").status


def test_passphrases_are_looked_at_two_at_a_time_among_all_processes(world: World) -> None:
    with served(world) as (address, _):
        elsewhere = [Hold(world.folder / f"sign-in-{number}.lock") for number in range(2)]
        assert all(hold.taken() for hold in elsewhere)
        assert {guessed(address) for _ in range(8)} == {503}, "whichever process is asked"
        elsewhere[1].let_go()
        assert guessed(address) == 401
        elsewhere[0].let_go()


@pytest.mark.parametrize(
    ("serves", "link", "intake", "portal"),
    [("link", 200, 404, 404), ("intake", 404, 403, 404), ("portal", 404, 404, 200), ("intake portal", 404, 403, 200)],
)
def test_link_intake_and_portal_can_stand_on_three_origins(
    world: World, serves: str, link: int, intake: int, portal: int
) -> None:
    with served(world, 1, HEARD_SERVES=serves) as (address, _):
        answers: Mapping[str, int] = {
            "link": ask("GET", f"{address}s/{LINKED}/").status,
            "intake": ask("POST", f"{address}intake/rows", b"x").status,
            "portal": ask("GET", f"{address}releases/sign-in").status,
        }
    assert answers == {"link": link, "intake": intake, "portal": portal}


@contextmanager
def three_origins(world: World) -> Iterator[Mapping[str, str]]:
    with (
        served(world, 1, HEARD_SERVES="link") as (link, _),
        served(world, 1, HEARD_SERVES="intake") as (intake, _),
        served(world, 1, HEARD_SERVES="portal") as (portal, _),
    ):
        yield {"link": link, "intake": intake, "portal": portal}


def test_three_origins_on_one_folder_are_one_centre(world: World, tmp_path: Path) -> None:
    with opened(world) as centre, three_origins(world) as origins:
        whole_interview(origins["link"])
        sent = enrolled(centre, origins["intake"]).send(world.rows(12), centre.intake_key.public)
        assert sent == ["stored"] * 12
        releases = centre.releases()
        assert releases is not None
        releases.publish(built(tmp_path, world.authority))
        cookie = signed_in(origins["portal"], issue_token(centre, "ana"))
        page = ask("GET", f"{origins['portal']}releases/", headers={"Cookie": f"analyst={cookie}"})
        assert RELEASE.encode() in page.body
    assert Counter(door for door, _ in raw_rows(world)) == {"tablet": 12, "open": 2}


def test_each_origin_answers_its_own_routes_and_no_others(world: World) -> None:
    with opened(world) as centre:
        routes = [
            (method, re.sub("<[^>]+>", "x", rule.rule))
            for rule in centre_app(centre).url_map.iter_rules()
            if rule.endpoint != "static"
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
    interview = [f"/s/{LINKED}/{page}" for page in ("", "thanks", "help", "phone/en", "rows", "rows/forget")]
    routes += [("POST" if "rows" in path else "GET", path) for path in interview]
    found = Counter[tuple[str, bool]]()
    with three_origins(world) as origins:
        for method, path in routes:
            owner = {"s": "link", "tablets": "intake", "news": "intake", "intake": "intake"}.get(
                path.split("/")[1], "portal"
            )
            there = {name: ask(method, f"{origin[:-1]}{path}", b"") for name, origin in origins.items()}
            for name in there.keys() - {owner}:
                assert there[name].status == 404, (name, method, path)
                assert "Set-Cookie" not in there[name].headers
            found[owner, there[owner].status != 404] += 1
    assert min(found["link", True], found["intake", True], found["portal", True]) >= 4
    assert found["link", False] + found["intake", False] == 0


def test_no_origin_takes_the_cookie_of_another(world: World) -> None:
    """Browsers keep cookies by host and path, not by port: on one machine each is sent what another has set."""
    with opened(world) as centre:
        token = issue_token(centre, "ana")
    with three_origins(world) as origins:
        person = Player(f"{origins['link']}s/{LINKED}/")
        person.look(f"{origins['link']}s/{LINKED}/")
        person.say(experience="good")
        visit, analyst = person.cookie, signed_in(origins["portal"], token)
        for named in ("visit", "analyst"):
            theirs = {"Cookie": f"{named}={analyst}"}
            fresh = ask("GET", f"{origins['link']}s/{LINKED}/", headers=theirs)
            assert SimpleCookie(fresh.headers["Set-Cookie"])["visit"].value not in {visit, analyst}
            refused = ask("GET", f"{origins['portal']}releases/", headers={"Cookie": f"{named}={visit}"})
            assert (refused.status, refused.headers["Location"].endswith("/sign-in")) == (303, True)
            for header in (theirs, {"Cookie": f"{named}={visit}"}):
                assert ask("POST", f"{origins['intake']}intake/rows", b"x", header).status == 403
        both = {"Cookie": f"visit={visit}; analyst={analyst}"}
        assert ask("GET", f"{origins['portal']}releases/", headers=both).status == 200
        going_on = ask("GET", f"{origins['link']}s/{LINKED}/", headers=both)
        assert "analyst" not in going_on.headers.get("Set-Cookie", "")


@pytest.mark.usefixtures("engine")
def test_one_of_two_has_the_night_watch_and_the_other_takes_it_over(world: World) -> None:
    with opened(world) as one, opened(world) as two:
        first, second = (Links(centre, centre_app(centre)) for centre in (one, two))
        watches = [Hold(world.folder / "night.lock") for _ in range(2)]
        assert [watch.taken() for watch in watches] == [True, False]
        first.start(alone=True)
        second.start(alone=False)
        draft = first.of(LINKED).drafts
        draft.put("0" * 64, b"locked")
        one.store.put("arrivals", world.rows(1), "open")
        _night(two, second, watches[1])
        _night(two, second, watches[1])
        assert (one.store.count("arrivals"), draft.get("0" * 64)) == (1, b"locked"), "not its to merge or to age"
        watches[0].let_go()
        _night(two, second, watches[1])
        assert (one.store.count("arrivals"), one.store.count("intake")) == (0, 1)
        first.close()
        second.close()


def test_a_night_that_fails_at_one_place_still_ages_the_next_and_merges(world: World) -> None:
    world.places = (*world.places, Place("hub-9", "A later hub", "hub", ("link",)))
    with opened(world) as centre:
        world.tell(centre)
        links, watch = Links(centre, centre_app(centre)), Hold(world.folder / "night.lock")
        assert watch.taken()
        links.start(alone=True)
        memory = centre.settings.memory_folder
        assert memory is not None
        in_the_way = memory / f"drafts-{LINKED}" / "not-a-file.older"
        in_the_way.mkdir()
        drafts = links.of("hub-9").drafts
        drafts.put("0" * 64, b"locked")
        centre.store.put("arrivals", world.rows(1), "open")
        for _ in range(2):
            with pytest.raises(OSError, match=in_the_way.name):
                _night(centre, links, watch)
        assert (centre.store.count("arrivals"), centre.store.count("intake")) == (0, 1)
        assert drafts.get("0" * 64) is None
        links.close()
        watch.let_go()


def test_what_a_killed_process_had_counted_is_filed_by_the_next_and_what_a_living_one_counts_is_not(
    world: World, tmp_path: Path
) -> None:
    with opened(world) as centre:
        living = Seat(tmp_path / "memory")
        for seat in (living.number, living.number + 5):
            folder = tmp_path / "memory" / f"tallies-{seat}-{LINKED}"
            folder.mkdir(mode=0o700)
            (folder / "0").write_bytes(world.rows(1)[0])
        links = Links(centre, centre_app(centre))
        links.start(alone=False)
        assert centre.store.count("arrivals") == 1
        assert (tmp_path / "memory" / f"tallies-{living.number}-{LINKED}" / "0").exists()
        links.close()
        living.let_go()


def test_a_days_ceiling_is_counted_by_all_together(tmp_path: Path) -> None:
    ceilings = [DailyCeiling(lambda: date(2026, 11, 3), 4, tmp_path / "ceiling") for _ in range(2)]
    for ceiling in (*ceilings, ceilings[0]):
        ceiling.count()
    assert [ceiling.reached for ceiling in ceilings] == [False, False]
    ceilings[1].count()
    assert [ceiling.reached for ceiling in ceilings] == [True, True]


@pytest.mark.parametrize(("waited", "quick"), [(10, True), (60, False), (5_000, False), (4_100, False)])
def test_the_process_that_ends_a_visit_knows_how_long_it_took(tmp_path: Path, waited: int, *, quick: bool) -> None:
    now, ceiling = 12_345.5, DailyCeiling(lambda: date(2026, 11, 3))
    two = [
        LockedVisits(Drafts(tmp_path / "drafts"), lambda: (SMALL,), ceiling, Turns(None, STRIPES), lambda: now)
        for _ in range(2)
    ]
    token = two[0].fresh(SMALL, "en").token
    with two[0].holding(token) as visit:
        assert visit is not None
        visit.put({"experience": "good"})
        two[0].begin(visit, now)
    for step in range(waited // 30):
        now = 12_345.5 + 30 * (step + 1)
        with two[step % 2].holding(token) as visit:
            assert visit is not None
    now = 12_345.5 + waited
    with two[1].holding(token) as visit:
        assert visit is not None
        visit.touched = now
        assert visit.quick is quick
