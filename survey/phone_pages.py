"""What a phone is handed where scripts run: one bundle a language, with which the page walks and seals by itself.

Everything in it is the same for everybody, so it is rendered once per page and language and kept compressed; there is
no cookie, no token and no visit in it. What decides what is asked and whom it is sealed to is the custodian's signed
text, which the page checks; the words around it are this centre's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask, Response, url_for
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound

from forms.instrument import Item, Page
from survey import pages
from survey.fingerprint import word_list
from survey.interview import NotAvailable
from survey.languages import drafts, in_language, offered
from survey.parts import Parts, Ready
from survey.pressed import Pressed, pressed_files
from survey.rendered_once import RenderedOnce
from survey.visits import Outcome, Visit

_STATIC = Path(__file__).parent / "static"
_FILES = ("phone.js", "sealing.js", "heard.css", "fonts/fonts.css", "icon.svg", "symbols.svg", "voice.js")
_WORDS = (
    "bar.leave_only", "bar.back", "code.taken", "error.heading", "title.error", "question.skip", "question.skip_page",
    "phone.language", "phone.changed", "phone.lost.text",
)  # fmt: skip
_MISFITS = ("required", "choice", "exclusive", "number", "range", "date", "too_long", "constraint")
_CODE_MISFITS = {
    "mistyped": "code.mistyped",
    "refused": "code.refused",
    "unloaded": "phone.unloaded.text",
    "busy": "full.heading",
}
_OWN_CONSTRAINT = ("constraint", "number", "range", "date")
_NO_VISIT = ""
_HASH_DIGITS = 32
# A frame takes the place of a page that has its style and its scripts.
_UNLOADED = re.compile(r"<(noscript|script)\b.*?</\1>|<(?:link|meta)\b[^>]*>", re.DOTALL)
_FILLED = re.compile(r"<main\b.*</main>(\s*<footer\b.*</footer>)?", re.DOTALL)
_INDENTATION = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class PhonePages:
    """The views."""

    parts: Parts
    once: RenderedOnce[Pressed]

    def bundle(self, language: str) -> Response:
        """All of the questionnaire in one language, as JSON (docs/formats.md).

        Raises:
            NotAvailable: nothing may be asked now.
            NotFound: the questionnaire has no such language.
        """
        ready = self._ready(language)
        return self._pressed_bundle(ready, language).response()

    def page(self, language: str) -> Response:
        """The first question without a visit: what a phone opens with where there is no network; raises as above."""
        return self._pressed_page(self._ready(language), language).response()

    def words(self) -> Response:
        """The list of words by which people come back: asked for when somebody is about to be offered four."""
        return self.once.get("words", self._ready(None), lambda: self._json(word_list())).response()

    def worker(self) -> Response:
        """The service worker: a file of ours, and before it what to keep, under a version that changes with that.

        Raises:
            NotAvailable: nothing may be asked now.
        """
        ready = self._ready(None)
        return self.once.get("worker", ready, lambda: self._worker(ready)).response()

    def _pressed_page(self, ready: Ready, language: str) -> Pressed:
        def first() -> Pressed:
            html = _question_page(self.parts, ready, language, ready.instrument.pages[0], inner=False)
            return Pressed.of(html.encode(), "text/html")

        return self.once.get(f"page {language}", ready, first)

    def _pressed_bundle(self, ready: Ready, language: str) -> Pressed:
        return self.once.get(f"bundle {language}", ready, lambda: self._json(_bundle(self.parts, ready, language)))

    def _json(self, content: Any) -> Pressed:
        written = json.dumps(content, ensure_ascii=False).encode()
        return Pressed.of(written, "application/json", self.parts.brotli(written))

    def _worker(self, ready: Ready) -> Pressed:
        language = ready.instrument.default_language
        page = url_for("phone_page", language=language)
        files = pressed_files(_STATIC)  # as they are served: others may lie there by now
        kept = {url_for("static", filename=name): files[name].content for name in _FILES}
        kept |= {
            url_for("phone_bundle", language=language): self._pressed_bundle(ready, language).content,
            page: self._pressed_page(ready, language).content,
        }
        hashes = {address: hashlib.sha256(content).hexdigest()[:_HASH_DIGITS] for address, content in kept.items()}
        told = {
            "start": url_for("start"),
            "page": page,
            "files": hashes,
            "bundles": url_for("phone_bundle", language="x")[:-1],
        }
        version = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()[:16]
        script = files["worker.js"].content.decode()
        return Pressed.of(f"self.heard={json.dumps({**told, 'version': version})};{script}".encode(), "text/javascript")

    def _ready(self, language: str | None) -> Ready:
        ready = self.parts.ready()
        if ready is None:
            raise NotAvailable
        if language is not None and (language not in ready.instrument.languages or language not in self.parts.words):
            raise NotFound
        return ready


def add_phone_routes(app: Flask, parts: Parts) -> None:
    """Hand out bundles, for a link's interview."""
    views = PhonePages(parts, RenderedOnce(parts))
    app.add_url_rule("/phone/<language>", "phone_bundle", views.bundle, methods=["GET"])
    app.add_url_rule("/phone/<language>/page", "phone_page", views.page, methods=["GET"])
    app.add_url_rule("/phone-words", "phone_words", views.words, methods=["GET"])
    app.add_url_rule("/worker.js", "phone_worker", views.worker, methods=["GET"])


