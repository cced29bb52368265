"""The style sheet and the script are what `make static` made of their sources; they fetch nothing and know no side."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

STATIC = Path(__file__).resolve().parents[1] / "survey" / "static"
SOURCE = STATIC / "source"
BUILT = ("heard.css", "heard.js", "phone.js", "sealing.js", "voice.js", "worker.js")
PACKED = tuple(f"{name}.br" for name in ("heard.css", "phone.js", "sealing.js", "symbols.svg", "voice.js"))
LICENCES = "sealing.licences.txt"
FOR_TESTS = "../../tests/opening.mjs"
# Bytes once compressed. What seals is the largest: two lattices and two curves. Next to it is all that a phone knows of
# a visit without a server: what waits, what was sent, how full, and what is true of that under a stop, in the language
# that is read, off line and after a reload.
LARGEST = {"sealing.js": 25_000, "phone.js": 17_200}


def hashes() -> dict[str, str]:
    lines = (SOURCE / "hashes.txt").read_text().splitlines()
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


@pytest.mark.parametrize("path", sorted(hashes()))
def test_every_file_is_the_one_that_was_built_last(path: str) -> None:
    assert hashlib.sha256((STATIC / path).read_bytes()).hexdigest() == hashes()[path], "run: make static"


def test_every_source_and_every_output_has_its_hash() -> None:
    files = [*SOURCE.iterdir(), *(SOURCE / "phone").iterdir()]
    ours = [path for path in files if path.suffix in {".js", ".mjs", ".scss", ".json"}]
    sources = {path.relative_to(STATIC).as_posix() for path in ours}
    assert set(hashes()) == sources | {*BUILT, *PACKED, LICENCES, FOR_TESTS}
    assert {path.name for path in STATIC.iterdir() if path.is_file()} == {
        *BUILT,
        *PACKED,
        LICENCES,
        "icon.svg",
        "symbols.svg",
    }


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_asks_no_host_and_evaluates_nothing(name: str) -> None:
    text = (STATIC / name).read_text()
    assert not re.search(r"https?:|//[a-z]|@import|@font-face|url\(|\beval\b|new Function|localStorage", text)
    assert ("indexedDB" in text) == (name in {"phone.js", "worker.js"})
    assert "GDS Transport" not in text
    assert len(gzip.compress(text.encode())) < LARGEST.get(name, 8_000)


def test_a_tablets_script_cannot_speak_by_itself_since_that_would_write_a_log() -> None:
    assert "speechSynthesis" in (STATIC / "voice.js").read_text()
    assert "speechSynthesis" not in (STATIC / "heard.js").read_text()


def test_what_keeps_rows_on_a_phone_is_small_enough_to_be_read_by_anybody() -> None:
    text = (SOURCE / "phone" / "queue.js").read_text()
    code = re.sub(r"\s+", " ", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert len(gzip.compress(code.encode())) < 1024


def test_a_phones_worker_opens_pages_and_nothing_is_left_to_the_browser_to_send_in_the_background() -> None:
    """Background Sync and push run when nobody looks, in some browsers, and leave a mark with the browser's maker."""
    background = re.compile(
        r"""SyncManager|periodic-?sync|background-?fetch|push-?manager|[.?]sync\b|["'`](?:on)?(?:sync|push)["'`]|\bon(?:sync|push)\b""",
        re.IGNORECASE,
    )
    for said in ('addEventListener("sync"', "registration.sync.register", "self.onsync =", "'periodicsync'", "r?.sync"):
        assert background.search(said)
    for name in ("heard.js", "phone.js", "sealing.js", "voice.js", "worker.js"):
        assert not background.search((STATIC / name).read_text()), name
    listens = re.findall(r"addEventListener\(([^,]*),", (STATIC / "worker.js").read_text())
    assert sorted(listens) == ['"activate"', '"fetch"', '"install"', '"message"'], (
        "a message is from a page that is open"
    )


def test_the_queue_of_a_phone_is_small_enough_to_be_read() -> None:
    assert len(gzip.compress((SOURCE / "phone" / "queue.js").read_bytes())) < 1_000


def test_what_seals_keeps_the_licence_of_everything_in_it() -> None:
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    kept = (STATIC / LICENCES).read_text()
    for name in (
        "@hpke/common",
        "@hpke/core",
        "@hpke/dhkem-x25519",
        "@hpke/hybridkem-x-wing",
        "@noble/ed25519",
        "mlkem",
    ):
        assert f"{name} {wanted[name]}\n" in kept
    assert kept.count("Permission is hereby granted, free of charge") == 6


def test_the_style_sheet_knows_start_and_end_but_neither_left_nor_right() -> None:
    assert not re.search(r"\b(left|right)\b", (STATIC / "heard.css").read_text())


def test_the_lock_names_exact_versions_and_no_host_to_fetch_from() -> None:
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for path, package in packages.items() if path)


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_is_the_file_beside_it(name: str) -> None:
    assert brotli.decompress((STATIC / name).read_bytes()) == (STATIC / name.removesuffix(".br")).read_bytes()
