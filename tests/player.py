"""Walks the interview's pages as somebody without scripts would: reads the HTML, presses what it offers.

A thin layer over ``survey.made_up``, which the demo uses too; here with names for what tests do to a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin

import urllib3

from survey.made_up import Browser, Form, Screen, answer_all

__all__ = ["Form", "Player", "Screen", "cookies_of", "raw"]

Said = Mapping[str, str | Sequence[str]]
"""Item name -> code, codes or characters."""


def raw(
    address: str,
    path: str,
    method: str = "GET",
    fields: Sequence[tuple[str, str]] | bytes | None = None,
    cookie: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> urllib3.BaseHTTPResponse:
    """One request and its answer, redirects not followed."""
    given = dict(headers or {})
    if cookie is not None:
        given["Cookie"] = f"visit={cookie}"
    body = urlencode(fields).encode() if isinstance(fields, list | tuple) else fields
    if body is not None:
        given.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return urllib3.request(method, urljoin(address, path), body=body, headers=given, redirect=False, retries=False)


class Player:
    """One person at a browser of their own."""

    def __init__(self, address: str) -> None:
        self.browser = Browser(address)
        self.screen = Screen(address, 0)

    @property
    def cookie(self) -> str | None:
        """The visit's cookie, where this browser holds one."""
        return self.browser.cookies.get("visit")

    @property
    def page(self) -> str:
        """The end of the address that this person sees."""
        return self.screen.address.rpartition("/")[2]

    def look(self, path: str = "/") -> Screen:
        """Open a page."""
        self.screen = self.browser.get(path)
        return self.screen

    def question(self) -> Form:
        """The form that asks."""
        assert self.screen.question is not None, f"{self.screen.address} asks nothing: {self.screen.words}"
        return self.screen.question

    def values(self, said: Said) -> list[tuple[str, str]]:
        """What a browser would send for these answers."""
        return [(name, each) for name, value in said.items() for each in ([value] if isinstance(value, str) else value)]

    def say(self, **said: str | Sequence[str]) -> Screen:
        """Answer this page and press Continue."""
        self.screen = self.browser.send(self.question(), self.values(said))
        return self.screen

    def skip(self) -> Screen:
        """Press 'Skip this question'."""
        self.screen = self.browser.send(self.question(), (), button=1)
        return self.screen

    def press(self, path_end: str) -> Screen:
        """Press the button of the form that leads there."""
        self.screen = self.browser.send(self.screen.form_to(path_end))
        return self.screen

    def first_of_each(self, **said: str) -> Screen:
        """Answer every page until the questions end: as said, else the first that is offered."""

        def choose(item: str, offered: Sequence[str]) -> Sequence[str]:
            return [said[item]] if item in said else offered[:1]

        self.screen = answer_all(self.browser, self.screen, choose)
        return self.screen


def cookies_of(answer: urllib3.BaseHTTPResponse) -> dict[str, SimpleCookie]:
    """Each Set-Cookie line of an answer, by name."""
    lines = [SimpleCookie(line) for line in answer.headers.getlist("Set-Cookie")]
    return {name: line for line in lines for name in line}


def the_core(person: Player) -> None:
    """Answer the core of ``at_the_tablet.SMALL``; the choice stands there next."""
    person.say(experience="good")
    person.say(contact="easy")
    person.say(crime="theft")
