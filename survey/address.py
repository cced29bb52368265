"""Which addresses may be spoken to: https, or this machine itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOOPBACK_NAMES = {"localhost"}


class UnsafeAddress(ValueError):
    """An address that nothing here speaks to. Use the https address that you were given."""


def safe_address(untrusted: str) -> str:
    """An address as scheme, host and port, without a slash at its end.

    Raises:
        UnsafeAddress: neither https nor this machine itself, or more than a host and a port.
    """
    address = untrusted.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as fault:
        raise UnsafeAddress(f"{untrusted!r} is not an address. It looks like https://centre.example") from fault
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UnsafeAddress(f"{untrusted!r} is not an address. It looks like https://centre.example")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise UnsafeAddress(f"{untrusted!r} is not safe: only https is, or a centre on this same machine.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    plain = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    if plain != address.lower():
        raise UnsafeAddress(f"{untrusted!r} says more than a host: leave out names, passwords and paths.")
    return plain


def _is_this_machine(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
