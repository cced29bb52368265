"""How a verb is given a collection key by the people who hold its shares: sheets, or words typed one after the other.

What is put together here exists in memory only; nothing writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from export.custodian.passphrase import asked
from export.custodian.share_words import misread
from export.custodian.shares import Share, join, read_sheets
from export.custodian.unsealing import CollectionSecret

FILE = click.Path(path_type=Path, dir_okay=False)
_F = TypeVar("_F", bound=Callable[..., Any])


def shares_options(verb: _F) -> _F:
    """``--share``, ``--shares`` and ``--with-passphrase``: the arguments of ``joined``."""
    for option in (
        click.option("--with-passphrase", is_flag=True, help="The shares were made with a passphrase of their own."),
        click.option("--shares", "typed", is_flag=True, help="Type the words of the shares; they are not shown."),
        click.option("--share", "sheets", type=FILE, multiple=True, help="The sheet of a share; once for each."),
    ):
        verb = option(verb)
    return verb


def joined(sheets: Sequence[Path], *, typed: bool, with_passphrase: bool) -> CollectionSecret | None:
    """The key that these shares give, or None where no share was given.

    Raises:
        CustodyRefused: the shares do not fit together.
    """
    shares = read_sheets(sheets) if sheets else _typed() if typed else []
    if not shares:
        return None
    return join(shares, asked("Share passphrase", new=False) if with_passphrase else "")


def _typed() -> list[Share]:
    key_id = click.prompt("Key id, as printed on the sheets", err=True).strip().lower()
    shares: list[Share] = []
    while words := click.prompt(
        f"Words of share {len(shares) + 1} (nothing: that is all)",
        default="",
        show_default=False,
        hide_input=True,
        err=True,
    ):
        if fault := misread(words):
            # At once: who has typed three times 33 words unseen should not have to begin anew.
            click.echo(f"Share {len(shares) + 1}: {fault}", err=True)
            continue
        shares.append(Share(key_id, " ".join(words.lower().split())))
    return shares
