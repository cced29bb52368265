"""Which software this is: eight digits of a hash over the programs' own files, so that two tablets can be compared.

A number that somebody writes by hand would say what was meant to be installed; this says what is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_PACKAGES = ("forms", "survey", "kiosk")
_ENDINGS = {".py", ".html", ".css", ".js", ".po", ".svg", ".toml", ".txt"}


def software() -> str:
    """Eight hex digits: the same for the same files, whatever their dates."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(path for path in (root / package).rglob("*") if path.suffix in _ENDINGS):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:8]
