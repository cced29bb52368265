"""Connections that say half a sentence and then nothing silence nobody; who is being answered hears it to the end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from centre_world import ask
from flask import Flask

from survey.serving import server

HALF = b"GET / HTTP/1.1\r\nHost: "
PATIENCE = 20


# Longer than waitress waits for by itself.
SLOW_SECONDS = 6


@contextmanager
def listening(**more: int) -> Iterator[int]:
    app = Flask("idle")
    app.add_url_rule("/", "start", lambda: "here")
    serving = server(app, "127.0.0.1", 0, **more)
    thread = threading.Thread(target=serving.run)
    thread.start()
    try:
        yield serving.effective_port
    finally:
        serving.close()
        thread.join()


def half_a_request(port: int, open_until: ExitStack) -> socket.socket:
    connection = open_until.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
    connection.sendall(HALF)
    return connection


def hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_hundred_and_thirty_half_requests_keep_nobody_from_an_answer() -> None:
    with listening() as port, ExitStack() as open_until:
        for _ in range(130):
            half_a_request(port, open_until)
        assert ask("GET", f"http://127.0.0.1:{port}/").body == b"here"


def test_half_a_request_is_hung_up_on_soon() -> None:
    with listening(idle_seconds=1) as port, ExitStack() as open_until:
        assert hung_up(half_a_request(port, open_until))


def test_a_tablet_that_asks_again_meanwhile_keeps_its_connection() -> None:
    with listening() as port, ExitStack() as open_until:
        connection = open_until.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            answer = b""
            while not answer.endswith(b"here"):
                answer += connection.recv(4096)
            assert b"200 OK" in answer


def test_a_server_that_is_told_to_stop_answers_whom_it_has_begun_to_answer() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> str:
        begun.set()
        go_on.wait(PATIENCE)
        return "kept"

    app = Flask("slow")
    app.add_url_rule("/", "start", slowly)
    serving = server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=serving.run)
    thread.start()
    with ThreadPoolExecutor(1) as person:
        answer = person.submit(ask, "GET", f"http://127.0.0.1:{serving.effective_port}/")
        assert begun.wait(PATIENCE)
        serving.close()
        thread.join(SLOW_SECONDS)
        assert thread.is_alive(), "it waits for the answer"
        go_on.set()
        assert answer.result().body == b"kept"
    thread.join()
