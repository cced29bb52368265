"""Signing in and out, one's own account, and the audit log for the operator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from export.centre.accounts import new_token, token_digest
from export.centre.audit import ChainBroken
from export.centre.entrance import TryLater
from export.centre.guard import COOKIE, PATH, WITHOUT_ONE, form_is_ours, page
from export.centre.instance import Centre
from export.centre.limits import address_of
from export.centre.passphrases import LONGEST, SHORTEST
from export.centre.people import NameTaken
from export.centre.preparing import waiting
from export.centre.sign_ins import NotAdmitted, Person, SignIns
from survey.csrf import csrf_token

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}")
_NOT_ADMITTED = (
    "That does not fit, or there were too many wrong tries: then this account waits. Check what you typed and use the"
    " newest code, or ask the operator."
)
_UNKNOWN_TOKEN = f"This token is not known here. Copy all of it again. {WITHOUT_ONE}"
_STALE_FORM = "This page was open for too long. Fill it in again."
_LATEST_LINES = 500


@dataclass(frozen=True)
class AccountPages:
    """The views about people."""

    centre: Centre
    sign_ins: SignIns

    def sign_in_page(self, problem: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response:
        """GET /releases/sign-in."""
        cookie = request.cookies.get(COOKIE) or new_token()
        with_token = bool(request.form.get("token")) if problem else False
        sent = render_template("sign_in.html", problem=problem, with_token=with_token, mac=csrf_token(cookie))
        return _with_cookie(make_response(sent, status), cookie)

    def sign_in(self) -> Response:
        """POST /releases/sign-in: a passphrase with a code, or a token, in; a fresh random cookie out."""
        if not form_is_ours():
            return self.sign_in_page(_STALE_FORM, HTTPStatus.UNAUTHORIZED)
        form = request.form
        try:
            if form.get("token"):
                cookie, person = self.sign_ins.with_token(form["token"])
            else:
                untrusted = (form.get("name", ""), form.get("passphrase", ""), form.get("code", ""))
                address = address_of(request.environ, self.centre.settings.address_header)
                cookie, person = self.sign_ins.with_passphrase(*untrusted, address)
        except NotAdmitted:
            says = _UNKNOWN_TOKEN if form.get("token") else _NOT_ADMITTED
            return self.sign_in_page(says, HTTPStatus.UNAUTHORIZED)
        except TryLater as refusal:
            return _later(self.sign_in_page(str(refusal), refusal.status), refusal)
        self.centre.audit.note(person.name, "signed in", "releases")
        home = "audit" if person.role == "operator" else "releases"
        return _with_cookie(redirect(url_for(home), HTTPStatus.SEE_OTHER), cookie)

    def sign_out(self, _person: Person) -> Response:
        """POST /releases/sign-out."""
        self.sign_ins.end(request.cookies.get(COOKIE, ""))
        response = redirect(url_for("sign_in_page"), HTTPStatus.SEE_OTHER)
        response.delete_cookie(COOKIE, path=PATH)
        return response

    def account(self, person: Person, problem: str = "", token: str = "") -> Response:
        """GET /releases/account: the passphrase, and an analyst's own tokens."""
        start = f"{person.account}/"
        labels = [name.removeprefix(start) for name in self.centre.people.token_names() if name.startswith(start)]
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return make_response(page("account.html", person, problem=problem, token=token, labels=labels), status)

    def passphrase(self, person: Person) -> Response:
        """POST /releases/account/passphrase: everybody who is signed in to the account is signed out."""
        new = request.form.get("new", "")
        if not SHORTEST <= len(new) <= LONGEST:
            return self.account(person, f"A passphrase has {SHORTEST} to {LONGEST} characters: four words or more.")
        old = request.form.get("old", "")
        try:
            changed = person.account is not None and self.sign_ins.change_passphrase(person.account, old, new)
        except TryLater as refusal:
            return _later(self.account(person, str(refusal)), refusal)
        if not changed:
            return self.account(person, "The old passphrase does not fit. Nothing was changed.")
        return redirect(url_for("sign_in_page"), HTTPStatus.SEE_OTHER)

    def add_token(self, person: Person) -> Response:
        """POST /releases/account/tokens: a token of one's own for one's programs, shown this once."""
        label = request.form.get("label", "").strip()
        if person.account is None or not _LABEL.fullmatch(label):
            return self.account(person, "Name the token by letters and digits, 40 at most: the machine it is for.")
        token, name = new_token(), f"{person.account}/{label}"
        try:
            with self.centre.people.together():
                self.centre.people.add_token(name, token_digest(token))
                self.centre.audit.note(person.name, "token add", name)
        except NameTaken:
            return self.account(person, f"You have a token called {label} already. Take it back first.")
        return self.account(person, token=token)

    def drop_token(self, person: Person) -> Response:
        """POST /releases/account/tokens/drop: it is good for nothing from the next request on."""
        name = f"{person.account}/{request.form.get('label', '')}"
        with self.centre.people.together():
            if person.account is not None and self.centre.people.revoke_token(name):
                self.centre.audit.note(person.name, "token revoke", name)
        return redirect(url_for("account"), HTTPStatus.SEE_OTHER)

    def audit(self, person: Person) -> Response:
        """GET /releases/audit: what staff and analysts did, newest first."""
        try:
            broken, newest = "", self.centre.audit.newest_link()
        except ChainBroken as fault:
            broken, newest = str(fault), ""
        notes = self.centre.registry.notes()[: -_LATEST_LINES - 1 : -1]
        ready = waiting(self.centre)
        return make_response(page("audit.html", person, notes=notes, newest=newest, broken=broken, ready=ready))


def _later(response: Response, refusal: TryLater) -> Response:
    response.status_code = refusal.status
    response.headers["Retry-After"] = str(refusal.seconds)
    return response


def _with_cookie(response: Response, cookie: str) -> Response:
    response.set_cookie(COOKIE, cookie, path=PATH, httponly=True, samesite="Strict", secure=request.is_secure)
    return response
