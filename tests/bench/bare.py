"""The raw limit of keeping rows: a bare table under the same pragmas as the store, and nothing around it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

PRAGMAS = ("journal_mode=DELETE", "synchronous=EXTRA", "secure_delete=ON", "temp_store=MEMORY")
INSERT = "INSERT INTO kept VALUES (?, ?, ?)"


def bare_store(path: Path) -> sqlite3.Connection:
    """An empty table of rows; the caller closes it."""
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        bare.execute(f"PRAGMA {pragma}").fetchone()
    bare.execute("CREATE TABLE kept (id BLOB PRIMARY KEY, door TEXT NOT NULL, row BLOB NOT NULL) WITHOUT ROWID")
    return bare
