"""A page of questions as one person sees it, and the first one, rendered once for everybody who has not begun.

The first page differs from one visitor to the next by the token of its forms and by nothing else. So it is rendered for
a visit that nobody has, cut where that visit's token stands, and the stand-in is forgotten: what is kept was never
told anybody's token, and each visitor's is put into a text of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from forms.instrument import Page
from forms.routing import before
from survey import pages
from survey.csrf import csrf_token
from survey.languages import offered
from survey.parts import Parts, Ready
from survey.rendered_once import RenderedOnce
from survey.visit_cookie import kept_back
from survey.visits import Visit, new_token


def question_page(
    parts: Parts, ready: Ready, visit: Visit, page: Page, errors: Mapping[str, list[str]] | None = None
) -> str:
    """One page of questions with what was said so far; after errors, with what this request's form brought."""
    said: Mapping[str, Any] = visit.answers
    if errors:
        said = {name: values if len(values) > 1 else values[0] for name, values in request.form.lists()}
    first, words = page.name == visit.way[0], pages.words_of(parts, visit.language)
    questions = pages.page_questions(visit, page, words, said, errors or {})
    problems = [pages.Problem(each.first_control, line) for each in questions for line in each.errors]
    return pages.render(
        parts, "question.html", ready, visit,
        questions=questions, problems=problems, heading=pages.page_heading(visit, page, questions),
        action=url_for("page", page=page.name), back=_back(parts, visit, page),
        first=first, waiting=first and visit.began is None and not errors and visit.in_default_language,
        remaining=pages.time_left(visit, page, words),
        can_skip=any(each.control != "note" for each in questions),
        languages=offered(visit.instrument, parts.words),
    )  # fmt: skip


def _back(parts: Parts, visit: Visit, page: Page) -> str | None:
    earlier = before(visit.instrument, page.name, visit.answers)
    if earlier is None or not visit.reachable(earlier.name, may_go_back=not parts.on_tablet):
        return None
    return url_for("page", page=earlier.name)


class FirstPages:
    """The first page for people who have not begun."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._around_a_token: RenderedOnce[list[str]] = RenderedOnce(parts)

    def page(self, ready: Ready, visit: Visit) -> str:
        """The first page for a visit in which nothing was said, with that visit's token."""
        first = visit.instrument.page(visit.way[0])
        if any(item.randomize for item in first.items):  # everybody's order is their own
            return question_page(self._parts, ready, visit, first)

        def around_a_token() -> list[str]:
            nobody = Visit(new_token(), ready.instrument, visit.language)
            return question_page(self._parts, ready, nobody, first).split(csrf_token(nobody.token))

        pieces = self._around_a_token.get(f"{visit.language} {kept_back()}", ready, around_a_token)
        return csrf_token(visit.token).join(pieces)
