"""So many rows, or tries to sign in, an hour from one address, without a list of addresses.

What is kept is a count under a keyed hash of the address, in this process's memory alone; after an hour the key is
thrown away, and with it every count, so that nobody can be looked up in it afterwards. Behind a server in front the
address is what a header says, where the settings name one; without, nobody is limited, since all would be one.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

_HOUR = 3600.0
# Whoever has more addresses than this is stopped by the daily ceiling; the memory must not be theirs to fill.
_MOST_KEPT = 100_000
_WHOLE_NETWORK = 64


class AddressLimit:
    """Counts by address for one hour. Safe under threads; every process counts for itself."""

    def __init__(self, monotonic: Callable[[], float], most: int) -> None:
        self._monotonic = monotonic
        self._most = most
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self._key = secrets.token_bytes(32)
        self._since = self._monotonic()
        self._counts: Counter[bytes] = Counter()

    def forget_the_hour(self) -> None:
        """Begin anew, under another key, where the hour is over."""
        with self._lock:
            if self._monotonic() - self._since >= _HOUR:
                self._begin()

    def seconds_left(self) -> int:
        """After how long everybody may come again."""
        with self._lock:
            return max(1, round(self._since + _HOUR - self._monotonic()))

    def over(self, address: str) -> bool:
        """Count one more from an address; whether it is more than there may be. ``""`` is nobody in particular."""
        if not address:
            return False
        self.forget_the_hour()
        with self._lock:
            if len(self._counts) >= _MOST_KEPT:
                self._begin()
            hashed = hashlib.blake2b(_whose(address).encode(), key=self._key, digest_size=16).digest()
            self._counts[hashed] += 1
            return self._counts[hashed] > self._most


def _whose(address: str) -> str:
    """The address, or the network that one customer has where it is IPv6; what is no address is its own text."""
    found = _read(address)
    if found is None or found.version == 4:
        return str(found or address)
    return str(ipaddress.ip_network((found, _WHOLE_NETWORK), strict=False))


def address_of(environ: Mapping[str, Any], header: str) -> str:
    """Who asks: the peer, or what the server in front on this machine says in the header that the settings name."""
    peer = str(environ.get("REMOTE_ADDR", ""))
    if not _is_loopback(peer):
        return peer
    return str(environ.get("HTTP_" + header.upper().replace("-", "_"), "")).strip() if header else ""


def _is_loopback(peer: str) -> bool:
    found = _read(peer)
    return found is not None and found.is_loopback


def _read(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    # A socket for both kinds tells an old address in the new one's form (RFC 4291): all would lie in one network.
    return getattr(found, "ipv4_mapped", None) or found
