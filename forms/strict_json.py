"""JSON that means one thing: how it is written where it is hashed or signed, and read where it is untrusted."""

from __future__ import annotations

import json
from typing import Any


def canonical(content: Any) -> str:
    """JSON with sorted keys and no spaces; the one spelling for everything that is hashed or signed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def strict_object(untrusted_text: str) -> dict[str, Any]:
    """A JSON object without duplicate keys, NaN or infinities.

    Raises:
        ValueError: anything else, deep nesting included.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) != len(pairs):
            raise ValueError("A key stands twice.")
        return content

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON number.")

    try:
        content = json.loads(untrusted_text, object_pairs_hook=once, parse_constant=refuse)
    except RecursionError as fault:
        raise ValueError("Nested too deeply.") from fault
    if not isinstance(content, dict):
        raise ValueError("Not a JSON object.")  # noqa: TRY004 - one error for every unusable text
    return content
