"""The same interview behind a link, for a browser without scripts: locked drafts, many people at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path, PosixPath
from typing import Any

import pytest
from at_the_tablet import KEYS, SECRET, SIGNED_ON, SMALL, TODAY
from flask import Flask
from player import Player, cookies_of, raw
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from forms.response import Response, unframed
from survey.app import interview_app
from survey.ceiling import MOST_A_DAY, MOST_DRAFTS, DailyCeiling
from survey.clock import Clock
from survey.drafts import Drafts
from survey.locked_visits import LockedVisits
from survey.partials import Partials
from survey.parts import Parts
from survey.serving import server
from survey.store import CENTRE_SHELVES, Store
from survey.tallies import Tallies
from survey.words import load


@dataclass
class Centre:
    folder: Path
    address: str = ""
    most_drafts: int = MOST_DRAFTS
    most_a_day: int = MOST_A_DAY
    now: datetime = TODAY

    def __post_init__(self) -> None:
        self.store = Store(self.folder / "centre.db", CENTRE_SHELVES)
        self.restart()

    def restart(self) -> None:
        memory = self.folder / "memory"
        memory.mkdir(exist_ok=True)
        clock = Clock(lambda: SIGNED_ON, lambda: self.now)
        self.drafts = Drafts(memory / "drafts", self.most_drafts)
        self.partials = Partials(memory / "partials", self.store, "arrivals", "open")
        parts = Parts(
            keys=lambda: KEYS, place="lewisham", mode="link",
            visits=LockedVisits(self.drafts, lambda: KEYS.instruments, DailyCeiling(clock.day, self.most_a_day)),
            store=self.store, shelf="arrivals", door="open", tallies=Tallies("lewisham", SMALL.digest(), clock),
            partials=self.partials, clock=clock, words=load(), clips={},
        )  # fmt: skip
        self.link = interview_app(parts)

    def night(self) -> None:
        self.partials.file_all()
        self.drafts.age()

    def serve(self, environ: Any, start_response: Any) -> Any:
        return self.link(environ, start_response)

    def responses(self) -> list[Response]:
        rows = list(self.store.rows("arrivals"))
        assert {door for door, _ in rows} <= {"open"}
        return [Response.from_content(unframed(SECRET.open(row))) for _, row in rows]

    def kept(self) -> int:
        return sum(self.store.count(shelf) for shelf in CENTRE_SHELVES)

    def in_memory(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.folder / "memory").rglob("*") if path.is_file()]


@contextmanager
def serving(centre: Centre) -> Iterator[None]:
    app = DispatcherMiddleware(Flask("centre"), {"/s/lewisham": centre.serve})
    listening = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=listening.run)
    thread.start()
    centre.address = f"http://127.0.0.1:{listening.effective_port}/s/lewisham/"
    try:
        yield
    finally:
        listening.close()
        thread.join()
        centre.store.close()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path)
    with serving(centre):
        yield centre


def the_core(centre: Centre) -> Player:
    person = Player(centre.address)
    person.look(centre.address)
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
    return person


def test_a_link_opens_at_the_first_question_and_files_once(centre: Centre) -> None:
    person = the_core(centre)
    question = person.question()
    person.say(more="finish")
    assert person.page == "thanks"
    assert person.browser.send(question, [("more", "finish")]).address.endswith("/s/lewisham/thanks")
    (response,) = centre.responses()
    assert (response.mode, response.place, response.status) == ("link", "lewisham", "core")


def test_many_people_answer_at_once(centre: Centre) -> None:
    people = [the_core(centre) for _ in range(3)]
    for person in people:
        person.say(more="finish")
        assert person.page == "thanks"
    assert len(centre.responses()) == 3


def test_a_draft_is_locked_and_survives_a_restart(centre: Centre) -> None:
    person = the_core(centre)
    person.say(more="yes")
    person.say(helped="friend")
    person.look(centre.address)
    assert person.page == "last"
    person.browser.send(person.question(), [("times", "many"), ("better", "x")])
    centre.restart()
    cookie = person.cookie
    assert cookie is not None
    for content in centre.in_memory():
        for telltale in (b"friend", b"experience", b"lewisham", cookie.encode()):
            assert telltale not in content
    person.say(better="short")
    assert person.page == "thanks"
    (response,) = centre.responses()
    assert response.answers["helped"] == ("friend",)


def test_the_first_question_can_be_skipped_like_any_other(centre: Centre) -> None:
    person = Player(centre.address)
    person.look(centre.address)
    person.skip()
    assert person.page == "contact"
    person.look(centre.address)
    assert person.page == "contact"


def test_on_a_link_back_goes_all_the_way(centre: Centre) -> None:
    person = the_core(centre)
    person.look(centre.address + "page/experience")
    assert person.page == "experience"


def test_leaving_a_link_goes_outside_and_leaves_nothing(centre: Centre) -> None:
    person = the_core(centre)
    answer = raw(centre.address, "leave", cookie=person.cookie)
    assert (answer.status, answer.headers["Location"]) == (303, "https://weather.example/")
    assert answer.headers["Clear-Site-Data"] == '"cache"', "cookies of a whole domain are not all ours"
    assert cookies_of(answer)["visit"]["visit"]["path"] == "/s/lewisham"
    assert centre.in_memory() == []
    assert centre.responses() == []
    assert raw(centre.address, "page/more", cookie=person.cookie).headers["Location"] == "/s/lewisham/page/experience"


@pytest.mark.parametrize("merged", [False, True])
def test_leaving_after_a_night_takes_back_what_the_night_filed(centre: Centre, *, merged: bool) -> None:
    other = the_core(centre)
    person = the_core(centre)
    other.say(more="finish")
    centre.night()
    person.look(centre.address)
    person.say(more="yes")
    centre.night()
    centre.restart()
    if merged:
        centre.store.merge()
    assert centre.kept() == 3
    raw(centre.address, "leave", cookie=person.cookie)
    assert centre.kept() == 1, "somebody else's stays"


def test_a_draft_tells_no_time(centre: Centre) -> None:
    the_core(centre)
    drafts = centre.folder / "memory" / "drafts"
    (draft,) = drafts.iterdir()
    for path in (draft, drafts):
        assert (path.stat().st_mtime, path.stat().st_mode & 0o077) == (0, 0)


class NightFalls(PosixPath):
    """A folder where night falls as soon as a draft has its name."""

    def replace(self, target: str | PathLike[str]) -> NightFalls:
        named = super().replace(target)
        if self.suffix == ".half":
            Drafts(self.parent).age()
        return named


class NightHasFallen(PosixPath):
    """A folder where night falls just before a draft has its name."""

    def replace(self, target: str | PathLike[str]) -> NightHasFallen:
        if self.suffix == ".half":
            Drafts(self.parent).age()
        return super().replace(target)


@pytest.mark.parametrize("folder", [NightFalls, NightHasFallen])
def test_a_draft_that_is_saved_just_as_the_night_comes_stays(tmp_path: Path, folder: type[Path]) -> None:
    drafts = Drafts(folder(tmp_path / "drafts"))
    drafts.put("visit", b"before")
    drafts.put("visit", b"after")
    assert drafts.get("visit") == b"after"


def test_what_a_killed_process_had_half_written_goes_with_the_second_night(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    half = tmp_path / "drafts" / "visit.half"
    half.write_bytes(b"half of")
    drafts.age()
    drafts.age()
    assert not half.exists()


def test_who_takes_back_all_that_a_night_has_filed_leaves_nothing_where_the_page_says_so(centre: Centre) -> None:
    person = the_core(centre)
    centre.night()
    assert centre.kept() == 1
    for name in ("experience", "contact", "crime"):
        person.look(f"{centre.address}page/{name}")
        person.skip()
    person.say(more="finish")
    assert person.page == "ended"
    assert centre.kept() == 0


def test_what_nobody_finishes_is_filed_at_night_and_the_draft_goes_with_the_second(centre: Centre) -> None:
    person = the_core(centre)
    centre.night()
    assert [response.status for response in centre.responses()] == ["core"]
    person.look(centre.address)
    assert person.page == "more"
    centre.night()
    centre.night()
    assert centre.in_memory() == []
    assert person.look(centre.address).heading == "What about experience?"


def test_a_token_that_somebody_made_up_starts_a_visit_of_its_own_and_no_other(centre: Centre) -> None:
    the_core(centre)
    answer = raw(centre.address, "", cookie="0" * 32)
    assert b"What about experience?" in answer.data


def first_answer(centre: Centre, cookie: str) -> int:
    """Somebody with a cookie of their own making answers the first question; the status."""
    page = raw(centre.address, "", cookie=cookie)
    mac = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page.data.decode())
    assert mac
    fields = [("csrf_token", mac[1]), ("experience", "good"), ("go", "continue")]
    answer = raw(centre.address, "page/experience", "POST", fields, cookie)
    assert answer.status == 303 or b"Nothing you said here is kept" in answer.data
    return answer.status


def test_invented_cookies_fill_no_more_than_the_drafts_of_one_place(tmp_path: Path) -> None:
    centre = Centre(tmp_path, most_drafts=10)
    with serving(centre):
        person = the_core(centre)
        told = [first_answer(centre, f"{number:032x}") for number in range(30)]
        assert (told.count(303), told.count(503)) == (9, 21)
        assert len(list((centre.folder / "memory" / "drafts").iterdir())) == 10
        late = Player(centre.address)
        assert late.look(centre.address).status == 200, "a phone that seals by itself needs no draft, and this page"
        assert late.say(experience="good").status == 503
        assert "Too many people are answering" in late.screen.words
        assert raw(centre.address, "help").status == 200
        person.say(more="yes")
        person.say(helped="friend")
        assert person.page == "last", "who has begun can go on"


def test_beyond_a_days_ceiling_nobody_begins_and_who_has_begun_can_finish(tmp_path: Path) -> None:
    centre = Centre(tmp_path, most_a_day=2)
    with serving(centre):
        people = [the_core(centre) for _ in range(3)]
        for person in people:
            person.say(more="finish")
            assert person.page == "thanks"
        assert len(centre.responses()) == 3
        assert raw(centre.address, "").status == 503
        assert first_page_after(centre, timedelta(days=1)) == 200


def first_page_after(centre: Centre, while_away: timedelta) -> int:
    """The status of the first page so much later."""
    centre.now += while_away
    return raw(centre.address, "").status


def test_a_language_chosen_before_the_first_answer_stays_and_is_no_way_round_the_ceiling(tmp_path: Path) -> None:
    centre = Centre(tmp_path, most_a_day=1)
    with serving(centre):
        person = Player(centre.address)
        person.look(centre.address)
        (form,) = [form for form in person.screen.forms if form.action.endswith("/language")]
        person.screen = person.browser.send(form, [("language", "pl")])
        assert person.screen.heading == "Co z experience?"
        for language, heading in (("en", "What about experience?"), ("pl", "Co z experience?")):
            (form,) = [form for form in person.screen.forms if form.action.endswith("/language")]
            person.screen = person.browser.send(form, [("language", language)])
            assert person.screen.heading == heading
        other = the_core(centre)
        other.say(more="finish")
        question = person.question()
        assert person.browser.send(question, [("experience", "good")]).status == 503
        assert len(centre.responses()) == 1
