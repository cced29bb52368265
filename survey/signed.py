"""A signed text: one JSON envelope for the keys file, the notices and a release's manifest.

``{"heard": KIND, "body": TEXT, "signature": HEX}`` on one line. The signature covers ``heard KIND 1``, a newline and
the exact bytes of the body text, so nothing has to be written the same way twice, and a file of one kind can never
pass for another.
"""

from __future__ import annotations

from typing import Any

from forms.strict_json import canonical, strict_object
from survey.sealing import BadSignature, SigningKey, verify

_BEGINNING = b'{"body":"'


class NotSigned(ValueError):
    """A file that is damaged, of another kind or signed by somebody else. Fetch the right one again."""


def _covered(kind: str, body: str) -> bytes:
    return f"heard {kind} 1\n{body}".encode()


def write_signed(kind: str, content: dict[str, Any], key: SigningKey) -> bytes:
    """The envelope, UTF-8, ending in a newline."""
    body = canonical(content)
    envelope = {"heard": kind, "body": body, "signature": key.sign(_covered(kind, body)).hex()}
    return (canonical(envelope) + "\n").encode()


def is_as_written(untrusted: bytes) -> bool:
    """Whether an envelope that was read has exactly the bytes of ``write_signed``; the signature covers its body only.

    Two files that say the same in other bytes have two hashes: what is known by its hash must be as it was written.
    """
    envelope = strict_object(untrusted.decode())
    plain = {**{name: envelope[name] for name in ("heard", "body")}, "signature": envelope["signature"].lower()}
    return (canonical(plain) + "\n").encode() == untrusted


def read_signed(kind: str, untrusted: bytes, public: bytes) -> dict[str, Any]:
    """The content of an envelope whose signature holds.

    Raises:
        NotSigned: not JSON, another kind, or a signature by another key.
    """
    try:
        envelope = strict_object(untrusted.decode())
        body, signature = envelope["body"], bytes.fromhex(envelope["signature"])
        if envelope["heard"] != kind:
            raise NotSigned(f"This is a {envelope['heard']!r} file; a {kind!r} file is needed.")
        verify(public, signature, _covered(kind, body))
        return strict_object(body)
    except BadSignature as fault:
        raise NotSigned(f"The {kind} file was not signed by the key that this machine trusts.") from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        if isinstance(fault, NotSigned):
            raise
        if not untrusted.startswith(_BEGINNING):
            raise NotSigned(
                f"This is not a {kind} file of Heard. Look for the right one; if this is it, fetch it again."
            ) from fault
        raise NotSigned(f"The {kind} file is damaged: fetch it again.") from fault
