"""'Leave and delete', on every page from the first: the draft and the partial are gone, and nothing leads back."""

from __future__ import annotations

import pytest
from at_the_tablet import Tablet
from player import Player, raw, the_core


def test_leave_stands_on_every_page(person: Player) -> None:
    for path in ("/", "/help", "/about", "/staff", "/nowhere"):
        person.look(path)
        assert person.screen.form_to("/leave")
    person.look()
    the_core(person)
    assert person.screen.form_to("/leave")
    person.say(more="finish")
    assert person.screen.form_to("/leave")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_leaving_wipes_draft_partial_and_browser_and_leads_to_the_start(
    tablet: Tablet, person: Player, method: str
) -> None:
    the_core(person)
    assert tablet.partial() is not None
    answer = raw(tablet.address, "/leave", method, b"" if method == "POST" else None, person.cookie)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "visit=; " in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert tablet.partial() is None
    assert tablet.responses() == []
    assert tablet.counts() == {"offered": 1, "started": 1, "left": 1}
    assert tablet.resets == 1


def test_after_leaving_the_old_cookie_and_the_old_form_show_nothing(tablet: Tablet, person: Player) -> None:
    the_core(person)
    old_form, old_cookie = person.question(), person.cookie
    person.press("/leave")
    for path in ("/page/more", "/page/experience", "/thanks", "/finish"):
        answer = raw(tablet.address, path, cookie=old_cookie)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    fields = [*old_form.hidden.items(), ("more", "finish")]
    assert raw(tablet.address, "/page/more", "POST", fields, old_cookie).headers["Location"] == "/"
    assert tablet.responses() == []


def test_leaving_before_the_first_answer_counts_nobody(tablet: Tablet, person: Player) -> None:
    person.press("/leave")
    assert tablet.counts() == {}


def test_leaving_after_the_end_keeps_what_is_filed(tablet: Tablet, person: Player) -> None:
    the_core(person)
    person.say(more="finish")
    assert "Leave and delete" not in person.screen.words, "what is filed cannot be found again"
    person.press("/leave")
    assert len(tablet.responses()) == 1
    assert tablet.counts() == {"offered": 1, "started": 1, "core": 1}


def test_leaving_works_without_cookie_token_or_keys(tablet: Tablet) -> None:
    tablet.keys = None
    answer = raw(tablet.address, "/leave", "POST", b"")
    assert (answer.status, answer.headers["Location"]) == (303, "/")


def test_on_a_tablet_the_safety_page_puts_what_leaving_does_before_what_it_cannot_do(person: Player) -> None:
    said = " ".join(person.look("/safety").words.split())
    does, cannot = said.split("What it cannot do")
    assert "Only your sealed answers stay on this tablet" in does
    assert "over your shoulder" in cannot
