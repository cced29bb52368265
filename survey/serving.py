"""How tablet and centre serve: waitress, told never to write a request to disk and never to log one.

Waitress itself spills a body over 512 KB into a temporary file and cuts the line at one that is larger than it takes,
so that a browser shows its own error. Here what is too long is read to its end and thrown away, so that the
application can answer with a page (413), and every body that is kept stays in memory.
"""

from __future__ import annotations

import io
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.utilities import RequestEntityTooLarge
from waitress.wasyncore import close_all

from survey.app import LARGEST_BODY

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_THREADS = 4
# A packet is 63,000 bytes: read in two goes and not in eight, which costs 2 ms less (measured).
_AT_ONCE = 1 << 16
_IN_MEMORY = 16 * 1024 * 1024
_UNLIMITED = 1 << 50
# Waitress takes no new connection beyond 100, and 100 half requests silenced it. A process usually may open 1,024.
_MOST_CONNECTIONS = 800
# A browser that keeps its connection simply makes another; a packet is sent in one go.
_IDLE_SECONDS = 15
_BACKLOG = 1024
_LOOK_FOR_IDLE_SECONDS = 5
# A commit takes long on a slow disk. What stops a server by force (systemd after 90 seconds) shall not come first.
_FINISHING_SECONDS = 60


class _Discarded:
    """A body that is too long: counted, never kept."""

    error = None

    def __init__(self, length: int) -> None:
        self.remain = length
        self.completed = False

    def received(self, data: bytes) -> int:
        """How many of these bytes still belonged to the body."""
        taken = min(self.remain, len(data))
        self.remain -= taken
        self.completed = self.remain == 0
        return taken

    def getfile(self) -> io.BytesIO:
        """An empty body; the Content-Length still says how long it was, so the application refuses it."""
        return io.BytesIO()

    def getbuf(self) -> io.BytesIO:
        """The same, for waitress to close."""
        return io.BytesIO()

    def __len__(self) -> int:
        return 0


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if not self.chunked and self.content_length > LARGEST_BODY:
            self.body_rcv = _Discarded(self.content_length)

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.chunked and self.body_bytes_received > LARGEST_BODY:
            # No browser sends a form in chunks.
            self.error = RequestEntityTooLarge(f"This is longer than {LARGEST_BODY} bytes.")
            self.completed = True
        return consumed


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser


class Serving:
    """An application that listens on one address and port."""

    def __init__(self, waitress: Any) -> None:
        self._waitress = waitress

    @property
    def effective_port(self) -> int:
        """The port that it got, where any was asked for (0)."""
        return int(self._waitress.effective_port)

    def run(self) -> None:
        """Serve until ``close``."""
        self._waitress.run()

    def close(self) -> None:
        """Stop serving soon; requests under way are finished first. For any thread and for a signal handler."""
        # A handler may have interrupted the very thread that holds the trigger's lock, so another one asks.
        threading.Thread(target=self._ask_to_close).start()

    def _ask_to_close(self) -> None:
        trigger = self._waitress.trigger
        # Under the lock: were the trigger closed before it is pulled, we would write into whatever file has its number.
        with trigger.lock:
            trigger.thunks.append(self._close)
            trigger.pull_trigger()

    def _close(self) -> None:
        # In the thread that waits for the sockets, and after the last that could pull the trigger.
        self._waitress.task_dispatcher.shutdown(timeout=_FINISHING_SECONDS)
        for channel in list(self._waitress._map.values()):
            if isinstance(channel, HTTPChannel):
                channel.handle_write()
                # What a browser did not stay to read is an open file, which closing the socket alone would leave so.
                channel.handle_close()
        close_all(self._waitress._map)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens on one address, for several processes to serve.

    Raises:
        OSError: the port is taken or the address is not this machine's.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def server(app: WSGI, host: str, port: int, idle_seconds: int = _IDLE_SECONDS) -> Serving:
    """Listen on one address (``127.0.0.1``, not a name with several); ``run`` then serves.

    A connection on which nothing moves for ``idle_seconds`` is closed soon after, unless it waits for our answer.

    Raises:
        OSError: the port is taken or the address is not this machine's.
    """
    return serving_on(app, bound(host, port), idle_seconds)


def serving_on(app: WSGI, listening: socket.socket, idle_seconds: int = _IDLE_SECONDS) -> Serving:
    """The same on a socket that listens already, as other processes may on the same one."""
    # One line for each queued request would tell when somebody answered.
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    waitress = create_server(
        app,
        sockets=[listening],
        threads=_THREADS,
        recv_bytes=_AT_ONCE,
        ident=None,
        inbuf_overflow=_IN_MEMORY,
        outbuf_overflow=_IN_MEMORY,
        max_request_body_size=_UNLIMITED,
        connection_limit=_MOST_CONNECTIONS,
        channel_timeout=idle_seconds,
        cleanup_interval=min(idle_seconds, _LOOK_FOR_IDLE_SECONDS),
        # Without it waitress asks by select, which knows no file beyond the 1,024th and would end the server there.
        asyncore_use_poll=True,
        # The server in front, on this machine, may say that it speaks https (cookies are then Secure), and no more.
        trusted_proxy="127.0.0.1",
        trusted_proxy_headers={"x-forwarded-proto"},
        clear_untrusted_proxy_headers=True,
    )
    waitress.channel_class = _Channel
    return Serving(waitress)
