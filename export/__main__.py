"""``python -m export``: the verbs of the centre and of the custodian, each loaded only when it is called.

The process that faces the network must not even have the code that opens a row in its memory, and a machine without
the custodian's libraries must still serve; so this table names modules as text, and the help is read from it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

import click

_CENTRE = "export.centre.verbs"
_CUSTODIAN = "export.custodian.verbs"

# verb: (module, function there, one line of help)
VERBS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "serve": ("export.centre.running", "serve", "Run the centre: intake, link and analysts' pages."),
        "enrol-code": (_CENTRE, "enrol_code", "Make a code with which one tablet can join."),
        "tablets": (_CENTRE, "tablets", "List the tablets and how long each has been silent."),
        "revoke": (_CENTRE, "revoke", "Believe a lost tablet no more."),
        "take-in": (_CENTRE, "take_in", "Take in a keys file, a notices file or a tablet's rescue file."),
        "carry-out": (_CENTRE, "carry_out", "Write all sealed rows into one file for the custodian."),
        "publish": (_CENTRE, "publish", "Put a signed release on the analysts' pages."),
        "token": (_CENTRE, "token", "Add, revoke or list analysts' tokens."),
        "audit": (_CENTRE, "audit", "Print what staff and analysts did, and when."),
        "keygen": (_CUSTODIAN, "keygen", "Make the collection key and the authority key."),
        "split": (_CUSTODIAN, "split", "Split the collection key into paper shares."),
        "restore": (_CUSTODIAN, "restore", "Put the collection key together from its shares."),
        "sign-keys": (_CUSTODIAN, "sign_keys", "Sign the keys file that tablets and the centre trust."),
        "release": (_CUSTODIAN, "release", "Open what was carried out and build a release."),
        "verify": (_CUSTODIAN, "verify", "Check that a release is whole and was signed by the custodian."),
    }
)


class LazyGroup(click.Group):
    """A click group that imports a verb's module when the verb is called, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, the centre's first."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, its module imported now."""
        if cmd_name not in VERBS:
            return None
        module, function, _ = VERBS[cmd_name]
        command = getattr(importlib.import_module(module), function)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, written without importing any of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, says) for verb, (_, _, says) in VERBS.items()])


@click.group(cls=LazyGroup, help="The centre, and the custodian who holds the key.")
def main() -> None:
    """Run one verb."""


if __name__ == "__main__":
    main(prog_name="python -m export")
