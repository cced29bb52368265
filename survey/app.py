"""``interview_app``: puts one place's interview together as a Flask application, for a tablet or for the centre.

It starts no thread, reads no settings and keeps no session. An error of ours shows a kind page and leaves one word in
the log, the error's class, once: a traceback could quote an answer, and a second line would be a clock.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from survey import visit_cookie
from survey.aloud import Sounds, line_texts, mark, mark_said
from survey.card_code import add_card_code
from survey.ceiling import NoRoom, OnlyWithCode
from survey.headers import add_headers, let_fonts_stay
from survey.interview import Interview, NotAvailable, to
from survey.language_page import add_language_page
from survey.parts import Mode, Parts, Ready
from survey.phone_pages import add_phone_routes
from survey.plain_page import PlainPages
from survey.pressed import press_first_page, press_static_files
from survey.question_page import FirstPages
from survey.refused_cookies import add_refused_cookies
from survey.stopped import NOTHING_KEPT
from survey.submission import NotKept

__all__ = ["Mode", "Parts", "Ready", "interview_app"]

LARGEST_BODY = 64 * 1024
_FORM = "application/x-www-form-urlencoded"
_LOG = logging.getLogger("heard")


def interview_app(parts: Parts) -> Flask:
    """The interview of one place. ``app.extensions["interview"]`` is its ``Interview``, for whoever ticks it."""
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_BODY, MAX_FORM_PARTS=1)
    interview = Interview(parts, FirstPages(parts))
    app.extensions["interview"] = interview
    app.jinja_env.globals.update(tablet=False, kept_back=visit_cookie.kept_back)
    app.jinja_env.filters["plain"] = str  # for a title or an attribute, where no element can say its language
    app.jinja_env.filters.update(mark=mark, mark_said=mark_said, line_texts=line_texts)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.autoescape = True
    _add_routes(app, interview)
    add_language_page(app, interview)
    add_card_code(app, interview)
    app.add_url_rule("/sound/<names>.mp3", "sound", Sounds(parts.clips).sound, methods=["GET"])
    if not parts.on_tablet:
        add_phone_routes(app, parts)
        press_static_files(app)
        press_first_page(app, parts.brotli_at_once)
        _lend_letters(app)
    _add_errors(app, parts)
    app.before_request(_refuse_unreadable)
    if not parts.on_tablet:
        add_refused_cookies(app, parts)
    app.after_request(add_headers)
    return app


def _lend_letters(app: Flask) -> None:
    """The fonts once more, under an address that pages without scripts fetch them from and may keep them by."""

    def letters(name: str) -> Response:
        return make_response(app.view_functions["static"](filename=f"fonts/{name}"))

    app.add_url_rule("/letters/<name>", "letters", letters, methods=["GET"])
    app.after_request(let_fonts_stay)


def _add_routes(app: Flask, interview: Interview) -> None:
    app.add_url_rule("/", "start", interview.start, methods=["GET"])
    app.add_url_rule("/", "answer_first", interview.answer, methods=["POST"])
    app.add_url_rule("/page/<page>", "page", interview.page, methods=["GET"])
    app.add_url_rule("/page/<page>", "answer", interview.answer, methods=["POST"])
    app.add_url_rule("/finish", "finish", interview.finish, methods=["GET", "POST"])
    app.add_url_rule("/leave", "leave", interview.leave, methods=["GET", "POST"])
    app.add_url_rule("/help", "help", interview.help, methods=["GET"])
    app.add_url_rule("/about", "about", interview.about, methods=["GET"])
    app.add_url_rule("/safety", "safety", interview.safety, methods=["GET"])
    app.add_url_rule("/thanks", "thanks", interview.thanks, methods=["GET"])
    app.add_url_rule("/ended", "ended", interview.ended, methods=["GET"])


def _refuse_unreadable() -> None:
    """Only short url-encoded forms are read: anything else could be spilled into a temporary file on its way.

    Raises:
        RequestEntityTooLarge: more than 64 KB.
        UnsupportedMediaType: a body of another kind.
    """
    if (request.content_length or 0) > LARGEST_BODY:
        raise RequestEntityTooLarge
    if request.content_length and request.mimetype != _FORM:
        raise UnsupportedMediaType


_WORDS_FOR = {404: "missing", 405: "missing", 413: "large", 400: "unreadable", 415: "unreadable"}


def _add_errors(app: Flask, parts: Parts) -> None:
    already_told: set[str] = set()

    def report(fault: Exception) -> None:
        name = type(fault).__name__
        if name not in already_told:
            already_told.add(name)
            _LOG.error("A page failed with %s. Please report this to whoever looks after Heard.", name)

    plain = PlainPages(parts, report)

    def not_available(_fault: Exception) -> Response:
        text = "unavailable.text" if parts.on_tablet else NOTHING_KEPT
        return plain(503, "unavailable.heading", text, way_on=False)

    def no_room(_fault: Exception) -> Response:
        return plain(503, "full.heading", "full.text", way_on=False)

    def only_with_code(fault: OnlyWithCode) -> Response:
        return to("card_code") if parts.codes is not None else no_room(fault)

    def refused(fault: HTTPException) -> Response | HTTPException:
        which = _WORDS_FOR.get(fault.code or 500, "unreadable")
        return plain(fault.code or 500, f"problem.{which}", None if which == "missing" else f"problem.{which}.text")

    def ours(fault: Exception) -> Response:
        report(fault)
        return plain(500, "problem.ours", "problem.ours.text" if parts.on_tablet else "phone.lost.text")

    app.register_error_handler(NotAvailable, not_available)
    app.register_error_handler(NotKept, not_available)
    app.register_error_handler(NoRoom, no_room)
    app.register_error_handler(OnlyWithCode, only_with_code)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Exception, ours)
