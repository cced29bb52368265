"""Every page of the questionnaire that ships, as somebody meets it: one question, a way past it, a way out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from at_the_tablet import Tablet
from player import Player, raw
from screens import shown

ON = {"more": "yes", "stage": "early", "about": "yes", "health": "yes"}
CONTROL = re.compile(r"<(?:form|textarea|input(?! type=\"hidden\"))[^>]*>")


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    with shown(tmp_path) as tablet:
        yield tablet


def every_page(person: Player) -> Iterator[str]:
    """The item that each page asks, first answers first and on to the very end."""
    person.look()
    while person.screen.question is not None:
        (item,) = person.question().offered
        yield item
        offered = person.question().offered[item]
        person.say(**{item: ON.get(item, offered[0] if offered else "Ring back.")})


def test_each_asks_one_thing_that_can_be_skipped_under_a_title_that_says_nothing(tablet: Tablet) -> None:
    person, items = Player(tablet.address), []
    for item in every_page(person):
        items.append(item)
        assert ("go", "skip") in person.question().submits, item
        assert person.screen.title == "Survey", item
        assert person.screen.form_to("/leave"), item
        said = person.screen.words
        assert "Help" in said, item
        assert ("minute" in said) == (item != "more"), "an honest word on how long, but where one may finish now"
    assert len(items) == len(set(items)) > 20
    assert person.page == "thanks"
    assert tablet.only_response().status == "complete"


def test_the_browser_is_asked_to_remember_nothing_that_is_typed_or_chosen(tablet: Tablet) -> None:
    person, controls = Player(tablet.address), 0
    for item in every_page(person):
        html = raw(tablet.address, urlsplit(person.screen.address).path, cookie=person.cookie).data.decode()
        for control in CONTROL.findall(html):
            controls += 1
            assert 'autocomplete="off"' in control, (item, control)
    assert controls > 100
