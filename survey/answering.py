"""One page's answers into the draft: what a form may change, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.fields import answers_from, form_for
from forms.instrument import Page
from forms.routing import after, asked, problems
from survey.csrf import VisitCSRF
from survey.languages import in_language
from survey.pages import words_of
from survey.parts import Parts
from survey.submission import keep_partial, time_out
from survey.visits import Visit

Errors = Mapping[str, list[str]]
"""Item name -> what to do about its answer."""


def take(parts: Parts, visit: Visit, page: Page, untrusted_form: Any) -> Errors:
    """Put one page's answers into the draft, or say what is wrong with them and change nothing.

    ``required`` is asked once more and then let go: nobody is held up by a question.
    """
    words = words_of(parts, visit.language)

    def shown(texts: Mapping[str, str]) -> str:
        return in_language(texts, visit.language, visit.instrument.default_language)

    form = form_for(visit.instrument, page, shown, visit.answers, visit.seed, words)(
        formdata=untrusted_form, meta={"csrf_class": VisitCSRF, "csrf_context": visit.token}
    )
    if not form.validate():
        return {name: list(errors) for name, errors in form.errors.items() if name}
    given = answers_from(form, page)
    names = {item.name for item in page.items}
    seen = {name: answer for name, answer in visit.answers.items() if name not in names} | given
    wrong: dict[str, list[str]] = {}
    for problem in problems(visit.instrument, page, seen, frozenset(visit.already_asked)):
        wrong.setdefault(problem.item, []).append(problem.message(words, shown))
        visit.already_asked.add(problem.item)
    if not wrong:
        _put(parts, visit, seen)
    return wrong


def skip(parts: Parts, visit: Visit, page: Page) -> None:
    """Go on without an answer to anything on this page; what was said here before is taken back."""
    names = {item.name for item in page.items}
    _put(parts, visit, {name: answer for name, answer in visit.answers.items() if name not in names})


def _put(parts: Parts, visit: Visit, answers: dict[str, Any]) -> None:
    now = parts.clock.monotonic()
    other = parts.visits.open(visit)
    if other is not None:
        time_out(parts, other)
    visit.put(answers)
    if answers and visit.began is None:
        _begin(parts, visit, now)
    if visit.pressed(now):
        parts.tallies.burst()


def _begin(parts: Parts, visit: Visit, now: float) -> None:
    parts.visits.begin(visit, now)
    if not parts.visits.expected:
        parts.tallies.offered()
    parts.visits.expected = False
    parts.tallies.started(visit.language)


def go_on(parts: Parts, visit: Visit, page: Page, asked_before: frozenset[str]) -> Page | None:
    """The page to show next, None at the end. Once the core is in, what there is has been sealed when this returns.

    The same page again where an answer on it has opened another item of it.

    Raises:
        NotKept: there is no valid key to seal to.
        CodeRefused: the card's code is no good any more, and the person has to be asked.
    """
    if {item.name for item in asked(visit.instrument, page, visit.answers)} - asked_before:
        return page
    following = after(visit.instrument, page.name, visit.answers)
    if following is None:
        visit.end_reached = True
        return None
    visit.position = following.name
    keep_partial(parts, visit)
    return following
