"""A real nginx and a real Caddy before a centre, for tests: Debian's own, with the samples of docs/server-in-front.

Each runs in a folder of its own and listens on loopback. What is put in are its ports, its name and its certificate, as
an operator would; nginx's file stands around it as Debian's does, which writes a line for every request. Where one is
not installed the tests say so: skipped on a desk, a failure where CI runs.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SAMPLES = Path(__file__).parent.parent / "docs" / "server-in-front"
NAME = "localhost"
_AS_DEBIAN_HAS_IT = """
daemon off;
master_process off;
pid {written}/pid;
error_log {written}/logs/error.log;
events {{ worker_connections 768; }}
http {{
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  access_log {written}/logs/access.log;
  gzip on;
  client_body_temp_path {written}/bodies;
  proxy_temp_path {written}/pages;
  fastcgi_temp_path {written}/unused;
  uwsgi_temp_path {written}/unused;
  scgi_temp_path {written}/unused;
  include {site};
}}
"""


@dataclass(frozen=True)
class Front:
    """One running server. ``logs`` and everything else that it writes lies in ``folder``."""

    folder: Path
    https: int
    http: int
    configuration: str

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"https://{NAME}:{self.https}/"

    def written(self) -> dict[Path, bytes]:
        """Every file that it wrote."""
        return {path: path.read_bytes() for path in (self.folder / "written").rglob("*") if path.is_file()}


def program(name: str) -> str:
    """Where it is. Skips the test where there is none, fails it in CI."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        missing = f"{name} is not installed, so nothing was tried behind it: sudo apt-get install {name}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def certificate(folder: Path) -> Path:
    """A certificate that signs itself, for ``NAME``, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def free_ports(count: int) -> list[int]:
    """Ports that nobody has: neither server can be told to take any."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def speaks_ipv6() -> bool:
    """Whether this machine can be reached by IPv6 from itself; an operator takes the lines for it out where not."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@contextmanager
def in_front(name: str, folder: Path, centre: str, changed: tuple[str, str] = ("", "")) -> Iterator[Front]:
    """The sample of one server before a centre. ``changed``: a line of it, and what an operator has written instead."""
    found = program(name)
    written = folder / "written"
    for each in (written, written / "logs", written / "home", written / "temporary"):
        each.mkdir()
    certificate(folder)
    https, http = free_ports(2)
    before, after = changed
    made = _nginx if name == "nginx" else _caddy
    configuration, command = made(folder, https, http, centre, before, after)
    own = {"HOME": str(written / "home"), "TMPDIR": str(written / "temporary")}
    environ = {"PATH": os.environ["PATH"], "XDG_DATA_HOME": str(written / "home"), **own}
    with (written / "logs" / "said").open("wb") as said:
        process = subprocess.Popen([found, *command], env=environ, stdout=said, stderr=said, cwd=folder)
        try:
            _wait_for(https, process, written / "logs" / "said")
            yield Front(folder, https, http, configuration)
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    while True:
        assert process.poll() is None, said.read_text()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            os.sched_yield()
        else:
            return


def _put(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, f"the sample has no {old!r}"
        text = text.replace(old, new)
    return text


def _nginx(folder: Path, https: int, http: int, centre: str, before: str, after: str) -> tuple[str, list[str]]:
    site = _put(
        (SAMPLES / "nginx.conf").read_text(),
        (before, after),
        ("listen 443", f"listen 127.0.0.1:{https}"),
        ("listen 80", f"listen 127.0.0.1:{http}"),
        ("    listen [::]:443 ssl;\n", f"    listen [::1]:{https} ssl;\n" if speaks_ipv6() else ""),
        ("    listen [::]:80;\n", f"    listen [::1]:{http};\n" if speaks_ipv6() else ""),
        ("/etc/ssl/centre.example.pem", str(folder / "certificate.pem")),
        ("/etc/ssl/private/centre.example.key", str(folder / "key.pem")),
        ("centre.example", NAME),
        ("http://127.0.0.1:8800", centre.rstrip("/")),
    )
    main, site_file, written = folder / "nginx.conf", folder / "site.conf", folder / "written"
    site_file.write_text(site)
    main.write_text(_AS_DEBIAN_HAS_IT.format(written=written, site=site_file))
    arguments = ["-e", str(written / "logs" / "early.log"), "-p", str(folder), "-c", str(main)]
    whole = subprocess.run([program("nginx"), *arguments, "-T", "-q"], capture_output=True, text=True, check=True)
    return whole.stdout, arguments


def _caddy(folder: Path, https: int, http: int, centre: str, before: str, after: str) -> tuple[str, list[str]]:
    sample = _put((SAMPLES / "Caddyfile").read_text(), (before, after))
    file = folder / "Caddyfile"
    file.write_text(
        _put(
            sample,
            ("\n{\n", f"\n{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttps_port {https}\n\thttp_port {http}\n"),
            ("\ncentre.example {\n", f"\n{NAME} {{\n\ttls {folder}/certificate.pem {folder}/key.pem\n"),
            ("127.0.0.1:8800", centre.removeprefix("http://").rstrip("/")),
        )
    )
    return file.read_text(), ["run", "--config", str(file), "--adapter", "caddyfile"]
