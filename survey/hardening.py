"""What a process gives up before it touches an answer or a key."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_SWAPS = Path("/proc/swaps")
# Compressed in memory, never on a disk.
_IN_MEMORY = "/dev/zram"


def harden() -> None:
    """No core dumps, no memory for another process of the same user to read, no file that others may read.

    What nobody foresaw is told by where it happened and what kind it is.

    A crash must not write answers to disk, and a debugger started by whoever holds the tablet must not find them.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    sys.excepthook = say_only_where
    threading.excepthook = _say_only_where_in_a_thread
    if sys.platform == "linux":
        # Pipes to a crash collector ignore the limit above; an undumpable process is never handed to one (prctl(2)).
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def say_only_where(kind: type[BaseException], _: BaseException | None, where: TracebackType | None) -> None:
    """Tell of an unforeseen error without its own words, which may quote an answer or a key."""
    traceback.print_tb(where)
    sys.stderr.write(f"{kind.__name__}: this should not happen. Report these lines; they quote no answer and no key.\n")


def _say_only_where_in_a_thread(ended: threading.ExceptHookArgs) -> None:
    say_only_where(ended.exc_type, ended.exc_value, ended.exc_traceback)


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
