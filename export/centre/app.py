"""The centre's web application, put together: the tablets' door, the intake, the analysts' pages, the link.

No request is logged, here or by the server: a log line that a respondent's act can cause would be a clock beside an
answer. Where one is needed, the audit log has it, and that is about staff and analysts only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from export.centre.account_pages import AccountPages
from export.centre.accounts import Throttle
from export.centre.arrivals import NotAPacket, arriving
from export.centre.guard import Guard
from export.centre.instance import Centre
from export.centre.intake import Intake
from export.centre.people import ROLES, Role
from export.centre.portal import Portal
from export.centre.registry import RegistryDamaged
from export.centre.releases import NoSuchRelease
from export.centre.sign_ins import SignIns
from export.centre.tablets import Tablets
from export.centre.together import Together
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
        _bind_machines(app, centre)
    if "portal" in centre.settings.serves:
        _bind_portal(app, centre)
    app.register_error_handler(HTTPException, lambda fault: _told(fault.code or 500, ""))
    for kind, status in _STATUS.items():
        app.register_error_handler(kind, _teller(status))
    app.context_processor(lambda: {"made_up": _made_up(centre)})
    app.before_request(_refuse_long)
    app.after_request(add_headers)
    return app


Route = tuple[str, str, str, Callable[..., ResponseReturnValue]]
"""Method, rule, name of the endpoint, view."""


def _bind(app: Flask, routes: Iterable[Route]) -> None:
    for method, rule, name, view in routes:
        app.add_url_rule(rule, name, view, methods=[method])


def _bind_machines(app: Flask, centre: Centre) -> None:
    tablets = Tablets(centre, Throttle(centre.clock.monotonic))
    intake = Intake(centre, tablets, Together(arriving(centre)))
    _bind(
        app,
        (
            ("POST", "/tablets/enrol", "enrol", tablets.enrol),
            ("GET", "/news/keys", "keys", tablets.keys),
            ("GET", "/news/notices", "notices", tablets.notices),
            ("POST", "/intake/rows", "intake", intake.rows),
        ),
    )


def _bind_portal(app: Flask, centre: Centre) -> None:
    """The pages about releases, each with the roles that it is for: nothing else decides who sees what."""
    sign_ins = SignIns(centre.people, centre.audit, centre.entrance)
    guard, portal, people = Guard(sign_ins), Portal(centre, centre.people), AccountPages(centre, sign_ins)
    readers: tuple[Role, ...] = ("analyst", "publisher")
    _bind(
        app,
        (
            ("GET", "/", "home", _home),
            ("GET", "/public/", "public", portal.public),
            ("GET", "/public/<name>/<file>", "public_pull", portal.public_pull),
            ("GET", "/releases/sign-in", "sign_in_page", people.sign_in_page),
            ("POST", "/releases/sign-in", "sign_in", people.sign_in),
            ("POST", "/releases/sign-out", "sign_out", guard.page(ROLES, people.sign_out)),
            ("GET", "/releases/account", "account", guard.page(ROLES, people.account)),
            ("POST", "/releases/account/passphrase", "passphrase", guard.page(ROLES, people.passphrase)),
            ("POST", "/releases/account/tokens", "add_token", guard.page(["analyst"], people.add_token)),
            ("POST", "/releases/account/tokens/drop", "drop_token", guard.page(["analyst"], people.drop_token)),
            ("GET", "/releases/audit", "audit", guard.page(["operator"], people.audit)),
            ("GET", "/releases/", "releases", guard.page(readers, portal.releases)),
            ("GET", "/releases/<name>/", "release", guard.page(readers, portal.release)),
            ("GET", "/releases/<name>/<file>", "pull", guard.page(readers, portal.pull)),
            ("POST", "/releases/<name>/public", "make_public", guard.page(["publisher"], portal.make_public)),
            ("GET", "/api/authority", "api_authority", guard.api(["analyst"], portal.api_authority)),
            ("GET", "/api/releases", "api_releases", guard.api(["analyst"], portal.api_releases)),
            ("GET", "/api/releases/<name>/<file>", "api_pull", guard.api(["analyst"], portal.pull)),
        ),
    )


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
