"""'Send now' from the tablet's own pages: beside them, so that no page waits, and in the same words as the verb."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kiosk.nightly import FORESEEN
from kiosk.sync import Sync

SENT = (
    "Sent, and the centre has confirmed it. Where only very few answers wait, they stay here until tonight, so that "
    "nobody can tell whose they are."
)
_SENDING = "Sending. Look again in a minute."


class ByHand:
    """At most one sending at a time. ``rewrite`` has the outbox written anew afterwards."""

    def __init__(self, sync: Sync, rewrite: Callable[[], None]) -> None:
        self._sync = sync
        self._rewrite = rewrite
        self._turn = threading.Lock()
        self._words = ""

    @property
    def words(self) -> str:
        """How the last one went, since the start; empty where there was none."""
        return self._words

    def start(self) -> None:
        """Ask for news and send a packet, soon."""
        if self._turn.acquire(blocking=False):
            self._words = _SENDING
            threading.Thread(target=self._send, name="send now", daemon=True).start()

    def _send(self) -> None:
        try:
            self._sync.news()
            self._sync.push(by_hand=True)
            self._words = SENT
        except FORESEEN as fault:
            self._words = f"Not sent. {fault}"
        finally:
            self._rewrite()
            self._turn.release()
