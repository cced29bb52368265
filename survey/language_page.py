"""Another language, at any time: the page that offers them all, and the press that changes it.

Whoever was reading something beside the questions goes on reading that: somebody who opened Help in a language that
they cannot read has to find it in theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, make_response, request

from survey import pages
from survey.interview import Interview, to
from survey.languages import drafts, offered

BESIDE = {
    "help": "help", "about": "about", "safety": "safety", "card_code": "card_code", "take_card_code": "card_code",
    "refused_card": "refused_card",
}  # fmt: skip
"""What is read beside the questions, by endpoint, and where that is found again."""


@dataclass(frozen=True)
class LanguagePage:
    """The two views."""

    interview: Interview

    def page(self) -> Response:
        """Every language that this questionnaire can be read in, and an honest word where a computer translated it."""
        parts, ready = self.interview.parts, self.interview.ready_now()
        with self.interview.held() as visit:
            if visit is None:
                return to("start")
            listed = offered(visit.instrument, parts.words)
            unchecked = drafts(visit.instrument, parts.words.drafted)
            back = _beside(request.args.get("back", ""))
            html = pages.render(parts, "languages.html", ready, visit, languages=listed, drafts=unchecked, beside=back)
            return make_response(html)

    def choose(self) -> Response:
        """Another language for the rest of this visit."""
        with self.interview.held() as visit:
            wanted = request.form.get("language", "")
            if visit is not None and self.interview.belongs(visit) and wanted in visit.instrument.languages:
                visit.language = wanted
        return to(_beside(request.form.get("back", "")) or "start")


def add_language_page(app: Flask, interview: Interview) -> None:
    """The page's routes; every page's link to it then says what to come back to."""
    views = LanguagePage(interview)
    app.add_url_rule("/language", "languages", views.page, methods=["GET"])
    app.add_url_rule("/language", "language", views.choose, methods=["POST"])
    app.context_processor(lambda: {"beside": _beside(request.endpoint or "")})


def _beside(untrusted: str) -> str | None:
    return BESIDE.get(untrusted)
