"""What one machine is told about itself: a frozen object made from a folder and an environment, and nothing else."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = "settings.toml"
TABLET_PORT = 8700
CENTRE_PORT = 8800
_LARGEST_PORT = 65535
RELEASE_MONTHS = 3
_SPANS = (1, 2, 3, 4, 6, 12)
_NAMES = (
    "host", "port", "memory_folder", "release_months", "public_address", "address_header", "serves", "workers", "store",
)  # fmt: skip
APPS = ("link", "intake", "portal")
_MOST_WORKERS = 64
_ADDRESS = re.compile(r"(?:https://[a-z0-9.-]+(?::\d+)?|http://(?:127\.0\.0\.1|localhost)(?::\d+)?)(?:/[\w./-]*)?")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
_STORE = re.compile(
    r"postgresql://(?:[\w.-]+@)?(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])?(?::\d+)?/[\w-]+"
    r"(?:\?(?:host=/[\w./-]+|sslrootcert=/[\w./-]+)(?:&port=\d+)?)?"
)
_RUN = Path("/run/heard")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, checked below


class SettingsRefused(ValueError):
    """A setting that is unknown or cannot be. The message names it and where it stands."""


@dataclass(frozen=True)
class Settings:
    """What one machine is told.

    Attributes:
        memory_folder: where partials lie, in memory-backed storage; None where this machine has none.
        release_months: how many months the first release covers; a centre prepares it by this, and each later one by
            the recipe of the one before.
        public_address: what a centre's cards lead to, without a slash at its end; "" where none was set.
        address_header: the header in which the server in front of a centre says who asks; "" where none is believed.
        serves: those of a centre's three applications that a process answers for.
        workers: how many processes serve a centre.
        store: the address of the PostgreSQL database that keeps a centre's rows; "" for a file in its folder.
    """

    instance: Path
    host: str
    port: int
    memory_folder: Path | None
    release_months: int = RELEASE_MONTHS
    public_address: str = ""
    address_header: str = ""
    serves: tuple[str, ...] = APPS
    workers: int = 1
    store: str = ""


def load(folder: Path, environ: Mapping[str, str], default_port: int = CENTRE_PORT) -> Settings:
    """Read ``settings.toml`` in an instance folder; each as ``HEARD_`` and its name wins.

    Raises:
        SettingsRefused: unreadable, an unknown name, or a value that cannot be.
    """
    path = folder / FILE
    told = _from_file(path)
    for name in _NAMES:
        variable = f"HEARD_{name.upper()}"
        if variable in environ:
            told[name] = (environ[variable], variable)
    host, _ = told.get("host", ("127.0.0.1", ""))
    if not isinstance(host, str) or not host.strip():
        raise SettingsRefused(f"{told['host'][1]}: host is a name or an address, such as 127.0.0.1.")
    memory = told.get("memory_folder")
    return Settings(
        instance=folder,
        host=host,
        port=_port(*told.get("port", (default_port, ""))),
        memory_folder=memory_folder(folder) if memory is None else _folder(*memory),
        release_months=_span(*told.get("release_months", (RELEASE_MONTHS, ""))),
        public_address=_address(*told.get("public_address", ("", ""))),
        address_header=_header(*told.get("address_header", ("", ""))),
        serves=_apps(*told.get("serves", ("link intake portal", ""))),
        workers=_workers(*told.get("workers", (1, ""))),
        store=_store(*told.get("store", ("", ""))),
    )


def memory_folder(instance: Path) -> Path | None:
    """A folder in memory for this instance alone, made when it is first used; None where there is nowhere safe."""
    name = hashlib.sha256(str(instance.resolve()).encode()).hexdigest()[:16]
    if _is_ours(_RUN):
        return _RUN / name
    candidate = _SHARED_MEMORY / f"heard-{name}"
    if candidate.is_symlink() or candidate.exists():
        return candidate if _is_ours(candidate) else None
    return candidate if _SHARED_MEMORY.is_dir() and os.access(_SHARED_MEMORY, os.W_OK | os.X_OK) else None


def _is_ours(folder: Path) -> bool:
    # Anybody may make a folder in shared memory first, and wait for what we put into it.
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _from_file(path: Path) -> dict[str, tuple[object, str]]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:
        raise SettingsRefused(
            f"{path} cannot be read ({fault}). Correct it, or remove it to use the defaults."
        ) from fault
    unknown = sorted(told.keys() - set(_NAMES))
    if unknown:
        raise SettingsRefused(f"{path}: there is no setting {unknown[0]!r}; there are {', '.join(_NAMES)}.")
    return {name: (value, str(path)) for name, value in told.items()}


def _span(value: object, where: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value not in _SPANS:
        raise SettingsRefused(f"{where}: release_months is one of {', '.join(map(str, _SPANS))}, not {value!r}.")
    return value


def _port(value: object, where: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    # 0 asks the operating system for a free port, which the demonstration needs.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_PORT:
        raise SettingsRefused(f"{where}: port is a number from 0 to {_LARGEST_PORT}, not {value!r}.")
    return value


def _folder(value: object, where: str) -> Path:
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise SettingsRefused(f"{where}: memory_folder is a whole path of a folder in memory, not {value!r}.")
    return Path(value)


def _address(value: object, where: str) -> str:
    if value != "" and not (isinstance(value, str) and _ADDRESS.fullmatch(value)):
        raise SettingsRefused(
            f"{where}: public_address is where the link is reached, such as https://survey.example.org, not {value!r}."
        )
    return str(value).rstrip("/")


def _header(value: object, where: str) -> str:
    if value != "" and not (isinstance(value, str) and _HEADER.fullmatch(value)):
        raise SettingsRefused(f"{where}: address_header is the name of a header, such as X-Real-IP, not {value!r}.")
    return str(value)


def _apps(value: object, where: str) -> tuple[str, ...]:
    named = value.split() if isinstance(value, str) else []
    if not named or not set(named) <= set(APPS):
        raise SettingsRefused(
            f"{where}: serves is one or more of {', '.join(APPS)} with spaces between, not {value!r}."
        )
    return tuple(named)


def _workers(value: object, where: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_WORKERS:
        raise SettingsRefused(f"{where}: workers is a number from 1 to {_MOST_WORKERS}, not {value!r}.")
    return value


def _store(value: object, where: str) -> str:
    if value != "" and not (isinstance(value, str) and _STORE.fullmatch(value)):
        # What was typed is not repeated: it may be a password.
        raise SettingsRefused(
            f"{where}: store is the address of a PostgreSQL database, such as postgresql:///heard or"
            " postgresql://heard@db.example.org/heard. A password stands in ~/.pgpass or PGPASSWORD, never in it."
        )
    return str(value)
