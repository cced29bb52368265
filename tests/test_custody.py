"""Keys at rest and on paper: only the passphrase, or enough shares, bring them back, and nothing else is believed."""

from __future__ import annotations

import itertools
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.custodian.custody import Custody, CustodyRefused, WrongPassphrase, lock_seed, unlock_seed
from export.custodian.shares import Share, join, read_sheets, split, write_sheets
from export.custodian.unsealing import CollectionSecret
from forms.strict_json import canonical, strict_object

PASSPHRASE = "four plain words here"
LOCKED = lock_seed("collection", bytes(range(32)), "00" * 8, PASSPHRASE)


def test_keys_come_back_with_the_passphrase(tmp_path: Path) -> None:
    custody = Custody(tmp_path / "custodian")
    authority, collection = custody.make(PASSPHRASE)
    assert custody.authority(PASSPHRASE) == authority
    assert custody.authority_public() == authority.public
    assert custody.collection(PASSPHRASE) == (collection,)


def test_key_files_are_for_their_owner_only_and_hold_no_seed(tmp_path: Path) -> None:
    custody = Custody(tmp_path / "custodian")
    authority, collection = custody.make(PASSPHRASE)
    for path in custody.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        content = path.read_bytes()
        for seed in (authority.seed, collection.seed):
            assert seed not in content
            assert seed.hex().encode() not in content


def test_a_wrong_passphrase_is_refused_and_named(tmp_path: Path) -> None:
    custody = Custody(tmp_path)
    custody.make(PASSPHRASE)
    with pytest.raises(WrongPassphrase, match="try again"):
        custody.collection(PASSPHRASE + "x")
    with pytest.raises(WrongPassphrase):
        custody.authority("")


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    custody = Custody(tmp_path)
    authority, collection = custody.make(PASSPHRASE)
    with pytest.raises(CustodyRefused, match="already holds keys"):
        custody.make("another passphrase altogether")
    with pytest.raises(CustodyRefused, match="is there already"):
        custody.keep_collection(collection, PASSPHRASE)
    assert custody.authority(PASSPHRASE) == authority


@pytest.mark.parametrize("left", ["tables.key", "authority.pub", "keyring.json", "signed", "collection-0a.key"])
def test_keys_are_made_in_no_folder_that_one_trace_of_others_lies_in(tmp_path: Path, left: str) -> None:
    folder = tmp_path / "custodian"
    folder.mkdir()
    if left == "signed":
        (folder / left).mkdir()
    else:
        (folder / left).write_bytes(b"the only one")
    with pytest.raises(CustodyRefused, match=f"already holds keys.*{left}.*Use another folder"):
        Custody(folder).make(PASSPHRASE)
    assert [path.name for path in folder.iterdir()] == [left]
    assert left == "signed" or (folder / left).read_bytes() == b"the only one"


def test_a_short_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CustodyRefused, match="at least 12"):
        Custody(tmp_path).make("short")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_keys_says_what_to_do(tmp_path: Path) -> None:
    for ask, what_to_do in (
        (lambda: Custody(tmp_path).collection(PASSPHRASE), "keygen"),
        (lambda: Custody(tmp_path).authority(PASSPHRASE), "keygen"),
        # Whoever only verifies has no keys to make.
        (lambda: Custody(tmp_path).authority_public(), "the custodian's folder with --instance"),
    ):
        with pytest.raises(CustodyRefused, match=what_to_do):
            ask()


@pytest.mark.parametrize("name", ["heard", "what", "key_id", "scrypt", "salt", "locked"])
def test_a_key_file_changed_in_any_part_is_refused(name: str) -> None:
    content = strict_object(LOCKED.decode())
    changed = {
        "heard": "locked seed 2",
        "what": "authority",
        "key_id": "11" * 8,
        "scrypt": {"n": 1 << 14, "r": 8, "p": 1},
        "salt": "00" * 16,
        "locked": content["locked"][:-2] + ("00" if content["locked"][-2:] != "00" else "01"),
    }
    with pytest.raises(CustodyRefused):
        unlock_seed("collection", canonical({**content, name: changed[name]}).encode(), PASSPHRASE)


@pytest.mark.parametrize("untrusted", [b"", b"{}", b"[]", b"\xff", b'{"locked":1,"salt":2}'])
def test_a_file_that_is_no_key_file_is_refused(untrusted: bytes) -> None:
    with pytest.raises(CustodyRefused, match="no collection key file"):
        unlock_seed("collection", untrusted, PASSPHRASE)


def test_a_key_file_cannot_ask_for_all_the_memory_there_is() -> None:
    content = strict_object(LOCKED.decode())
    greedy = canonical({**content, "scrypt": {"n": 1 << 30, "r": 8, "p": 1}}).encode()
    with pytest.raises(CustodyRefused, match="damaged"):
        unlock_seed("collection", greedy, PASSPHRASE)


def test_any_three_of_five_shares_restore_the_key_and_two_do_not() -> None:
    secret = CollectionSecret.generate()
    shares = split(secret, 3, 5)
    for chosen in itertools.combinations(shares, 3):
        assert join(chosen) == secret
    for chosen in itertools.combinations(shares, 2):
        with pytest.raises(CustodyRefused, match="Nothing was written"):
            join(chosen)


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.data())
def test_every_seed_survives_every_way_of_splitting(seed: bytes, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 6))
    threshold = data.draw(st.integers(2, count))
    shares = split(CollectionSecret(seed), threshold, count)
    assert join(data.draw(st.permutations(shares))[:threshold]).seed == seed


