"""What a process gives up before it touches an answer or a key."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


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
