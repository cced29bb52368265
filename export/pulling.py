"""``pull``: an analyst's machine fetches releases from a centre, goes on where a pull broke off, and checks every byte.

What the centre sends is believed in nothing: the manifest has to carry the signature of the authority whose 13 words
the analyst compared at the first pull, and each file the hash that the manifest names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import click
import urllib3
from urllib3.exceptions import HTTPError

from export.manifest import MANIFEST, NAME, Manifest, ReleaseRefused, digest_of, read_manifest, verified
from forms.strict_json import strict_object
from survey.address import UnsafeAddress, safe_address
from survey.durable import write_whole
from survey.fingerprint import authority_words, words_match
from survey.single import alone

_AUTHORITY, _UNFINISHED = "authority.pub", ".pulling-"
_PUBLIC_BYTES = 32
_PIECE, _LONGEST_PROBLEM = 1 << 16, 1000
_NOTHING_LEFT = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_A_TOKEN = re.compile(r"[!-~]{1,500}")
_UNKNOWN = (
    "This token is not known there. Copy all of it again, make another under 'Your account' at the centre, or ask"
    " whoever runs it."
)
_TIMEOUT = urllib3.Timeout(connect=10, read=60)


class PullRefused(RuntimeError):
    """The centre did not send what was asked for. What came so far lies where the next pull goes on."""


@dataclass(frozen=True)
class Source:
    """One centre, and the token that opens its API."""

    address: str
    token: str
    pool: urllib3.PoolManager

    def small(self, path: str) -> bytes:
        """A small answer, whole.

        Raises:
            PullRefused: no answer, or one that says no.
        """
        with self._answer(path) as answer:
            return answer.read()

    def added(self, path: str, file: BinaryIO) -> int:
        """Add to a file what it misses of an answer, which stays also where that breaks off; how many bytes came.

        Nothing comes where the file is as long as the answer, or longer.

        Raises:
            PullRefused: no answer, one that says no, or it broke off.
        """
        have, came = file.seek(0, os.SEEK_END), 0
        with self._answer(path, have) as answer:
            if answer.status == _NOTHING_LEFT:
                return 0
            if answer.status == HTTPStatus.OK:
                # Whatever stands in between may leave a range out (RFC 9110, 14.2): then all of it comes.
                file.truncate(0)
            while piece := answer.read1(_PIECE):
                came += file.write(piece)
        return came

    @contextmanager
    def _answer(self, path: str, begins: int = 0) -> Iterator[urllib3.BaseHTTPResponse]:
        asked = {"Range": f"bytes={begins}-"} if begins else {}
        fine = (HTTPStatus.OK, *((HTTPStatus.PARTIAL_CONTENT, _NOTHING_LEFT) if begins else ()))
        try:
            answer = self.pool.request(
                "GET",
                self.address + path,
                headers={"Authorization": f"Bearer {self.token}", "Accept-Encoding": "identity", **asked},
                redirect=False,
                preload_content=False,
            )
            try:
                if answer.status == HTTPStatus.UNAUTHORIZED:
                    raise PullRefused(_UNKNOWN)
                if answer.status not in fine:
                    says = _problem(answer) or "Ask whoever runs the centre."
                    raise PullRefused(f"{self.address}{path} answered {answer.status}. {says}")
                yield answer
            finally:
                answer.close()
        except HTTPError as fault:
            says = f"{self.address} could not be reached or broke off. Run the same command again."
            raise PullRefused(says) from fault


def _problem(answer: urllib3.BaseHTTPResponse) -> str:
    """What a centre says is wrong, short and without anything that a terminal obeys; empty where it says nothing."""
    try:
        said = str(strict_object(answer.read(_LONGEST_PROBLEM).decode())["problem"])
    except (ValueError, KeyError):
        return ""
    return "".join(letter for letter in said if letter.isprintable())


def pulled(source: Source, name: str, into: Path, authority: bytes) -> Manifest:
    """Fetch one release into ``into``/``name``, whole or not at all; what was fetched before is not fetched again.

    Raises:
        PullRefused: it broke off; the next call goes on from there.
        ReleaseRefused: what came is not what the custodian signed.
        OSError: it cannot be written.
    """
    beside = into / f"{_UNFINISHED}{name}"
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    untrusted = source.small(f"/api/releases/{name}/{MANIFEST}")
    manifest = read_manifest(untrusted, authority)
    if manifest.name != name:
        raise ReleaseRefused(f"The centre sent {manifest.name} in the place of {name}. Ask whoever runs it.")
    for file, digest in manifest.files.items():
        _fetched(source, f"/api/releases/{name}/{file}", beside / file, digest)
    for left_over in beside.iterdir():
        if left_over.name not in manifest.files:
            left_over.unlink()
    write_whole(beside / MANIFEST, untrusted)
    verified(beside, authority)
    beside.rename(into / name)
    return manifest


def _fetched(source: Source, path: str, target: Path, digest: str) -> None:
    if target.exists() and digest_of(target) == digest:
        return
    with target.open("ab") as file:
        came = source.added(path, file)
    if digest_of(target) != digest:
        target.unlink()
        # As long as the signed one, or longer, and another: a power cut may leave that.
        fault = "did not come" if came else "was not here"
        raise PullRefused(f"{target.name} {fault} as it was signed. Run the same command again.")


def _authority(source: Source, into: Path, words: str | None) -> bytes:
    """The authority that was compared at the first pull; at the first, the one that the 13 words are of."""
    kept = into / _AUTHORITY
    if kept.is_file():
        public = _kept(kept)
        if words is not None and not words_match(words.split(), public):
            raise PullRefused(
                f"The words do not fit the authority in {kept}, which was compared at the first pull. Nothing was"
                " pulled. Compare them with the custodian's, or pull into another folder."
            )
        return public
    untrusted: dict[str, Any] = strict_object(source.small("/api/authority").decode())
    public = bytes.fromhex(str(untrusted["authority"]))
    if words is None:
        click.echo("Releases of this centre are signed by the authority with these 13 words:")
        click.echo("  " + " ".join(authority_words(public)))
        confirmed = click.confirm("Are they, each of them, the words that the custodian gave you?")
    else:
        confirmed = words_match(words.split(), public)
    if not confirmed:
        raise PullRefused("The words do not fit. Nothing was pulled: compare them with the custodian's.")
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(kept, public.hex().encode() + b"\n")
    return public


def _kept(path: Path) -> bytes:
    try:
        public = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        public = b""
    if len(public) != _PUBLIC_BYTES:
        raise PullRefused(f"{path} is damaged. Move it away; the next pull compares the custodian's 13 words again.")
    return public


def _names(source: Source, wanted: str | None) -> list[str]:
    listed = strict_object(source.small("/api/releases").decode())["releases"]
    names = [str(one["name"]) for one in listed if NAME.fullmatch(str(one["name"]))]
    if wanted is not None and wanted not in names:
        raise PullRefused(f"There is no release {wanted} there. There are: {', '.join(names) or 'none'}.")
    return names if wanted is None else [wanted]


def _token() -> str:
    where, said = "HEARD_TOKEN", os.environ.get("HEARD_TOKEN", "")
    if path := os.environ.get("HEARD_TOKEN_FILE"):
        where = f"The token file {path} (HEARD_TOKEN_FILE)"
        try:
            said = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise PullRefused(f"{where} cannot be read, or is no text. Save the token in it, on one line.") from fault
    elif not said:
        where, said = "What was typed", click.prompt("Token", hide_input=True, err=True)
    if _A_TOKEN.fullmatch(said.strip()):
        return said.strip()
    raise PullRefused(f"{where} is no token. Copy the whole token again: letters and digits, on one line.")


@click.command()
@click.argument("url")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default="releases", show_default=True,
              help="The folder to pull into.")  # fmt: skip
@click.option("--release", "wanted", help="This release only; else every one that is not there yet.")
@click.option("--authority", metavar="WORDS", help="The custodian's 13 words; asked for at the first pull.")
def pull(url: str, into: Path, wanted: str | None, authority: str | None) -> None:
    """Pull releases from the centre at URL, whole and checked against the custodian's signature.

    The token comes from HEARD_TOKEN_FILE, HEARD_TOKEN or a prompt. A pull that broke off goes on where it was.
    """
    damaged = list[str]()
    try:
        source = Source(safe_address(url), _token(), urllib3.PoolManager(retries=False, timeout=_TIMEOUT))
        public = _authority(source, into, authority)
        with alone(into, PullRefused(f"Another pull is at work in {into}. Wait until it ends, then try again.")):
            for name in _names(source, wanted):
                if (into / name).is_dir():
                    damaged += _damage(into / name, public)
                else:
                    manifest = pulled(source, name, into, public)
                    label = " It is made up." if manifest.made_up else ""
                    click.echo(f"{name}: {manifest.records} records, {len(manifest.files)} files, as signed.{label}")
    except (PullRefused, ReleaseRefused, UnsafeAddress) as fault:
        raise click.ClickException(str(fault)) from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise click.ClickException(f"{url} answered something that no centre of Heard says.") from fault
    if damaged:  # Last: one that lies here damaged must not keep a new one away.
        raise click.ClickException(" ".join(damaged))


def _damage(folder: Path, public: bytes) -> list[str]:
    """What is wrong with a release that lies here already; empty where it is whole."""
    try:
        verified(folder, public)
    except ReleaseRefused as fault:
        return [str(fault)]
    click.echo(f"{folder.name} is here already, and is whole.")
    return []
