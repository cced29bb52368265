"""What stands around a verb of the centre: its folder opened and closed, and what may go wrong told in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from export.centre.admitting import PlaceUnknown, TabletUnknown, TokenUnknown
from export.centre.audit import ChainBroken, NameRefused
from export.centre.batches import BatchesFull, NotPrintable
from export.centre.carrying import AuthorityRefused, KeysOfAnotherCentre, RowsChanged, UnfamiliarFile
from export.centre.codes import BatchUnknown
from export.centre.instance import Centre, DamagedKey, NoCentre, NotYetTold, RowsNotMoved, open_centre
from export.centre.moving import CentreServes, NothingToMove, RowsThere
from export.centre.people import NameTaken
from export.centre.proxy import UnreadableConfiguration
from export.centre.registry import RegistryDamaged
from export.manifest import ReleaseRefused
from survey.briefing import KeysRefused
from survey.durable import AnotherFile
from survey.hardening import harden
from survey.parcel import ParcelRefused
from survey.partials import UnsafeFolder
from survey.settings import SettingsRefused
from survey.store import StoreDamaged, StoreFull
from survey.verbs import instance_option

_FORESEEN = (
    AnotherFile, AuthorityRefused, BatchesFull, BatchUnknown, CentreServes, ChainBroken, DamagedKey,
    KeysOfAnotherCentre, KeysRefused, NameRefused, NameTaken, NoCentre, NothingToMove, NotPrintable, NotYetTold,
    ParcelRefused, PlaceUnknown, RegistryDamaged, ReleaseRefused, RowsChanged, RowsNotMoved, RowsThere, SettingsRefused,
    StoreDamaged, StoreFull, TabletUnknown, TokenUnknown, UnfamiliarFile, UnreadableConfiguration, UnsafeFolder,
)  # fmt: skip

instance_folder = instance_option("The centre's folder.")


@contextmanager
def opened(instance: Path) -> Iterator[Centre]:
    """A centre for one verb, whose faults are told.

    Raises:
        ClickException: saying what to do.
    """
    harden()
    with told():
        centre = open_centre(instance, os.environ)
        try:
            yield centre
        finally:
            centre.close()


@contextmanager
def told() -> Iterator[None]:
    """What may go wrong in a block ends the verb with words instead of a traceback.

    Raises:
        ClickException: saying what to do.
    """
    try:
        yield
    except _FORESEEN as fault:
        raise click.ClickException(str(fault)) from fault
