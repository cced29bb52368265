"""What a process gives up before it touches an answer or a key."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_SWAPS = Path("/proc/swaps")
# Compressed in memory, never on a disk.
_IN_MEMORY = "/dev/zram"


def harden() -> None:
    """No core dumps, no memory for another process of the same user to read, no file that others may read.

    A crash must not write answers to disk, and a debugger started by whoever holds the tablet must not find them.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    if sys.platform == "linux":
        # Pipes to a crash collector ignore the limit above; an undumpable process is never handed to one (prctl(2)).
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def end_with_parent() -> None:
    """Let this process be told to stop when the one that started it ends, however that ends (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def open_swap() -> list[str]:
    """The swap devices and files of this machine that may lie on a disk, and so may hold what was in memory.

    Whether one is encrypted cannot be told from here: a person is told, and decides.
    """
    if not _SWAPS.is_file():
        return []
    devices = [line.split()[0] for line in _SWAPS.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    return [device for device in devices if not device.startswith(_IN_MEMORY)]