def test_a_wrong_share_passphrase_is_found_though_the_scheme_does_not_find_it() -> None:
    shares = split(CollectionSecret.generate(), 2, 3, "kept apart")
    with pytest.raises(CustodyRefused, match="share passphrase is wrong"):
        join(shares[:2], "kept together")
    assert join(shares[:2], "kept apart")


def test_shares_of_another_key_are_refused() -> None:
    ours, theirs = CollectionSecret.generate(), CollectionSecret.generate()
    mixed = [split(ours, 2, 2)[0], split(theirs, 2, 2)[1]]
    with pytest.raises(CustodyRefused, match="different keys"):
        join(mixed)
    renamed = [mixed[0], Share(mixed[0].key_id, mixed[1].words)]
    with pytest.raises(CustodyRefused, match="do not fit together"):
        join(renamed)
    foreign = [Share(ours.public.key_id.hex(), share.words) for share in split(theirs, 2, 2)]
    with pytest.raises(CustodyRefused, match="another key"):
        join(foreign)


SPLIT = split(CollectionSecret.generate(), 2, 3)
RIGHT = SPLIT[0].words.split()
ANOTHER = "zero" if RIGHT[5] != "zero" else "academic"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*RIGHT[:5], "colour", *RIGHT[6:]], "word 6 is not on the list"),
        (["acadmic", *RIGHT[1:-1], "quick-brown"], "words 1, 33 are not on the list"),
        (RIGHT[:-1], "it has 32 words, and a share has 33"),
        ([*RIGHT, RIGHT[-1]], "it has 34 words"),
        ([*RIGHT[:5], ANOTHER, *RIGHT[6:]], "one word was read as another"),
        ([], "it has 0 words"),
    ],
)
def test_a_misread_share_is_named_with_the_place_of_the_word_and_none_of_its_words(words: list[str], says: str) -> None:
    wrong = Share(SPLIT[0].key_id, " ".join(words))
    for shares, name in (([wrong, SPLIT[1]], "Share 1"), ([SPLIT[1], wrong], "Share 2")):
        with pytest.raises(CustodyRefused, match=f"{name}: .*Compare it with the sheet") as refusal:
            join(shares)
        said = str(refusal.value)
        assert says in said
        told = [" ".join(pair) for pair in itertools.pairwise(words)] + ["colour", "acadmic", "quick-brown"]
        assert not [words for words in told if words in said], "it repeats words of the share"
    with pytest.raises(CustodyRefused, match=r"share-7\.txt: "):
        join([replace(wrong, sheet="share-7.txt"), SPLIT[1]])


def test_shares_that_do_not_go_together_are_named_and_none_of_their_words() -> None:
    again = split(CollectionSecret.generate(), 2, 3)
    elsewhere = Share(SPLIT[0].key_id, again[1].words)
    for shares, says in (
        ([SPLIT[0], elsewhere], "Share 2 was not made with Share 1. Sheets of two splittings do not mix"),
        ([SPLIT[0], SPLIT[0]], "Share 2 is the same as Share 1"),
        (SPLIT[:1], "It takes 2 of them, and 1 was given. Give 2"),
        ([replace(SPLIT[0], sheet="a.txt")] * 2, "a.txt was given twice. Give another."),
        (SPLIT, "It takes 2 of them, and 3 were given. Give 2"),
    ):
        with pytest.raises(CustodyRefused, match="do not fit together") as refusal:
            join(shares)
        said = str(refusal.value)
        assert says in said
        assert " ".join(RIGHT[:2]) not in said
        assert "nemonic" not in said


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (4, 3), (2, 17), (0, 0)])
def test_impossible_splits_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(CustodyRefused, match="at least 2"):
        split(CollectionSecret.generate(), threshold, count)


def test_sheets_are_one_a_file_and_read_back(tmp_path: Path) -> None:
    secret = CollectionSecret.generate()
    paths = write_sheets(split(secret, 2, 3), 2, tmp_path / "shares")
    assert [path.name for path in paths] == [f"share-{number}-of-3.txt" for number in (1, 2, 3)]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)
    assert join(read_sheets(paths[1:])) == secret


def test_sheets_are_refused_inside_a_checkout_and_over_other_files(tmp_path: Path) -> None:
    shares = split(CollectionSecret.generate(), 2, 2)
    (tmp_path / "checkout/.git").mkdir(parents=True)
    with pytest.raises(CustodyRefused, match="git checkout"):
        write_sheets(shares, 2, tmp_path / "checkout/deep/shares")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/other.txt").write_text("something")
    with pytest.raises(CustodyRefused, match="not empty"):
        write_sheets(shares, 2, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["other.txt"]


def test_a_file_that_is_no_sheet_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    with pytest.raises(CustodyRefused, match=r"letter\.txt is no share"):
        read_sheets([tmp_path / "letter.txt"])
    with pytest.raises(CustodyRefused, match="cannot be read"):
        read_sheets([tmp_path / "missing.txt"])
