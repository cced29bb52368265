"""'Send now' from the tablet's own pages: beside them, so that no page waits, and in the same words as the verb."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kiosk.exchange import FORESEEN, exchange
from kiosk.sync import Sync

SENT = (
    "Sent, and the centre has confirmed it. Where only very few answers wait, they stay here until tonight, so that "
    "nobody can tell whose they are."
)
_SENDING = "Sending. Look again in a minute."
_BROKE_OFF = (
    "Not sent: something went wrong here that should not have. What waits stays, sealed. Try again; if it stays so, "
    "call the centre."
)


class ByHand:
    """At most one sending at a time. ``rewrite`` has the outbox written anew afterwards."""

    def __init__(self, sync: Sync, rewrite: Callable[[], None]) -> None:
        self._sync = sync
        self._rewrite = rewrite
        self._turn = threading.Lock()
        self._sending: threading.Thread | None = None
        self._words = ""

    @property
    def words(self) -> str:
        """How the last one went, since the start; empty where there was none."""
        return _SENDING if self._is_sending() else self._words

    def start(self) -> None:
        """Ask for news and send a packet, soon."""
        with self._turn:
            if not self._is_sending():
                # What stands where the thread ends without a word of its own.
                self._words = _BROKE_OFF
                self._sending = threading.Thread(target=self._send, name="send now", daemon=True)
                self._sending.start()

    def _is_sending(self) -> bool:
        return self._sending is not None and self._sending.is_alive()

    def _send(self) -> None:
        try:
            exchange(self._sync, by_hand=True)
            self._words = SENT
        except FORESEEN as fault:
            self._words = f"Not sent. {fault}"
        finally:
            self._rewrite()
