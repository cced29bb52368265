"""The most memory that this process had at once."""

from __future__ import annotations

from pathlib import Path


def peak_mb() -> float:
    """Megabytes. Not ``ru_maxrss``, which a new process takes over from the one that started it (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1000
