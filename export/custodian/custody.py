"""The custodian's folder: the authority key and the collection keys, each a seed locked under the passphrase.

A locked seed is one JSON file of mode 0600: scrypt (RFC 7914) makes a key of the passphrase, AES-256-GCM locks the seed
with everything else in the file as its context, so neither a parameter nor a name can be changed unseen.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.custodian.unsealing import SEED_BYTES, CollectionSecret
from forms.strict_json import canonical, strict_object
from survey.durable import write_whole
from survey.sealing import KEY_ID_BYTES, LockedAway, SigningKey, lock, unlock

SHORTEST_PASSPHRASE = 12
_KIND, _SALT_BYTES = "locked seed 1", 16
# Each tells of keys: where one is left the others may be on paper, in a backup, or only lost for the moment.
_TRACES = ("*.key", "authority.pub", "keyring.json", "signed")
# 128 MiB and about a third of a second a guess on one core of 2026.
_SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
# A file from elsewhere must not be able to ask for all the memory there is.
_MOST_N, _MOST_R, _MOST_P = 1 << 19, 8, 4


class CustodyRefused(ValueError):
    """The custodian's folder or a share cannot be used as it is; the message says what to do."""


class WrongPassphrase(CustodyRefused):
    """The passphrase does not unlock this key file, or the file was changed."""


