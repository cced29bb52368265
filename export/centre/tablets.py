"""The tablets' side door: joining with a code, asking for news, and the check that every signed request passes.

All that stays of a visit here is the day. A tablet asks for news every quarter of an hour and sends packets whether or
not anyone answered, so the day says nothing about answers either.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from export.centre.accounts import Throttle, code_digest
from export.centre.audit import OPERATOR
from export.centre.instance import Centre
from forms.strict_json import strict_object
from survey.receipt import RequestRefused, check_request

_PUBLIC_BYTES = 32
# One message for a wrong, a used and a late code: which of them it was helps only somebody who tries codes.
_NO_SUCH_CODE = "This code does not work. Codes work once and for 24 hours: ask the centre for a new one."
_TOO_MANY = "Too many codes that do not work were tried just now. Wait a minute, then try again."
_REVOKED = "This tablet may not send any more. Call the centre, which can enrol it anew."
_UNKNOWN = "The centre does not know this tablet. Call the centre, which can enrol it."


@dataclass(frozen=True)
class Tablets:
    """The views for tablets; bodies and headers are untrusted until ``admitted`` has checked them."""

    centre: Centre
    throttle: Throttle

    def admitted(self, untrusted_body: bytes) -> bytes:
        """Check that a known tablet signed the request at hand; the request's nonce.

        Raises:
            RequestRefused: unsigned, signed wrongly, by an unknown or by a revoked tablet.
        """
        public, nonce = check_request(request.method, request.path, dict(request.headers), untrusted_body)
        tablet = self.centre.registry.tablets().get(public)
        if tablet is None:
            raise RequestRefused(_UNKNOWN)
        if tablet.revoked:
            raise RequestRefused(_REVOKED)
        self.centre.registry.seen(tablet, self.centre.clock.day())
        return nonce

    def enrol(self) -> tuple[Response, int]:
        """POST /tablets/enrol: a code and a public key in, the place and the two signed files out."""
        if self.throttle.closed():
            return jsonify(problem=_TOO_MANY), 429
        code, tablet = _code_and_key(request.get_data(cache=False))
        keys = _text(self.centre.folder / "keys.signed")
        registry, now = self.centre.registry, self.centre.audit.now()
        place = registry.enrol(code_digest(code), tablet, now, self.centre.clock.day()) if tablet and keys else None
        if place is None:
            self.throttle.wrong()
            return jsonify(problem=_NO_SUCH_CODE), 403
        self.centre.audit.note(OPERATOR, "enrolled", f"tablet {tablet.hex()[:8]} at {place}")
        authority = self.centre.told().authority.hex()
        return jsonify(
            authority=authority, place=place, keys=keys, notices=_text(self.centre.folder / "notices.signed")
        ), 200

    def keys(self) -> AnyResponse:
        """GET /news/keys."""
        return self._news("keys.signed")

    def notices(self) -> AnyResponse:
        """GET /news/notices."""
        return self._news("notices.signed")

    def _news(self, name: str) -> AnyResponse:
        self.admitted(request.get_data(cache=False))
        text = _text(self.centre.folder / name)
        if text is None:
            return Response(status=204)
        response = Response(text, mimetype="application/json")
        response.set_etag(hashlib.sha256(text.encode()).hexdigest())
        return response.make_conditional(request)


def _code_and_key(untrusted_body: bytes) -> tuple[str, bytes]:
    # What is not even the right shape is answered like a wrong code.
    try:
        untrusted = strict_object(untrusted_body.decode())
        tablet = bytes.fromhex(untrusted["tablet"])
        code = str(untrusted["code"])
    except (ValueError, KeyError, TypeError):
        return "", b""
    return (code, tablet) if len(tablet) == _PUBLIC_BYTES else ("", b"")


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
