"""The same work on every core, in batches, in order, with only a few batches in memory at a time.

Workers are started afresh (spawn), so that they hold nothing of this process but what they are handed, and that comes
through a pipe: no secret is ever in an argument list, an environment or a file. A short input is worked here, alone.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from survey.hardening import harden

BATCH = 400
_AHEAD = 3
_WORTH_A_CREW = 5

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class CrewLost(RuntimeError):
    """A worker ended before its work did, most likely for want of memory. Nothing was written; try again."""


class _Worker:
    """What this process works with, once it was prepared."""

    work: Callable[[list[Any]], list[Any]]


def worked(
    tasks: Iterable[_Task],
    prepare: Callable[..., Callable[[list[_Task]], list[_Result]]],
    arguments: Sequence[Any],
    processes: int | None = None,
) -> Iterator[_Result]:
    """``prepare(*arguments)`` once a process, then what it returns on each batch; results in the order of the tasks.

    Args:
        tasks: read as they are needed.
        prepare: importable by name, since it is called in other processes.
        arguments: handed through a pipe.
        processes: as many as there are cores by default.

    Raises:
        CrewLost: a worker was killed.
    """
    batches = _batches(tasks)
    few = list(itertools.islice(batches, _WORTH_A_CREW))
    count = processes or os.cpu_count() or 1
    if count == 1 or len(few) < _WORTH_A_CREW:
        work = prepare(*arguments)
        for batch in itertools.chain(few, batches):
            yield from work(batch)
        return
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _prepare, (prepare, *arguments))
    waiting: deque[Future[list[_Result]]] = deque()
    try:
        for batch in itertools.chain(few, batches):
            waiting.append(pool.submit(_work, batch))
            if len(waiting) > count * _AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as fault:
        raise CrewLost("A worker process ended early, most likely for want of memory. Nothing was written.") from fault
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(tasks: Iterable[_Task]) -> Iterator[list[_Task]]:
    rest = iter(tasks)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch


def _prepare(prepare: Callable[..., Callable[[list[Any]], list[Any]]], *arguments: Any) -> None:
    harden()
    _Worker.work = staticmethod(prepare(*arguments))


def _work(batch: list[Any]) -> list[Any]:
    results: list[Any] = _Worker.work(batch)
    return results
