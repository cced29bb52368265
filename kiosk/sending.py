"""One request to the centre and its reply: the only place where a tablet touches the network.

A counter's network is full of things that answer in the centre's name: login pages, proxies, caches, filters. So
nothing here believes a reply; it only brings back a small one, soon, or says in plain words why there is none. What a
reply is worth is decided by signatures (``kiosk.sync``, ``kiosk.enrolment``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from survey.address import safe_address

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 20.0
"""How long the centre may say nothing at all in the middle of a reply."""
WHOLE_SECONDS = 60.0
"""How long a whole reply may take, so that one that drips does not hold a night's packets."""
AT_ONCE = 4
"""So many requests may be under way side by side, each on a connection that is kept."""
_CHUNK = 65_536


class NoReply(Exception):
    """The centre could not be reached, or its reply broke off. Nothing has changed here; trying again is safe."""


@dataclass(frozen=True)
class Reply:
    """What came back, not believed yet. ``etag`` is empty where there was none that could be said back."""

    status: int
    untrusted_body: bytes
    etag: str = ""


class Send(Protocol):
    """How a request is sent; ``limit`` is the largest reply, in bytes, that is read."""

    def __call__(self, method: str, path: str, body: bytes, headers: Mapping[str, str], limit: int) -> Reply:
        """Raise ``NoReply`` where there is no whole reply within the limit."""


class Centre:
    """The centre at one address. Calling it sends one request: no redirect, no retry, no proxy of the environment."""

    def __init__(
        self,
        address: str,
        monotonic: Callable[[], float],
        *,
        silent: float = SILENT_SECONDS,
        whole: float = WHOLE_SECONDS,
    ) -> None:
        """``monotonic`` is in seconds; ``silent`` and ``whole`` are patience in seconds.

        Raises:
            UnsafeAddress: neither https nor this machine itself.
        """
        self._address = safe_address(address)
        self._monotonic = monotonic
        self._whole = whole
        self._pool = urllib3.PoolManager(
            maxsize=AT_ONCE, retries=False, timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, silent), read=silent)
        )

    def __call__(self, method: str, path: str, body: bytes, headers: Mapping[str, str], limit: int) -> Reply:
        """Send one request and read the whole reply, up to ``limit`` bytes.

        Raises:
            NoReply: nobody there, too slow, cut, too long, or a certificate that does not hold.
        """
        give_up = self._monotonic() + self._whole
        try:
            response = self._pool.request(
                method,
                self._address + path,
                body=body or None,
                headers={"Accept-Encoding": "identity", "User-Agent": "heard", **headers},
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                untrusted_body = self._read(response, limit, give_up)
            except BaseException:
                response.close()  # the rest of a reply must not stand before the next one
                raise
            response.release_conn()
        except SSLError as fault:
            raise NoReply(
                "Something answers in the centre's place, or this tablet's clock is wrong: the centre's certificate "
                "does not hold. Check the date and the network, then try again."
            ) from fault
        except (HTTPError, OSError) as fault:
            raise NoReply(
                "The centre could not be reached, or it broke off. Check the network, then try again."
            ) from fault
        return Reply(response.status, untrusted_body, _etag(response.headers.get("ETag", "")))

    def close(self) -> None:
        """Hang up. A later request connects anew."""
        self._pool.clear()

    def _read(self, response: urllib3.BaseHTTPResponse, limit: int, give_up: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := response.read1(_CHUNK):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise NoReply("The reply was far too long to come from the centre. Check the network, then try again.")
            if self._monotonic() > give_up:
                raise NoReply("The centre answered too slowly. It is safe to try again.")
        return b"".join(pieces)


def _etag(untrusted: str) -> str:
    # Said back to the centre in a header later, so only what cannot break one.
    fits = len(untrusted) <= 100 and untrusted.isascii() and untrusted.isprintable()
    return untrusted if fits else ""
