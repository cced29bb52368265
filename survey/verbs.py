"""What every verb shares: groups that import a verb when it is called and not before, and the option ``--instance``.

A tablet has no pyxform and the process that faces the network must not hold the code that opens a row, so a program's
help is written from a table and one verb's module never costs another its start.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

Table = Mapping[str, tuple[str, str, str]]
"""Verb -> module, name of the command there, one line of help."""


def instance_option(about: str) -> Callable[[_F], _F]:
    """The option by which a verb is told its folder; else the variable HEARD_INSTANCE, else ``instance``."""
    folder = click.Path(path_type=Path, file_okay=False)
    return click.option(
        "--instance", type=folder, default="instance", envvar="HEARD_INSTANCE", show_default=True, help=about
    )


class There(click.Path):
    """A path that has to be there; of one that is not, ``Verbs`` says so and what to look for, as of any other."""

    def __init__(self, **kinds: bool) -> None:
        super().__init__(path_type=Path, **kinds)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path.

        Raises:
            FileNotFoundError: nothing lies there.
        """
        Path(value).stat()
        return super().convert(value, param, ctx)


class Verbs(click.Group):
    """A program whose verbs tell in words what the operating system refused and that nobody answered a question."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb that was typed.

        Raises:
            ClickException: saying what to do.
        """
        try:
            return super().invoke(ctx)
        except click.Abort as fault:
            raise click.ClickException(_UNANSWERED) from fault
        except BrokenPipeError:
            raise  # Whoever read what is printed has read enough.
        except click.BadParameter as fault:
            raise click.UsageError(_in_our_words(fault), fault.ctx) from fault
        except OSError as fault:
            raise click.ClickException(_advice(fault)) from fault


def _in_our_words(fault: click.BadParameter) -> str:
    """What was typed wrongly, and what to do; what a verb itself found wrong is in our words already."""
    if isinstance(fault, click.MissingParameter) and fault.param is not None:
        of = fault.param
        return f"{of.opts[0] if isinstance(of, click.Option) else of.human_readable_name} is wanting. Give it."
    kind, quoted = None if fault.param is None else fault.param.type, _QUOTED.search(fault.message)
    if isinstance(kind, click.Path) and quoted:
        return f"{quoted[1]} {_OF_ANOTHER_KIND} {_LOOK}"
    if isinstance(kind, click.types.IntParamType) and quoted and fault.param is not None:
        return f"{fault.param.opts[0]}: '{quoted[1]}' is no whole number. Type it in digits."
    return fault.format_message()


def _advice(fault: OSError) -> str:
    if isinstance(fault, FileNotFoundError) and fault.filename:
        return f"{fault.filename} is not there. {_LOOK}"
    if isinstance(fault, IsADirectoryError | NotADirectoryError) and fault.filename:
        return f"{fault.filename} {_OF_ANOTHER_KIND} {_LOOK}"
    where = f"{fault.filename}: " if fault.filename else ""
    return f"{where}{fault.strerror or fault}. {_ROOM_OR_RIGHT}"


_UNANSWERED = "It asked something and nobody answered, so it stopped there. Run it again and answer, or try --help."
_QUOTED = re.compile(r"'(.+)'")
_OF_ANOTHER_KIND = "cannot be: a folder stands for a file there, or a file for a folder."
_LOOK = (
    "Look for its right name and place, and whether the stick or disk that it lies on is plugged in, then try again."
)
_ROOM_OR_RIGHT = "Free some disk space, or correct the path or who may use it, then try again."


class LazyVerbs(Verbs):
    """The same, each imported when it is called."""

    def __init__(self, verbs: Table, about: str) -> None:
        super().__init__(help=about)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the table."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, its module imported now."""
        if cmd_name not in self._verbs:
            return None
        module, command, _ = self._verbs[cmd_name]
        found = getattr(importlib.import_module(module), command)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, written without importing any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, about) for verb, (_, _, about) in self._verbs.items()])
