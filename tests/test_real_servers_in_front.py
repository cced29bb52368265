"""The samples for nginx and Caddy, run before a real centre: all of it works over TLS, and they write nobody down."""

from __future__ import annotations

import os
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from centre_world import LINKED, ask, enrolled, listening
from player import Player
from portal_world import PortalWorld, portal_world
from real_server_in_front import NAME, Front, in_front, speaks_ipv6

from export.centre.app import centre_app
from export.centre.link import Links
from export.centre.proxy import faults
from survey.app import LARGEST_BODY
from survey.headers import HEADERS

HEADER = "X-Real-IP"
WHO, AGENT = "127.0.0.77", "a phone that nobody may know of"
BOTH = pytest.mark.parametrize("name", ["nginx", "caddy"])
ROW = {"Content-Type": "application/octet-stream"}
BODY = bytes(5_250)


@contextmanager
def centre_behind(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, changed: tuple[str, str] = ("", "")
) -> Iterator[tuple[PortalWorld, Front]]:
    """A centre with link, intake and analysts' pages, and a browser's trust in the certificate before it."""
    monkeypatch.setenv("HEARD_ADDRESS_HEADER", HEADER)
    monkeypatch.setenv("HEARD_MEMORY_FOLDER", str(folder / "memory"))
    with portal_world(folder) as portal, listening(Links(portal.centre, centre_app(portal.centre))) as behind:
        (folder / "front").mkdir()
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "front" / "certificate.pem"))
        with in_front(name, folder / "front", behind, changed) as front:
            portal.address = front.address
            yield portal, front


