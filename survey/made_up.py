"""Made-up respondents who answer over real HTTP, as a browser without scripts would.

For demonstrations and tests only. They read the page that they are given, so they know no question by name but the
ones that a plan names. Whoever shows what they said must label it made up: the demo's keys file does so everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Literal
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

Chooses = Callable[[str, Sequence[str]], Sequence[str]]
"""(item name, the values that the page offers; none for a typed answer) -> the values to give."""

_MOST_PAGES = 200
_TOO_MANY_REDIRECTS = 10


class LostRespondent(RuntimeError):
    """A page that a made-up respondent cannot go on from. Open the address in a browser and look at it."""


@dataclass
class Form:
    """One form of a page: where it goes and what may be sent."""

    action: str
    id: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    submits: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Screen:
    """What came back: the address it stands at, its status, its forms and its words."""

    address: str
    status: int
    title: str = ""
    heading: str = ""
    words: str = ""
    forms: list[Form] = field(default_factory=list)

    @property
    def question(self) -> Form | None:
        """The form that asks, where this is a question page."""
        return next((form for form in self.forms if form.id == "question"), None)

    def form_to(self, path_end: str) -> Form:
        """The form whose action ends so, for Leave, Back or the next person.

        Raises:
            LostRespondent: this page has none.
        """
        for form in self.forms:
            if urlsplit(form.action).path.endswith(path_end):
                return form
        raise LostRespondent(f"{self.address} has no form to {path_end}: {self.heading!r}")


class _Reader(HTMLParser):
    """Reads forms, title, heading and words of a page."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self.screen = screen
        self._form: Form | None = None
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"title", "h1", "script", "style"}:
            self._inside.append(tag)
        if tag == "form":
            self._form = Form(urljoin(self.screen.address, given.get("action", "")), given.get("id", ""))
            self.screen.forms.append(self._form)
        elif self._form is not None and tag in {"input", "textarea", "button", "select"}:
            _add_control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside == "title":
            self.screen.title += data.strip()
        elif inside == "h1":
            self.screen.heading += data
        if inside not in {"script", "style", "title"}:
            self.screen.words += data


def _add_control(form: Form, tag: str, given: Mapping[str, str]) -> None:
    name, value = given.get("name", ""), given.get("value", "")
    kind = given.get("type", "submit" if tag == "button" else "text")
    if kind == "hidden":
        form.hidden[name] = value
    elif kind == "submit":
        form.submits.append((name, value))
    elif kind in {"radio", "checkbox"}:
        form.offered.setdefault(name, []).append(value)
    else:
        form.offered.setdefault(name, [])


class Browser:
    """A browser without scripts: cookies in memory, redirects followed, nothing kept."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._pool = urllib3.PoolManager(retries=False, timeout=30)
        self.cookies: dict[str, str] = {}

    def get(self, address: str) -> Screen:
        """GET, following redirects on the same host."""
        return self._ask("GET", urljoin(self.address, address), None)

    def post(self, address: str, fields: Sequence[tuple[str, str]]) -> Screen:
        """POST a form, then follow what it answers."""
        return self._ask("POST", urljoin(self.address, address), urlencode(fields).encode())

    def send(self, form: Form, values: Sequence[tuple[str, str]] = (), button: int = 0) -> Screen:
        """Press one of the form's submit buttons: the first unless told otherwise."""
        pressed = [form.submits[button]] if form.submits and form.submits[button][0] else []
        return self.post(form.action, [*form.hidden.items(), *values, *pressed])

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def request(self, method: str, address: str, body: bytes | None) -> urllib3.BaseHTTPResponse:
        """One request and its answer, with this browser's cookies; redirects are not followed."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._pool.request(method, address, body=body, headers=headers, redirect=False)

    def _ask(self, method: str, address: str, body: bytes | None) -> Screen:
        for _ in range(_TOO_MANY_REDIRECTS):
            answer = self.request(method, address, body)
            self._take_cookies(answer)
            if answer.status not in {301, 302, 303}:
                screen = Screen(address, answer.status)
                _Reader(screen).feed(answer.data.decode())
                return screen
            address, method, body = urljoin(address, answer.headers["Location"]), "GET", None
            if urlsplit(address).netloc != urlsplit(self.address).netloc:
                return Screen(address, answer.status)
        raise LostRespondent(f"{address} redirects in a circle.")

    def _take_cookies(self, answer: urllib3.BaseHTTPResponse) -> None:
        for line in answer.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or morsel["expires"].endswith("1970 00:00:00 GMT"):
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def fill_in(form: Form, chooses: Chooses) -> list[tuple[str, str]]:
    """The answers to every item of one question page."""
    return [(name, value) for name, offered in form.offered.items() for value in chooses(name, offered)]


def answer_all(browser: Browser, screen: Screen, chooses: Chooses, leave_after: int | None = None) -> Screen:
    """Answer page after page until the questions end, or press Leave after so many pages.

    Returns:
        The screen after the last question, or the one that Leave led to.
    """
    for answered in range(_MOST_PAGES):
        question = screen.question
        if question is None:
            return screen
        if leave_after is not None and answered >= leave_after:
            return browser.send(screen.form_to("/leave"))
        screen = browser.send(question, fill_in(question, chooses))
    raise LostRespondent("The questions do not end.")


@dataclass(frozen=True)
class Plan:
    """What one made-up person means to do."""

    ending: Literal["complete", "core", "left"]
    seed: int

    def chooses(self) -> Chooses:
        """How this person answers: repeatable, mostly on the better side, now and then skipping."""
        chance = random.Random(self.seed)  # noqa: S311 - made-up answers must be repeatable, not secret

        def choose(item: str, offered: Sequence[str]) -> Sequence[str]:
            if item == "more":
                return ["yes" if self.ending == "complete" else "finish"]
            if not offered:
                return []
            if chance.random() < _SKIPS and item != "experience":
                return []
            weights = [len(offered) - place for place in range(len(offered))] if len(offered) <= _SHORT_LIST else None
            return chance.choices(offered, weights)[:1]

        return choose


_SKIPS = 0.03
_SHORT_LIST = 8


def plans(people: int, seed: int) -> list[Plan]:
    """So many made-up people: of ten, about six go to the end, three finish after the core, one leaves."""
    chance = random.Random(seed)  # noqa: S311 - as above
    endings: list[Literal["complete", "core", "left"]] = ["complete", "core", "left"]
    return [Plan(chance.choices(endings, (6, 3, 1))[0], seed * 100_003 + person) for person in range(people)]
