"""The collection key on paper: SLIP-39 shares, k of n, each a sheet of words that two people can read to each other.

A share passphrase is optional and is not the one that locks the key files: a key that is lost with one forgotten
passphrase was not backed up. SLIP-39 gives a wrong seed, not an error, for a wrong passphrase (measured), so what is
put together is compared with the key id on the sheets before anybody relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from export.custodian.custody import CustodyRefused
from export.custodian.share_words import misread, unfit
from export.custodian.unsealing import SEED_BYTES, CollectionSecret
from survey.durable import write_whole

MOST_SHARES = 16
_WORDS_A_LINE = 6
_ASCII = "A share passphrase is made of plain letters, digits and signs (ASCII)."
_KEY_ID = re.compile(r"^Key id:\s*([0-9a-f]{16})\s*$", re.MULTILINE)
_WORDS = re.compile(r"^Words:\s*$(.*)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Share:
    """One share: its words, and the id of the key that it is a part of; ``sheet`` is the file that it was read from."""

    key_id: str
    words: str
    sheet: str = ""


def split(secret: CollectionSecret, threshold: int, count: int, passphrase: str = "") -> list[Share]:
    """So many shares, any ``threshold`` of which put the key together; fewer tell nothing.

    Raises:
        CustodyRefused: not 2 <= threshold <= count <= 16, or a passphrase that paper and keyboards disagree on.
    """
    if not 2 <= threshold <= count <= MOST_SHARES:
        raise CustodyRefused(f"Of at most {MOST_SHARES} shares, at least 2 and at most all must be needed.")
    try:
        groups = generate_mnemonics(1, [(threshold, count)], secret.seed, _plain(passphrase))
    except (MnemonicError, ValueError) as fault:
        raise CustodyRefused(_ASCII) from fault
    key_id = secret.public.key_id.hex()
    return [Share(key_id, words) for words in groups[0]]


def _plain(passphrase: str) -> bytes:
    if not passphrase.isascii():
        raise CustodyRefused(_ASCII)
    return passphrase.encode()


def join(shares: Sequence[Share], passphrase: str = "") -> CollectionSecret:
    """The key again.

    Raises:
        CustodyRefused: too few, repeated, misread or foreign shares, or a wrong share passphrase.
    """
    key_ids = {share.key_id for share in shares}
    if len(key_ids) != 1:
        raise CustodyRefused("These shares belong to different keys: their sheets name different key ids.")
    named = [(share.sheet or f"Share {number}", share.words) for number, share in enumerate(shares, 1)]
    for name, words in named:
        if fault_found := misread(words):
            raise CustodyRefused(f"{name}: {fault_found} Nothing was written.")
    if fault_found := unfit(named):
        raise CustodyRefused(f"The shares do not fit together: {fault_found} Nothing was written.")
    try:
        seed = combine_mnemonics([words for _, words in named], _plain(passphrase))
    except (MnemonicError, ValueError) as fault:
        raise CustodyRefused(
            "The shares do not fit together, though each is one: are all their sheets of one splitting? Nothing was"
            " written."
        ) from fault
    if len(seed) != SEED_BYTES or (secret := CollectionSecret(seed)).public.key_id.hex() not in key_ids:
        raise CustodyRefused(
            "The shares fit together, but not to the key with this id: the share passphrase is wrong, or the sheets "
            "name another key. Nothing was written."
        )
    return secret


def sheet(share: Share, number: int, threshold: int, count: int) -> str:
    """What is printed or written for one holder."""
    words = share.words.split()
    lines = [" ".join(words[start : start + _WORDS_A_LINE]) for start in range(0, len(words), _WORDS_A_LINE)]
    return "\n".join(
        [
            "Heard: one share of a collection key",
            f"Key id: {share.key_id}",
            f"Share {number} of {count}. Any {threshold} of them together open every answer; fewer open nothing.",
            "Keep it sealed, apart from the others, and tell nobody where it is.",
            "Words:",
            *lines,
            "",
        ]
    )


def write_sheets(shares: Sequence[Share], threshold: int, folder: Path) -> list[Path]:
    """One file a share, in a new or empty folder outside any checkout.

    Raises:
        CustodyRefused: the folder lies in a git checkout or holds something.
    """
    if checkout := _inside_git(folder):
        raise CustodyRefused(f"{folder} lies in the git checkout {checkout}. Give a folder on removable media.")
    if folder.exists() and any(folder.iterdir()):
        raise CustodyRefused(f"{folder} is not empty. Give a new folder.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for number, share in enumerate(shares, 1):
        path = folder / f"share-{number}-of-{len(shares)}.txt"
        write_whole(path, sheet(share, number, threshold, len(shares)).encode())
        paths.append(path)
    return paths


def _inside_git(folder: Path) -> Path | None:
    # A share in a checkout is one commit away from the world.
    resolved = folder.resolve()
    return next((parent for parent in (resolved, *resolved.parents) if (parent / ".git").exists()), None)


def read_sheets(paths: Iterable[Path]) -> list[Share]:
    """Shares from their sheets.

    Raises:
        CustodyRefused: a file that is missing or no sheet.
    """
    shares = []
    for path in paths:
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as fault:
            raise CustodyRefused(f"{path} cannot be read. Give the files of the shares.") from fault
        key_id, words = _KEY_ID.search(text), _WORDS.search(text)
        if key_id is None or words is None:
            raise CustodyRefused(f"{path} is no share: it needs a line 'Key id:' and a line 'Words:' before the words.")
        shares.append(Share(key_id.group(1), " ".join(words.group(1).split()), str(path)))
    return shares
