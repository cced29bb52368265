"""Packets that arrive side by side, kept in one durable commit: it costs the disk hardly more for four than for one.

Each packet waits for the commit that its rows are in, so its receipt still says only what outlasts a power cut.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Put = Callable[[Sequence[bytes]], list[str]]
"""Keeps rows in one durable commit, all or none; one word for each, in order."""


@dataclass(eq=False)
class _Packet:
    rows: Sequence[bytes]
    words: list[str] = field(default_factory=list)


class Together:
    """Keeps rows of several threads: whoever's turn it is keeps the others' with their own."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._turn = threading.Lock()
        self._waiting: deque[_Packet] = deque()

    def put(self, rows: Sequence[bytes]) -> list[str]:
        """What ``put`` returns for these rows, or raises; if another's commit with them failed, they go again."""
        mine = _Packet(rows)
        self._waiting.append(mine)
        with self._turn:
            if not mine.words:
                self._keep([mine, *(other for other in self._taken() if other is not mine)])
        return mine.words

    def _taken(self) -> list[_Packet]:
        # Only whoever has the turn takes away, so what was counted is there.
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _keep(self, packets: Sequence[_Packet]) -> None:
        words = iter(self._put([row for packet in packets for row in packet.rows]))
        for packet in packets:
            packet.words = [next(words) for _ in packet.rows]
