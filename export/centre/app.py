"""The centre's web application, put together: the tablets' door, the intake, the analysts' pages, the link.

No request is logged, here or by the server: a log line that a respondent's act can cause would be a clock beside an
answer. Where one is needed, the audit log has it, and that is about staff and analysts only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from export.centre.accounts import Throttle
from export.centre.arrivals import NotAPacket
from export.centre.instance import Centre
from export.centre.intake import Intake
from export.centre.portal import Portal
from export.centre.registry import RegistryDamaged
from export.centre.releases import NoSuchRelease
from export.centre.sign_ins import SignIns
from export.centre.tablets import Tablets
from export.manifest import ReleaseRefused
from survey.app import LARGEST_BODY
from survey.headers import add_headers
from survey.receipt import RequestRefused
from survey.store import StoreDamaged, StoreFull

_MACHINES = ("/intake/", "/tablets/", "/news/", "/api/")

_WORDS: dict[int, tuple[str, str]] = {
    400: ("That did not arrive whole", "Go back and try again."),
    403: ("That is not allowed", "Go back to where you came from."),
    404: ("There is no such page", "Check the address."),
    405: ("That cannot be done here", "Go back to where you came from."),
    413: ("That was too long", "Nothing was kept. Go back, make it shorter, then send it again."),
    500: ("Something went wrong", "Nothing was kept. Try again in a while."),
    503: ("Not available now", "Nothing was kept. Try again later."),
}
# Faults that a request may meet, and how they are told; everything else is a 500 without a word about its inside.
_STATUS: dict[type[Exception], int] = {
    RequestRefused: 403,
    NotAPacket: 400,
    NoSuchRelease: 404,
    ReleaseRefused: 503,
    StoreFull: 503,
    StoreDamaged: 503,
    RegistryDamaged: 503,
}
_SPOKEN = (RequestRefused, NotAPacket, NoSuchRelease, ReleaseRefused)


def centre_app(centre: Centre) -> Flask:
    """The application for one opened centre: the parts of it that the settings name. It starts nothing."""
    app = Flask(
        "export.centre",
        root_path=str(Path(__file__).parent),
        instance_path=str(centre.folder.resolve()),
    )
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.logger.disabled = True
    if "intake" in centre.settings.serves:
        _bind_intake(app, centre)
    if "portal" in centre.settings.serves:
        _bind_portal(app, Portal(centre, SignIns(centre.registry, centre.audit.now)))
    app.register_error_handler(HTTPException, lambda fault: _told(fault.code or 500, ""))
    for kind, status in _STATUS.items():
        app.register_error_handler(kind, _teller(status))
    app.context_processor(lambda: {"made_up": _made_up(centre)})
    app.before_request(_refuse_long)
    app.after_request(add_headers)
    return app


def _bind_intake(app: Flask, centre: Centre) -> None:
    tablets = Tablets(centre, Throttle(centre.clock.monotonic))
    route = _router(app)
    route("/tablets/enrol", tablets.enrol, method="POST")
    route("/news/keys", tablets.keys)
    route("/news/notices", tablets.notices)
    route("/intake/rows", Intake(centre, tablets).rows, "intake", method="POST")


def _bind_portal(app: Flask, portal: Portal) -> None:
    route = _router(app)
    route("/", _home, "home")
    route("/releases/", portal.releases)
    route("/releases/sign-in", portal.sign_in_page)
    route("/releases/sign-in", portal.sign_in, method="POST")
    route("/releases/sign-out", portal.sign_out, method="POST")
    route("/releases/<name>/", portal.release)
    route("/releases/<name>/<file>", portal.pull)
    route("/api/releases", portal.api_releases)
    route("/api/releases/<name>/<file>", portal.api_pull)


def _router(app: Flask) -> Callable[..., None]:
    def route(rule: str, view: Callable[..., ResponseReturnValue], name: str = "", method: str = "GET") -> None:
        app.add_url_rule(rule, name or view.__name__, view, methods=[method])

    return route


def _made_up(centre: Centre) -> bool:
    briefing = centre.briefing()
    keys = None if briefing is None else briefing.keys()
    return keys is not None and keys.made_up


def _refuse_long() -> None:
    # Also where no view reads the body: what is too long is told so, not looked at (survey.serving throws it away).
    if (request.content_length or 0) > LARGEST_BODY:
        raise RequestEntityTooLarge


def _home() -> AnyResponse:
    return redirect(url_for("releases"), HTTPStatus.SEE_OTHER)


def _teller(status: int) -> Callable[[Exception], AnyResponse]:
    return lambda fault: _told(status, str(fault) if isinstance(fault, _SPOKEN) else "")


def _told(status: int, says: str) -> AnyResponse:
    title, advice = _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
    if request.path.startswith(_MACHINES):
        problem = says or f"{title}. {advice}"
        return Response(json.dumps({"problem": problem}), status, mimetype="application/json")
    return Response(render_template("problem.html", title=title, says=says or advice), status, mimetype="text/html")
