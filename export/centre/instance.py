"""What lies in a centre's instance folder, opened: its register, its rows, its two on-line keys, what it was told.

The intake key signs receipts and the content key signs notices; both are made here, at the first start, and neither
opens anything. The authority's public half is pinned once, by its words, with the first keys file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from export.centre.audit import Audit
from export.centre.batches import Batches
from export.centre.entrance import Entrance
from export.centre.people import People
from export.centre.registry import Registry
from export.centre.releases import Releases
from survey.briefing import Briefing
from survey.clock import Clock
from survey.durable import write_whole
from survey.marked_store import MarkedStore
from survey.marks import CentreStore
from survey.sealing import SigningKey
from survey.settings import Settings, SettingsRefused, load

if TYPE_CHECKING:
    from export.centre.postgres_store import PostgresStore

OWN_KEYS = ("intake.key", "content.key")
ROWS = "centre.db"
_REGISTER = "registry.db"
_SEED_BYTES = 32


class NoCentre(RuntimeError):
    """The folder holds no centre, or another machine's keys. Correct ``--instance``, or make one with ``serve``."""


class NotYetTold(RuntimeError):
    """No keys file was taken in yet, or the one that lies there does not hold. Take one in."""


class DamagedKey(RuntimeError):
    """A key file of this centre that is gone or is not a key. Put back its back-up: tablets trust no other."""


class RowsNotMoved(RuntimeError):
    """The settings name a database, and the rows and spent codes still lie in the folder. Move them first."""


@dataclass
class Centre:
    """One centre, opened. Threads share it."""

    folder: Path
    settings: Settings
    registry: Registry
    intake_key: SigningKey
    content_key: SigningKey
    clock: Clock = field(init=False)
    store: CentreStore = field(init=False)
    batches: Batches = field(init=False)
    audit: Audit = field(init=False)
    people: People = field(init=False)
    entrance: Entrance = field(init=False)
    _briefing: Briefing | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self._newest_signed_day)
        self.store = store_of(self.folder, self.settings.store, self.clock.day)
        self.batches = Batches(self.registry)
        self.audit = Audit(self.registry)
        self.people = People(self.registry)
        self.entrance = Entrance(self.folder, self.clock.monotonic)

    @property
    def authority_file(self) -> Path:
        """Where the pinned authority's public half lies, in hex."""
        return self.folder / "authority.pub"

    def briefing(self) -> Briefing | None:
        """What the custodian has told this centre, or None before the first keys file.

        Looked for anew until it is there, since the first keys file is taken in while the centre serves.
        """
        if self._briefing is None and self.authority_file.is_file():
            self._briefing = Briefing(self.folder, read_public(self.authority_file))
        return self._briefing

    def told(self) -> Briefing:
        """The briefing of a centre that has one.

        Raises:
            NotYetTold: no authority is pinned.
        """
        briefing = self.briefing()
        if briefing is None:
            raise NotYetTold("This centre has no keys file yet. Take one in: python -m export take-in FILE")
        return briefing

    def pin(self, authority: bytes) -> None:
        """Trust this authority from now on, and no other."""
        write_whole(self.authority_file, authority.hex().encode() + b"\n")

    def releases(self) -> Releases | None:
        """The published releases, or None while no authority is pinned that could have signed one."""
        briefing = self.briefing()
        return None if briefing is None else Releases(self.folder / "releases", briefing.authority)

    def _newest_signed_day(self) -> date | None:
        briefing = self.briefing()
        return None if briefing is None else briefing.newest_day()

    def remember_collection_key(self) -> None:
        """Count the keys file that lies here among those whose rows are taken in."""
        briefing = self.briefing()
        keys = None if briefing is None else briefing.keys()
        if keys is not None:
            self.registry.add_collection_key(keys.collection.key_id)

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()
        self.registry.close()


def make_centre(folder: Path) -> None:
    """Make a centre's folder and its two keys, where there are none yet.

    Raises:
        NoCentre: a tablet's or a custodian's keys lie there.
        DamagedKey: this centre has told tablets of a key that is gone.
        OSError: the folder cannot be written.
    """
    if not _holds_centre(folder) and any(folder.glob("*.key")):
        raise NoCentre(f"{folder} holds another machine's keys. Give the centre a folder of its own with --instance.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in OWN_KEYS:
        if not (folder / name).exists():
            if (folder / "keys.signed").exists():
                # A fresh key would sign receipts that no tablet believes.
                raise DamagedKey(f"{folder / name} is missing, and the keys file names it. Put back its back-up.")
            write_whole(folder / name, SigningKey.generate().seed)


def refuse_no_centre(folder: Path) -> None:
    """Fail where a folder holds no centre: a path mistyped must not become an empty one that answers for the real one.

    Raises:
        NoCentre: there is none.
    """
    if not _holds_centre(folder):
        raise NoCentre(
            f"There is no centre in {folder}. Give its folder with --instance; or, to make a new centre there, run: "
            "python -m export serve"
        )


def _holds_centre(folder: Path) -> bool:
    return any((folder / name).exists() for name in (*OWN_KEYS, _REGISTER))


def open_centre(folder: Path, environ: Mapping[str, str]) -> Centre:
    """Open a centre's folder.

    Raises:
        NoCentre: there is none in it.
        SettingsRefused: a setting that cannot be.
        DamagedKey, RegistryDamaged, StoreDamaged: a file that is not what it should be.
    """
    refuse_no_centre(folder)
    settings = load(folder, environ)
    keys = [_own_key(folder, name) for name in OWN_KEYS]
    return Centre(folder, settings, Registry(folder / _REGISTER), *keys)


def store_of(folder: Path, address: str, today: Callable[[], date]) -> CentreStore:
    """A centre's rows: in its folder, or in the database at an address.

    Raises:
        SettingsRefused: what speaks to a database is not installed.
        RowsNotMoved: the folder has rows of its own still, which a database would know nothing of.
        StoreFull, StoreDamaged: as the store.
    """
    if not address:
        return MarkedStore(folder / ROWS, today)
    if (folder / ROWS).exists():
        raise RowsNotMoved(f"{folder / ROWS} still holds this centre's rows. Move them: python -m export move-rows")
    return database_at(address)


def database_at(address: str) -> PostgresStore:
    """The store in a database.

    Raises:
        SettingsRefused, StoreFull, StoreDamaged: as above.
    """
    try:
        # Only where it is wanted: most centres install none of it.
        from export.centre.postgres_store import PostgresStore  # noqa: PLC0415
    except ImportError as fault:
        raise SettingsRefused(
            f"store names a database, and what speaks to it is not installed ({fault}). Install"
            " requirements/postgresql.txt and the machine's libpq (Debian: libpq5)."
        ) from fault
    return PostgresStore(address)


def _own_key(folder: Path, name: str) -> SigningKey:
    try:
        seed = (folder / name).read_bytes()
    except FileNotFoundError as fault:
        raise DamagedKey(f"{folder / name} is missing. Put back its back-up: tablets trust no other.") from fault
    if len(seed) != _SEED_BYTES:
        raise DamagedKey(f"{folder / name} is not a key. Put back its back-up.")
    return SigningKey(seed)


def read_public(path: Path) -> bytes:
    """A 32-byte public key kept as hex.

    Raises:
        DamagedKey: the file is not one.
    """
    try:
        public = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as fault:
        raise DamagedKey(f"{path} is not a public key. Put back its back-up.") from fault
    if len(public) != _SEED_BYTES:
        raise DamagedKey(f"{path} is not a public key. Put back its back-up.")
    return public
