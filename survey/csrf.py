"""Proof that a form was written for this visit: a MAC of the visit, without a clock and without a session.

Flask-WTF's own token carries a time and needs a signed session cookie; ours is HMAC-SHA256 of a fixed text under the
visit's cookie, which no other site can read (HttpOnly, SameSite=Strict). A form of an earlier visit therefore never
fits, however slowly somebody reads, and nothing has to be remembered.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from wtforms.csrf.core import CSRF
from wtforms.validators import ValidationError

CSRF_FIELD = "csrf_token"
_CONTEXT = b"heard form 1"


def csrf_token(visit_cookie: str) -> str:
    """The hidden field's value in every form of this visit: 64 hex digits."""
    return hmac.new(visit_cookie.encode(), _CONTEXT, hashlib.sha256).hexdigest()


def belongs(untrusted_token: str, visit_cookie: str) -> bool:
    """Whether a form was written for this visit."""
    return hmac.compare_digest(untrusted_token.encode(errors="replace"), csrf_token(visit_cookie).encode())


class VisitCSRF(CSRF):
    """The same rule for Flask-WTF: hand it in as ``meta={"csrf_class": VisitCSRF, "csrf_context": cookie}``."""

    def setup_form(self, form: Any) -> Any:
        """Remember the visit that the form is written for."""
        self.visit_cookie: str = form.meta.csrf_context
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        """The MAC of the visit."""
        return csrf_token(self.visit_cookie)

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        """Refuse a form of another visit.

        Raises:
            ValidationError: the token is missing or another visit's.
        """
        if not belongs(field.data or "", self.visit_cookie):
            raise ValidationError("This page belongs to another visit.")
