"""Where passphrases come from: a file, the environment or a prompt. Never an argument, which every process can read."""

from __future__ import annotations

import os
from pathlib import Path

import click

from export.custodian.custody import CustodyRefused


def custody_passphrase(*, new: bool = False) -> str:
    """The passphrase of the key files: HEARD_PASSPHRASE_FILE, HEARD_PASSPHRASE, else asked for, twice where new.

    Raises:
        CustodyRefused: the file cannot be read or is empty.
    """
    if path := os.environ.get("HEARD_PASSPHRASE_FILE"):
        try:
            said = Path(path).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise CustodyRefused(f"The passphrase file {path} (HEARD_PASSPHRASE_FILE) cannot be read.") from fault
        if not said:
            raise CustodyRefused(f"The passphrase file {path} (HEARD_PASSPHRASE_FILE) is empty.")
        return said
    if said := os.environ.get("HEARD_PASSPHRASE", ""):
        return said
    return asked("Passphrase of the custodian's keys", new=new)


def asked(what: str, *, new: bool) -> str:
    """Ask a person, without showing what is typed; for a new one ask twice."""
    said: str = click.prompt(what, hide_input=True, confirmation_prompt=new, default="", show_default=False, err=True)
    return said
