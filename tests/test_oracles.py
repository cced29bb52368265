"""What other people's programs say of our releases; each in an environment of its own (``make oracles``)."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from custodian_world import People, sealed, victim_voice
from release_world import SECRET, codebook, records, release

ANONYMITY = Path(__file__).parents[1] / ".oracles/anonymity/bin/python"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pycanon_agrees_on_k_and_l(tmp_path: Path, seed: int) -> None:
    assert ANONYMITY.exists(), "Make it first: make oracles"
    released, _ = release(tmp_path, sealed(SECRET.public, People(seed, victim_voice()).many(250)))
    columns, told = codebook(released)["columns"], records(released)
    marked = [one["column"] for one in columns if one["treatment"] == "key"]
    sensitive = [one["column"] for one in columns if one.get("disclosure") == "sensitive"]
    table = [with_what_was_asked(record, set(marked)) for record in told]
    keys = [name for name in table[0] if name in marked or name.startswith("asked ")]
    said = subprocess.run(
        [str(ANONYMITY), str(Path(__file__).parent / "oracles/pycanon_process.py")],
        input=json.dumps({"records": table, "keys": keys, "sensitive": sensitive}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    theirs = json.loads(said.stdout)
    assert theirs["k"] == min(map(len, classes(table, keys).values())) >= 5
    for column in sensitive:
        asked = [record for record in table if record[column] not in {"[z]", "[c]"}]
        fewest = min(len({record[column] for record in one}) for one in classes(asked, keys).values())
        assert theirs["l"][column] == fewest
        alike = next(one["alike"] for one in columns if one["column"] == column)
        assert (alike == 0) or fewest == 1


def with_what_was_asked(record: dict[str, str], marked: set[str]) -> dict[str, str]:
    """The record, and of each column that is no key whether it was asked, since an attacker may know that too."""
    others = {name: cell for name, cell in record.items() if name not in {*marked, "alike"}}
    return record | {f"asked {name}": cell if cell in {"[z]", "[c]"} else "yes" for name, cell in others.items()}


def classes(table: list[dict[str, str]], keys: list[str]) -> dict[Any, list[dict[str, str]]]:
    found: dict[Any, list[dict[str, str]]] = defaultdict(list)
    for record in table:
        found[tuple(record[key] for key in keys)].append(record)
    return found
