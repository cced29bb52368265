"""The analysts' pages and their API: sign in with a token, see the releases, pull a file.

No page needs a script. Every pull is in the audit log, with the full time, before its first byte leaves; and each
file is hashed against the signed manifest first (``releases.opened``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from export.centre.accounts import new_token, token_digest
from export.centre.instance import Centre
from export.centre.releases import NoSuchRelease, Releases
from export.centre.sign_ins import SignIns
from export.manifest import MANIFEST, Manifest, ReleaseRefused
from survey.csrf import CSRF_FIELD, belongs, csrf_token

COOKIE = "analyst"
_CODEBOOK = "codebook.json"
_NOT_KNOWN = "This token is not known here. Check it, or ask the operator for a new one."
_STALE_FORM = "This page was open for too long. Enter the token again."


@dataclass(frozen=True)
class Portal:
    """The views for analysts."""

    centre: Centre
    sign_ins: SignIns

    def sign_in_page(self, problem: str = "") -> AnyResponse:
        """GET /releases/sign-in."""
        cookie = request.cookies.get(COOKIE) or new_token()
        status = HTTPStatus.UNAUTHORIZED if problem else HTTPStatus.OK
        page = render_template("sign_in.html", problem=problem, mac=csrf_token(cookie))
        return _with_cookie(make_response(page, status), cookie)

    def sign_in(self) -> AnyResponse:
        """POST /releases/sign-in: a token in, a fresh random cookie out."""
        if not self._form_is_ours():
            return self.sign_in_page(_STALE_FORM)
        digest = token_digest(request.form.get("token", ""))
        name = self.centre.registry.token_name(digest)
        if name is None:
            return self.sign_in_page(_NOT_KNOWN)
        self.centre.audit.note(name, "signed in", "releases")
        return _with_cookie(redirect(url_for("releases"), HTTPStatus.SEE_OTHER), self.sign_ins.begin(digest))

    def sign_out(self) -> AnyResponse:
        """POST /releases/sign-out."""
        if self._form_is_ours():
            self.sign_ins.end(request.cookies.get(COOKIE, ""))
        response = redirect(url_for("sign_in_page"), HTTPStatus.SEE_OTHER)
        response.delete_cookie(COOKIE, path="/releases")
        return response

    def _form_is_ours(self) -> bool:
        cookie = request.cookies.get(COOKIE, "")
        return bool(cookie) and belongs(request.form.get(CSRF_FIELD, ""), cookie)

    def _reader(self) -> str | None:
        # Asked with every page, so that a revoked token ends its sign-ins at once.
        digest = self.sign_ins.digest_of(request.cookies.get(COOKIE, ""))
        return None if digest is None else self.centre.registry.token_name(digest)

    def _page(self, render: Callable[[str], AnyResponse]) -> AnyResponse:
        name = self._reader()
        return redirect(url_for("sign_in_page"), HTTPStatus.SEE_OTHER) if name is None else render(name)

    def _rendered(self, template: str, name: str, **parts: object) -> AnyResponse:
        mac = csrf_token(request.cookies.get(COOKIE, ""))
        return make_response(render_template(template, name=name, mac=mac, **parts))

    def releases(self) -> AnyResponse:
        """GET /releases/."""
        return self._page(lambda name: self._rendered("releases.html", name, releases=self._listed()))

    def release(self, name: str) -> AnyResponse:
        """GET /releases/<name>/."""
        return self._page(lambda reader: self._release(reader, name))

    def _release(self, reader: str, untrusted_name: str) -> AnyResponse:
        manifest = self._published().named(untrusted_name)
        parts = {"release": manifest, "files": [*sorted(manifest.files), MANIFEST], "columns": self._columns(manifest)}
        return self._rendered("release.html", reader, **parts)

    def pull(self, name: str, file: str) -> AnyResponse:
        """GET /releases/<name>/<file>."""
        return self._page(lambda reader: self._pulled(reader, name, file))

    def api_releases(self) -> AnyResponse:
        """GET /api/releases with ``Authorization: Bearer TOKEN``."""
        if self._bearer() is None:
            return _unauthorised()
        return jsonify(releases=[_as_json(manifest) for manifest in self._listed()])

    def api_pull(self, name: str, file: str) -> AnyResponse:
        """GET /api/releases/<name>/<file> with ``Authorization: Bearer TOKEN``."""
        reader = self._bearer()
        return _unauthorised() if reader is None else self._pulled(reader, name, file)

    def _bearer(self) -> str | None:
        scheme, _, untrusted_token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self.centre.registry.token_name(token_digest(untrusted_token))

    def _published(self) -> Releases:
        releases = self.centre.releases()
        if releases is None:
            raise NoSuchRelease("Nothing has been published here yet.")
        return releases

    def _listed(self) -> list[Manifest]:
        releases = self.centre.releases()
        return [] if releases is None else releases.listed()

    def _pulled(self, reader: str, untrusted_name: str, untrusted_file: str) -> Response:
        releases = self._published()
        manifest = releases.named(untrusted_name)
        file = releases.opened(manifest, untrusted_file)
        self.centre.audit.note(reader, "pull", f"{manifest.name}/{untrusted_file}")
        # Among somebody's downloads its name alone says which release it is of, and whether that is made up.
        download_name = f"{manifest.name}-{untrusted_file}"
        return send_file(file, mimetype=_media_type(untrusted_file), as_attachment=True, download_name=download_name)

    def _columns(self, manifest: Manifest) -> list[Column]:
        try:
            with self._published().opened(manifest, _CODEBOOK) as file:
                return columns_of(json.load(file))
        except (NoSuchRelease, ReleaseRefused, ValueError):
            return []  # the files are what matters; a release without a codebook of ours still lists them


@dataclass(frozen=True)
class Column:
    """One column of a release as its codebook tells it: what was asked, and on how many answers it rests."""

    name: str
    asked: str
    answered: str


def columns_of(codebook: Any) -> list[Column]:
    """The columns of a codebook as the custodian writes it; whatever else it holds is for who pulls it."""
    columns = codebook.get("columns", []) if isinstance(codebook, dict) else []
    return [_column(column) for column in columns if isinstance(column, dict) and "column" in column]


def _column(column: dict[str, Any]) -> Column:
    asked = " – ".join(_english(column.get(part)) for part in ("question", "option") if column.get(part))
    return Column(str(column["column"]), asked, str(column.get("answered", "")))


def _english(labels: Any) -> str:
    if not isinstance(labels, dict):
        return str(labels)
    return str(labels.get("en") or next(iter(labels.values()), ""))


def _media_type(file: str) -> str:
    return {"csv": "text/csv", "json": "application/json"}.get(file.rpartition(".")[2], "application/octet-stream")


def _as_json(manifest: Manifest) -> dict[str, object]:
    files = dict(manifest.files)
    return {"name": manifest.name, "series": manifest.series, "records": manifest.records,
            "made_up": manifest.made_up, "files": files, "manifest": MANIFEST}  # fmt: skip


def _with_cookie(response: AnyResponse, cookie: str) -> AnyResponse:
    response.set_cookie(COOKIE, cookie, path="/releases", httponly=True, samesite="Strict", secure=request.is_secure)
    return response


def _unauthorised() -> AnyResponse:
    response = jsonify(problem="Send a token that is known here: Authorization: Bearer TOKEN.")
    response.status_code = HTTPStatus.UNAUTHORIZED
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