def _stretched(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def lock_seed(what: str, seed: bytes, key_id: str, passphrase: str) -> bytes:
    """The bytes of a key file.

    Raises:
        CustodyRefused: a passphrase so short that it would be guessed.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CustodyRefused(
            f"The passphrase must have at least {SHORTEST_PASSPHRASE} characters: four or five random words are good."
        )
    salt = secrets.token_bytes(_SALT_BYTES)
    content: dict[str, Any] = {"heard": _KIND, "what": what, "key_id": key_id, "scrypt": _SCRYPT, "salt": salt.hex()}
    locked = lock(seed, _stretched(passphrase, salt, **_SCRYPT), canonical(content).encode())
    return (canonical({**content, "locked": locked.hex()}) + "\n").encode()


def unlock_seed(what: str, untrusted: bytes, passphrase: str) -> tuple[bytes, str]:
    """The seed in a key file, and the id of the key that it should make.

    Raises:
        WrongPassphrase: another passphrase, or a file changed since it was written.
        CustodyRefused: no key file of this kind.
    """
    try:
        content = strict_object(untrusted.decode())
        locked, salt = bytes.fromhex(content.pop("locked")), bytes.fromhex(content["salt"])
        n, r, p = (int(content["scrypt"][name]) for name in ("n", "r", "p"))
        key_id = str(content["key_id"])
        fits = content["heard"] == _KIND and content["what"] == what and n <= _MOST_N and r <= _MOST_R and p <= _MOST_P
        key = _stretched(passphrase, salt, n, r, p) if fits else b""
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise CustodyRefused(f"This is no {what} key file of Heard, or it is damaged. Use a copy of it.") from fault
    if not key:
        raise CustodyRefused(f"This is a key file, but no {what} key file of this version, or it is damaged.")
    try:
        seed = unlock(locked, key, canonical(content).encode())
    except LockedAway as fault:
        raise WrongPassphrase(f"The passphrase does not unlock the {what} key. Nothing changed; try again.") from fault
    return seed, key_id


def authority_key_id(public: bytes) -> str:
    """Sixteen hex digits by which a signing key is named on paper: the start of SHA-256 of its public half."""
    return hashlib.sha256(public).digest()[:KEY_ID_BYTES].hex()


@dataclass(frozen=True)
class Custody:
    """What lies in the custodian's folder.

    Files: ``authority.key``, ``authority.pub`` (hex), ``tables.key`` (the table secret), ``collection-<key id>.key``,
    one for each key that still opens.
    """

    folder: Path

    def make(self, passphrase: str) -> tuple[SigningKey, CollectionSecret]:
        """Make both keys in a folder that holds none.

        Raises:
            CustodyRefused: there are keys already, or what was made with some, which nothing may overwrite.
        """
        if made := ", ".join(path.name for name in _TRACES for path in self.folder.glob(name)):
            raise CustodyRefused(f"{self.folder} already holds keys ({made}). Use another folder; nothing was changed.")
        authority, collection = SigningKey.generate(), CollectionSecret.generate()
        locked = lock_seed("authority", authority.seed, authority_key_id(authority.public), passphrase)
        self.keep_collection(collection, passphrase)
        table_secret = secrets.token_bytes(SEED_BYTES)
        write_whole(self._tables_file, lock_seed("tables", table_secret, _tables_id(table_secret), passphrase))
        write_whole(self.authority_public_file, authority.public.hex().encode() + b"\n")
        write_whole(self._authority_file, locked)
        return authority, collection

    def refuse_anothers_folder(self) -> None:
        """Fail in a folder of a centre or a tablet: there the keys would lie on a machine that has a network.

        Raises:
            CustodyRefused: it is one.
        """
        own = {*self._collection_files(), self._authority_file, self._tables_file}
        if any(self.folder.glob("*.db")) or set(self.folder.glob("*.key")) - own:
            raise CustodyRefused(
                f"{self.folder} is a centre's or a tablet's folder, and no key that opens answers may lie in it. Give"
                " the custodian's folder with --instance."
            )

    def keep_collection(self, secret: CollectionSecret, passphrase: str) -> Path:
        """Lock a collection key into the folder.

        Raises:
            CustodyRefused: a key file of that id is there already, or the folder is a centre's or a tablet's.
        """
        self.refuse_anothers_folder()
        path = self.folder / f"collection-{secret.public.key_id.hex()}.key"
        if path.exists():
            raise CustodyRefused(f"{path} is there already. Move it away first if it is the one that is damaged.")
        locked = lock_seed("collection", secret.seed, secret.public.key_id.hex(), passphrase)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, locked)
        return path

    def authority(self, passphrase: str) -> SigningKey:
        """The key that signs keys files and releases.

        Raises:
            CustodyRefused: no such file, or it does not unlock.
        """
        key = SigningKey(_seed("authority", self._authority_file, passphrase, _authority_id))
        if key.public != self.authority_public():
            raise CustodyRefused(f"{self.authority_public_file} belongs to another key. Put the right one back.")
        return key

    def authority_public(self) -> bytes:
        """The authority's public half, for which no passphrase is needed.

        Raises:
            CustodyRefused: missing or not 64 hex digits.
        """
        try:
            public = bytes.fromhex(self.authority_public_file.read_text().strip())
        except (OSError, ValueError) as fault:
            raise CustodyRefused(
                f"{self.authority_public_file} is missing or damaged. Give the custodian's folder with --instance, or "
                "put a copy of the file back: it is no secret."
            ) from fault
        if len(public) != SEED_BYTES:
            raise CustodyRefused(f"{self.authority_public_file} is damaged. Use a copy of it.")
        return public

    def collection(self, passphrase: str) -> tuple[CollectionSecret, ...]:
        """Every collection key that still opens, in order of their ids.

        Raises:
            CustodyRefused: there is none, or one does not unlock.
        """
        files = self._collection_files()
        if not files:
            raise CustodyRefused(f"{self.folder} holds no collection key. Make one with keygen, or use restore.")
        return tuple(CollectionSecret(_seed("collection", path, passphrase, _collection_id)) for path in files)

    def holds_collection(self, key_id: str = "*") -> bool:
        """Whether this collection key, or any, lies here: not where it is kept on shares alone."""
        return any(self.folder.glob(f"collection-{key_id}.key"))

    def drop_collection(self, key_id: str) -> None:
        """Overwrite and delete a collection key's file, where there is one.

        Flash may keep old pages: the disk is encrypted, and the passphrase locks what is left of the file.
        """
        path = self.folder / f"collection-{key_id}.key"
        if path.exists():
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()

    def table_secret(self, passphrase: str) -> bytes:
        """What the moves of published counts are drawn from. It is never made anew: new moves beside old ones of the
        same people would give the counts away.

        Raises:
            CustodyRefused: no such file, or it does not unlock.
        """
        return _seed("tables", self._tables_file, passphrase, _tables_id)

    @property
    def _tables_file(self) -> Path:
        return self.folder / "tables.key"

    @property
    def authority_public_file(self) -> Path:
        """Where the authority's public half lies, as hex."""
        return self.folder / "authority.pub"

    @property
    def _authority_file(self) -> Path:
        return self.folder / "authority.key"

    def _collection_files(self) -> list[Path]:
        return sorted(self.folder.glob("collection-*.key"))


def _authority_id(seed: bytes) -> str:
    return authority_key_id(SigningKey(seed).public)


def _tables_id(seed: bytes) -> str:
    return hashlib.sha256(b"heard tables key id" + seed).digest()[:KEY_ID_BYTES].hex()


def _collection_id(seed: bytes) -> str:
    return CollectionSecret(seed).public.key_id.hex()


def _seed(what: str, path: Path, passphrase: str, id_of: Callable[[bytes], str]) -> bytes:
    try:
        untrusted = path.read_bytes()
    except OSError as fault:
        raise CustodyRefused(
            f"No {what} key at {path}. Is --instance right? If so, put its copy back: keygen is for new folders only."
        ) from fault
    seed, key_id = unlock_seed(what, untrusted, passphrase)
    if len(seed) != SEED_BYTES or id_of(seed) != key_id:
        raise CustodyRefused(f"{path} holds another key than it says. Use a copy of it, or restore from shares.")
    return seed