def send_as(front: Front, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """One request of somebody with an address and a browser that can be told from all others."""
    trust = ssl.create_default_context(cafile=str(front.folder / "certificate.pem"))
    connection = HTTPSConnection(NAME, front.https, source_address=(WHO, 0), context=trust, timeout=20)
    try:
        connection.request(method, path, body, {"User-Agent": AGENT, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@BOTH
def test_link_intake_and_analysts_pages_work_behind_each_sample(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre_behind(name, tmp_path, monkeypatch) as (portal, front):
        assert faults(front.configuration, HEADER) == []
        person = Player(f"{front.address}s/{LINKED}/")
        person.look(f"{front.address}s/{LINKED}/")
        person.say(experience="good")
        assert person.page == "thanks"
        row, *packet = portal.world.rows(13)
        assert ask("POST", f"{front.address}s/{LINKED}/rows", row, ROW).body == b"stored"
        sent = enrolled(portal.centre, front.address).send(packet, portal.centre.intake_key.public)
        assert sent == ["stored"] * 12, "63,000 bytes with a signature over path and body"
        assert portal.at_work("analyst").get("releases/").status == 200
        kept = Counter(door for door, _ in portal.centre.store.rows("arrivals"))
        assert (kept["tablet"], kept["open"] >= 2) == (12, True)


@BOTH
def test_headers_arrive_as_the_centre_sends_them_and_cookies_are_for_https_only(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre_behind(name, tmp_path, monkeypatch) as (_, front):
        page = ask("GET", f"{front.address}s/{LINKED}/", headers={"Accept-Encoding": "gzip"})
        signing_in = ask("GET", f"{front.address}releases/sign-in")
        for answer in (page, signing_in):
            assert {key: answer.headers[key] for key in HEADERS} == HEADERS
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert "; Secure" in answer.headers["Set-Cookie"]
        cookie = {"Cookie": page.headers["Set-Cookie"].partition(";")[0], "Accept-Encoding": "gzip, zstd, br"}
        mine = ask("GET", f"{front.address}s/{LINKED}/", headers=cookie)
        assert page.headers["Content-Encoding"] == "gzip", "as the centre compresses it"
        assert "Content-Encoding" not in mine.headers, "and nothing by the server in front, though Debian's nginx would"
        plain = ask("GET", f"http://127.0.0.1:{front.http}/s/{LINKED}/", headers={"Host": NAME})
        assert plain.status == 308
        assert plain.headers["Location"].startswith("https://")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"] if speaks_ipv6() else ["127.0.0.1"])
def test_nginx_answers_by_each_kind_of_address_and_writes_neither_down(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre_behind("nginx", tmp_path, monkeypatch) as (portal, front):
        (row,) = portal.world.rows(1)
        trust = ssl.create_default_context(cafile=str(front.folder / "certificate.pem"))
        with trust.wrap_socket(socket.create_connection((address, front.https), 20), server_hostname=NAME) as person:
            head = f"POST /s/{LINKED}/rows HTTP/1.0\r\nHost: {NAME}\r\nContent-Type: {ROW['Content-Type']}\r\n"
            person.sendall(f"{head}Content-Length: {len(row)}\r\n\r\n".encode() + row)
            assert b"".join(iter(lambda: person.recv(4096), b"")).endswith(b"stored")
        with socket.create_connection((address, front.http), 20) as person:
            person.sendall(f"GET /s/{LINKED}/ HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
            assert b"308 " in person.recv(15)
    assert telling(front, row) == {}


def untouched(front: Front) -> list[Path]:
    """Every folder that it may write to, its own settings' apart, as if nothing had been written since 1970."""
    folders = [path for path in (front.folder / "written").iterdir() if path.is_dir() and path.name != "home"]
    for each in folders:
        os.utime(each, (0, 0))
    return folders


def touched(folders: list[Path]) -> list[Path]:
    """Those in which a file was made since: also one that was deleted again changes its folder's time."""
    return [each for each in folders if each.stat().st_mtime_ns]


@BOTH
def test_what_is_too_long_is_told_by_the_centre_and_lies_in_no_file_on_the_way(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre_behind(name, tmp_path, monkeypatch) as (_, front):
        folders = untouched(front)
        for size in (LARGEST_BODY, LARGEST_BODY + 1, 200_000):
            form = b"experience=" + quote("ß" * size).encode()[: size - 11]
            typed = {"Content-Type": "application/x-www-form-urlencoded"}
            status, page = send_as(front, "POST", f"/s/{LINKED}/first", form, **typed)
            assert (status == 413) is (size > LARGEST_BODY), status
            assert b"<html" in page
            assert b"nginx" not in page
        assert touched(folders) == []


@BOTH
def test_nobody_can_say_who_they_are_behind_each_sample(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre_behind(name, tmp_path, monkeypatch) as (portal, front):
        (row,) = portal.world.rows(1)
        path = f"/s/{LINKED}/rows"
        said = Counter(send_as(front, "POST", path, row, **ROW, **{HEADER: f"192.0.2.{n}"})[1] for n in range(125))
        assert said == {b"stored": 1, b"had": 119, b"unavailable": 5}
        assert ask("POST", front.address + path.lstrip("/"), row, ROW).body == b"had", "another address has its own"


def trouble(front: Front, row: bytes) -> None:
    """Everything that makes a server write a line: good, bad, half, too long, on the wrong port, not even TLS."""
    path = f"/s/{LINKED}/"
    send_as(front, "GET", path)
    send_as(front, "GET", "/nowhere-that-exists?who=me")
    send_as(front, "POST", f"{path}rows", row, **ROW)
    send_as(front, "GET", f"/{'x' * 9_000}")
    with suppress(OSError):
        send_as(front, "POST", f"{path}rows", bytes(2_000_000), **ROW)
    trust = ssl.create_default_context(cafile=str(front.folder / "certificate.pem"))
    for port, first_bytes in (
        (front.https, b"GET / HTTP/1.1\r\n\r\n"),
        (front.https, b"\x16\x03\x01\x02\x00"),
        (front.http, b"nonsense\r\n\r\n"),
        (
            front.http,
            f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: {AGENT}\r\nConnection: close\r\n\r\n".encode(),
        ),
    ):
        with socket.create_connection(("127.0.0.1", port), 20, source_address=(WHO, 0)) as connection:
            connection.sendall(first_bytes)
            connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                connection.recv(4096)
    bare = socket.create_connection(("127.0.0.1", front.https), 20, source_address=(WHO, 0))
    with trust.wrap_socket(bare, server_hostname=NAME) as connection:
        connection.sendall(
            f"POST {path}rows HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 5250\r\n\r\n".encode() + row[:900]
        )


def answer(centre: socket.socket, expected: bytes) -> bytes:
    """Answer the next connection to the centre, which is to bring this request, whole; what stood before its body."""
    connection, _ = centre.accept()
    with connection:
        asked = connection.recv(65_536)
        assert asked.startswith(expected)
        while len(asked.partition(b"\r\n\r\n")[2]) < len(BODY):
            asked += connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return asked.partition(b"\r\n\r\n")[0]


@BOTH
def test_half_a_request_waits_in_front_and_takes_no_connection_of_the_centre(name: str, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as centre,
        ThreadPoolExecutor(1) as other,
        in_front(name, tmp_path, f"http://127.0.0.1:{centre.getsockname()[1]}/") as front,
    ):
        trust = ssl.create_default_context(cafile=str(front.folder / "certificate.pem"))
        bare = socket.create_connection(("127.0.0.1", front.https), 20)
        with trust.wrap_socket(bare, server_hostname=NAME) as slow:
            head = f"POST /slow HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {len(BODY)}\r\n\r\n"
            slow.sendall(head.encode() + BODY[:-1])
            quick = other.submit(send_as, front, "POST", "/quick", BODY)
            answer(centre, b"POST /quick ")
            assert quick.result()[0] == 200
            slow.sendall(BODY[-1:])
            answer(centre, b"POST /slow ")
            assert slow.recv(15) == b"HTTP/1.1 200 OK"


def telling(front: Front, row: bytes) -> dict[Path, bytes]:
    """The files that tell of anybody: an address, a browser, a path, a part of what was sent."""
    signs = (
        WHO.encode(),
        b"127.0.0.1",
        b"::1",
        AGENT.encode(),
        f"/s/{LINKED}".encode(),
        b"nowhere-that",
        row[900:932],
        row[:64],
    )
    own = {"autosave.json"}
    return {
        path: content
        for path, content in front.written().items()
        if path.name not in own and any(sign in content for sign in signs)
    }


@BOTH
def test_whatever_goes_wrong_neither_writes_down_anybody(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with centre_behind(name, tmp_path, monkeypatch) as (portal, front):
        (row,) = portal.world.rows(1)
        trouble(front, row)
    assert front.written(), "it has files"
    assert telling(front, row) == {}


@BOTH
def test_a_centre_that_is_away_makes_neither_write_down_who_asked_for_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARD_MEMORY_FOLDER", str(tmp_path / "memory"))
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
    with in_front(name, tmp_path, away) as front:
        status, _ = send_as(front, "POST", f"/s/{LINKED}/rows", BODY, **ROW)
        assert status == 502
    assert telling(front, BODY) == {}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("nginx", ("    access_log off;\n    error_log", "    error_log")),
        ("nginx", ("    error_log /dev/null;\n", "")),
        ("caddy", ("output discard", "output stderr")),
        ("caddy", ("header Strict", "log {\n\t\toutput file written/logs/access.log\n\t}\n\theader Strict")),
    ],
    ids=["access", "error", "faults", "log"],
)
def test_a_sample_that_an_operator_made_loud_is_found_by_the_check_and_in_its_files(
    name: str, changed: tuple[str, str], tmp_path: Path
) -> None:
    """So the searches above would find a line, and what the check calls a fault is one."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
    with in_front(name, tmp_path, away, changed) as front:
        assert faults(front.configuration, HEADER)
        send_as(front, "GET", f"/s/{LINKED}/")
    assert telling(front, BODY)


@pytest.mark.parametrize(
    ("name", "changed", "heard"),
    [
        ("nginx", ("gzip off;", "set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;"), "X-Real-IP: 192.0.2.1"),
        ("caddy", ("buffer_requests", "buffer_requests\n\t\ttrusted_proxies 0.0.0.0/0"), "X-Forwarded-Proto: http"),
    ],
    ids=["address", "https"],
)
def test_a_server_that_believes_anybody_is_found_by_the_check_and_by_what_the_centre_hears(
    name: str, changed: tuple[str, str], heard: str, tmp_path: Path
) -> None:
    said = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
    for number, change in enumerate((("", ""), changed)):
        (folder := tmp_path / str(number)).mkdir()
        with (
            socket.create_server(("127.0.0.1", 0)) as centre,
            ThreadPoolExecutor(1) as other,
            in_front(name, folder, f"http://127.0.0.1:{centre.getsockname()[1]}/", change) as front,
        ):
            somebody = other.submit(send_as, front, "POST", "/", BODY, **said)
            head = answer(centre, b"POST / ")
            assert somebody.result()[0] == 200
        assert (heard in head.decode().splitlines()) is bool(faults(front.configuration, HEADER)) is (change == changed)


def test_a_body_that_nginx_has_no_room_for_ends_in_a_file_so_the_search_for_one_can_fail(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
    with in_front("nginx", tmp_path, away, ("client_body_buffer_size 256k;", "client_body_buffer_size 1k;")) as front:
        assert any("client_body_buffer_size" in fault for fault in faults(front.configuration, HEADER))
        folders = untouched(front)
        send_as(front, "POST", "/", BODY)
        assert touched(folders) == [front.folder / "written" / "bodies"]
