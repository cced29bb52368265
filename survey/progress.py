"""Long steps show how far they are: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

_Step = TypeVar("_Step")
_LINES = 10


def steps(iterable: Iterable[_Step], length: int, label: str) -> Iterator[_Step]:
    """The same steps, shown on standard error as they pass: about ten lines where there is no terminal."""
    if sys.stderr.isatty():
        with click.progressbar(iterable, length=length, label=label, file=sys.stderr) as shown:
            yield from shown
        return
    click.echo(f"{label}: 0 of {length}", err=True)
    every = max(1, -(-length // _LINES))
    for done, step in enumerate(iterable, start=1):
        yield step
        if done % every == 0 or done == length:
            click.echo(f"{label}: {done} of {length}", err=True)