def _bundle(parts: Parts, ready: Ready, language: str) -> dict[str, Any]:
    instrument, words = ready.instrument, pages.words_of(parts, language)
    notices = parts.notices()
    signed = [told.signed_on for told in (ready.keys, notices) if told is not None]
    return {
        "phones": ready.keys.phones,
        "instrument": instrument.routing_json(),
        "language": language,
        "place": ready.place.code,
        "newest_day": max(signed).isoformat(),
        "crime": pages.CRIME_ITEM,
        "again": ready.place.come_back,
        # In this order the same languages and drawings stand close to each other, and nearly come for nothing.
        "screens": {name: _lean(html) for name, html in _screens(parts, ready, language).items()},
        "frame": _lean(_frame(_question_page(parts, ready, language, instrument.pages[0], inner=False))),
        "pages": {
            page.name: _lean(_question_page(parts, ready, language, page, inner=True)) for page in instrument.pages
        },
        "remaining": [str(escape(pages.time_for(left, words))) for left in range(len(instrument.pages) + 1)],
        "words": {name: str(escape(words[name])) for name in (*_WORDS, *(f"error.{kind}" for kind in _MISFITS))}
        | {f"error.{kind}": str(escape(words[name])) for kind, name in _CODE_MISFITS.items()},
        "messages": {item.name: own for item in instrument.items() if (own := _messages(ready, item, language))},
    }


def _frame(html: str) -> str:
    return _FILLED.sub("<main></main>", _UNLOADED.sub("", html))


def _lean(html: str) -> str:
    """Without the templates' indentation, which a phone would have to load; where there was space some is left."""
    return _INDENTATION.sub("\n", html)


def _messages(ready: Ready, item: Item, language: str) -> dict[str, str]:
    def own(texts: Mapping[str, str]) -> str:
        return str(escape(in_language(texts, language, ready.instrument.default_language)))

    found = {"required": own(item.required_messages)} | dict.fromkeys(_OWN_CONSTRAINT, own(item.constraint_messages))
    return {kind: text for kind, text in found.items() if text}


def _visit(ready: Ready, language: str, outcome: Outcome | None = None) -> Visit:
    return Visit(_NO_VISIT, ready.instrument, language, outcome=outcome)


def _question_page(parts: Parts, ready: Ready, language: str, page: Page, *, inner: bool) -> str:
    """One page with every item and option that it can have; the phone takes out what is not asked."""
    visit, words = _visit(ready, language), pages.words_of(parts, language)
    everything = [replace(item, choice_filter=None, randomize=False, default=None) for item in page.items]
    questions = tuple(pages.question(visit, item, words, {}) for item in everything)
    return pages.render(
        parts, "question.html", ready, visit,
        questions=questions, problems=[], heading=pages.page_heading(visit, page, questions),
        action=url_for("page", page=page.name), back=url_for("start"), first=page is ready.instrument.pages[0],
        waiting=False, remaining=" ", can_skip=any(each.control != "note" for each in questions),
        languages=offered(ready.instrument, parts.words), inner=inner,
    )  # fmt: skip


def screens_of_a_stop(parts: Parts, ready: Ready | None, visit: Visit | None, language: str) -> dict[str, Markup]:
    """What leads on from a phone's page where nothing is asked now, by name; there is no bundle then."""

    def page(template: str, **more: Any) -> Markup:
        html = pages.render(parts, template, ready, visit, language, inner=True, **more)
        return Markup(_lean(html))  # noqa: S704 - a page of ours, which was escaped as one

    return {
        "deleted": page("on_phone.html", name="deleted", buttons=()),
        "undeleted": page("on_phone.html", name="undeleted", buttons=("delete-now",)),
        "unwiped": page("on_phone.html", name="unwiped", buttons=("delete-now",)),
        "late": page("on_phone.html", name="late", buttons=()),
        "help": page("help.html", lines=()),
        "about": page("about.html"),
        "safety": page("safety.html"),
    }


def _screens(parts: Parts, ready: Ready, language: str) -> dict[str, str]:
    visit, over = _visit(ready, language), _visit(ready, language, "kept")
    listed, drafted = offered(ready.instrument, parts.words), drafts(ready.instrument, parts.words.drafted)
    lines, figures = pages.fitting(ready.keys.support_lines, {}), pages.figures(parts, language)

    def page(template: str, seen: Visit, **more: Any) -> str:
        return pages.render(parts, template, ready, seen, inner=True, **more)

    def own(name: str, *buttons: str) -> str:
        return page("on_phone.html", over, name=name, buttons=buttons)

    doors = ["open-door"] if ready.place.open_door else []
    # Where the door is open the phone takes out the way on without a code, or else why there is none today.
    why = "code.full" if ready.place.open_door else "code.only"
    only = {"closed": not ready.place.open_door, "why": why}
    typed = {"card-code": page("card_code.html", visit, problem="", typed="", **only)} if parts.codes else {}

    return typed | {
        "help": page("help.html", visit, lines=lines),
        "about": page("about.html", visit),
        "safety": page("safety.html", visit),
        "again": page("again.html", visit),
        "thanks": page("thanks.html", over, lines=lines, figures=figures),
        "ended": page("ended.html", over, lines=lines, figures=figures),
        "waiting": own("waiting", "send-now", "delete-now"),
        "unstored": own("unstored", "send-now", "delete-now"),
        "refused": own("refused", *doors, "delete-now"),
        "deleted": own("deleted", "return"),
        **{each: own(each, "delete-now") for each in ("undeleted", "unwiped")},
        "late": own("late"),
        "unkept": own("lost", "again"),
        "languages": page("languages.html", visit, languages=listed, drafts=drafted),
    }
