"""JSON that means one thing: how it is written where it is hashed or signed, and read where it is untrusted."""

from __future__ import annotations

import json
import math
from typing import Any


def canonical(content: Any) -> str:
    """JSON with sorted keys and no spaces; the one spelling for everything that is hashed or signed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("A key stands twice.")
    return content


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number.")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("A number that is too large.")
    return value


# Made once: opening reads millions of texts.
_READER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)


def strict_object(untrusted_text: str) -> dict[str, Any]:
    """A JSON object without duplicate keys, NaN or infinities.

    Raises:
        ValueError: anything else, deep nesting included.
    """
    try:
        content = _READER.decode(untrusted_text)
    except RecursionError as fault:
        raise ValueError("Nested too deeply.") from fault
    if not isinstance(content, dict):
        raise ValueError("Not a JSON object.")  # noqa: TRY004 - one error for every unusable text
    return content
