"""Who may use a page of the portal: each route names its roles, and nothing else decides.

A page sends strangers to the sign-in and answers 403 to whom it is not for. The API answers 401 to every token that
opens nothing, whyever: a token is an analyst's or nobody's. A form counts only where our own page wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus

from flask import jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from export.centre.people import Role
from export.centre.sign_ins import Person, SignIns
from survey.csrf import CSRF_FIELD, belongs, csrf_token

COOKIE = "analyst"
PATH = "/releases"
WITHOUT_ONE = (
    "One that was taken back, or whose account was closed, is not known any more. Whoever has an account makes another"
    " under 'Your account'; others ask the operator."
)
View = Callable[..., Response]


@dataclass(frozen=True)
class Guard:
    """Stands before every view that is not for everybody."""

    sign_ins: SignIns

    def page(self, roles: Collection[Role], view: View) -> View:
        """The view for these roles; it is handed the person first."""

        def guarded(**parts: str) -> Response:
            person = self.sign_ins.person(request.cookies.get(COOKIE, ""))
            if person is None or (request.method == "POST" and not form_is_ours()):
                return redirect(url_for("sign_in_page"), HTTPStatus.SEE_OTHER)
            if person.role not in roles:
                return make_response(page("not_yours.html", person), HTTPStatus.FORBIDDEN)
            return view(person, **parts)

        return guarded

    def api(self, roles: Collection[Role], view: View) -> View:
        """The view for programs that send a token of these roles."""

        def guarded(**parts: str) -> Response:
            scheme, _, untrusted_token = request.headers.get("Authorization", "").partition(" ")
            person = self.sign_ins.bearer(untrusted_token) if scheme.lower() == "bearer" else None
            if person is None or person.role not in roles:
                return _unauthorised()
            return view(person, **parts)

        return guarded


def form_is_ours() -> bool:
    """Whether the form of this request was written for this browser by a page of ours."""
    cookie = request.cookies.get(COOKIE, "")
    return bool(cookie) and belongs(request.form.get(CSRF_FIELD, ""), cookie)


def page(template: str, person: Person, **parts: object) -> str:
    """A page for somebody who is signed in."""
    return render_template(template, person=person, mac=csrf_token(request.cookies.get(COOKIE, "")), **parts)


def _unauthorised() -> Response:
    response = jsonify(problem=f"Send a token that is known here: Authorization: Bearer TOKEN. {WITHOUT_ONE}")
    response.status_code = HTTPStatus.UNAUTHORIZED
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
