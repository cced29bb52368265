"""Several processes behind one socket: started by a first one that serves nothing, started anew where one dies.

They are forked before anything is opened, since neither a database nor a thread may cross a fork. Where the first one
is killed, they stop by themselves.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from threading import Event

from survey.hardening import end_with_parent


def keep_up(count: int, work: Callable[[str], None], announcing: str) -> int:
    """Run ``work`` in so many processes until SIGTERM or Ctrl-C; 0, or 1 where one could not go on.

    One that is killed is started anew. One that ends by itself with a fault would end so again: then all stop. The very
    first is handed what it is to announce, every other an empty text.
    """
    working = {_started(work, announcing if number == 0 else "") for number in range(count)}
    stopping, code = Event(), 0

    def stop(_number: int, _frame: object) -> None:
        stopping.set()
        for pid in working:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    for told_to_stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told_to_stop, stop)
    while working:
        pid, status = os.wait()
        working.discard(pid)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            code = 1
            stop(signal.SIGTERM, None)
        elif not stopping.is_set():
            working.add(_started(work, ""))
            if stopping.is_set():  # told so while the new one was not among those to tell
                stop(signal.SIGTERM, None)
    return code


def _started(work: Callable[[str], None], announcing: str) -> int:
    # A stop between fork and handler would be lost, so it waits until the child can hear it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
        return pid
    code = 1
    try:
        signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_with_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
        work(announcing)
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run in a child, whatever ends it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
