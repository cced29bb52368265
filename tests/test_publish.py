"""A release is published whole or not at all, and only if the custodian signed exactly what lies there."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from export.centre.releases import NoSuchRelease, Releases
from export.manifest import MANIFEST, Manifest, ReleaseRefused, fingerprint, manifest_bytes, read_manifest, verified
from forms.strict_json import canonical
from survey.sealing import SigningKey
from survey.signed import write_signed
from survey.single import alone


def built(
    folder: Path,
    authority: SigningKey,
    name: str = "london-2026-1",
    records: str = "a,b\n1,2\n",
    public: Mapping[str, bytes] = MappingProxyType({}),
    after: Sequence[Path] = (),
    series: str = "london",
    more: Mapping[str, object] = MappingProxyType({}),
) -> Path:
    """A release as a custodian builds one.

    ``public`` are the files in it that a publisher may make public, ``after`` the releases that its ledger knew,
    ``more`` what else its manifest says.
    """
    release = folder / name
    release.mkdir(parents=True)
    columns = [{"column": "a", "question": {"en": "How was it?"}, "answered": 1}]
    contents = {"records.csv": records.encode(), "codebook.json": json.dumps({"columns": columns}).encode()}
    contents |= public
    for file, content in contents.items():
        (release / file).write_bytes(content)
    body = {
        "name": name,
        "series": series,
        "files": {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()},
        "made_up": True,
        "records": 1,
        "public": sorted(public),
        "earlier": sorted(fingerprint(manifest_bytes(one)) for one in after),
        **more,
    }
    (release / MANIFEST).write_bytes(write_signed("release", body, authority))
    return release


@pytest.fixture
def authority() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def releases(tmp_path: Path, authority: SigningKey) -> Releases:
    return Releases(tmp_path / "published", authority.public)


def test_a_signed_release_is_copied_in_whole(tmp_path: Path, authority: SigningKey, releases: Releases) -> None:
    source = built(tmp_path, authority)
    manifest, new = releases.publish(source)
    assert new
    copy = releases.folder / manifest.name
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == {
        file.name: file.read_bytes() for file in source.iterdir()
    }
    assert [listed.name for listed in releases.listed()] == ["london-2026-1"]


def test_publishing_the_same_again_changes_nothing(tmp_path: Path, authority: SigningKey, releases: Releases) -> None:
    source = built(tmp_path, authority)
    releases.publish(source)
    _, new = releases.publish(source)
    assert not new


def test_another_release_of_the_same_name_is_refused(tmp_path: Path, authority: SigningKey, releases: Releases) -> None:
    releases.publish(built(tmp_path / "first", authority))
    with pytest.raises(ReleaseRefused, match="never changes"):
        releases.publish(built(tmp_path / "second", authority, records="a,b\n3,4\n"))
    assert (releases.folder / "london-2026-1" / "records.csv").read_text() == "a,b\n1,2\n"


def test_a_release_signed_by_somebody_else_is_refused(tmp_path: Path, releases: Releases) -> None:
    with pytest.raises(ReleaseRefused, match="not to be trusted"):
        releases.publish(built(tmp_path, SigningKey.generate()))
    assert releases.listed() == []


def test_the_file_that_differs_is_named(tmp_path: Path, authority: SigningKey, releases: Releases) -> None:
    source = built(tmp_path, authority)
    (source / "records.csv").write_text("a,b\n1,3\n")
    with pytest.raises(ReleaseRefused, match=r"records\.csv in \S+ differs"):
        releases.publish(source)
    assert releases.listed() == []


def test_the_file_that_is_missing_is_named(tmp_path: Path, authority: SigningKey) -> None:
    source = built(tmp_path, authority)
    (source / "codebook.json").unlink()
    with pytest.raises(ReleaseRefused, match=r"codebook\.json is missing"):
        verified(source, authority.public)


def test_the_file_that_was_slipped_in_is_named(tmp_path: Path, authority: SigningKey) -> None:
    source = built(tmp_path, authority)
    (source / "extra.csv").write_text("")
    with pytest.raises(ReleaseRefused, match=r"extra\.csv does not belong"):
        verified(source, authority.public)


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path, authority: SigningKey) -> None:
    source = built(tmp_path, authority)
    (source / "records.csv").rename(tmp_path / "elsewhere.csv")
    (source / "records.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(ReleaseRefused, match="not a plain file"):
        verified(source, authority.public)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "../up", "series": "s", "files": {}, "made_up": True, "records": 0},
        {"name": ".hidden", "series": "s", "files": {}, "made_up": True, "records": 0},
        {"name": "ok", "series": "s", "files": {"../records.csv": "0" * 64}, "made_up": True, "records": 0},
        {"name": "ok", "series": "s", "files": {"manifest.json": "0" * 64}, "made_up": True, "records": 0},
        {"name": "ok", "series": "s", "files": {}, "made_up": "yes", "records": 0},
        {"name": "ok", "series": "s", "files": {}, "made_up": True, "records": -1},
        {"name": "ok", "series": "s", "files": [], "made_up": True, "records": 0},
        {"name": "ok", "series": "s", "files": {}, "made_up": True, "records": 0, "earlier": ["all of them"]},
        {},
    ],
)
def test_even_a_signed_manifest_must_have_the_shape_of_one(
    tmp_path: Path, authority: SigningKey, body: dict[str, object]
) -> None:
    (tmp_path / MANIFEST).write_bytes(write_signed("release", body, authority))
    with pytest.raises(ReleaseRefused):
        verified(tmp_path, authority.public)


def _line_break_after(signed: bytes) -> bytes:
    return signed + b"\n"


def _no_line_break(signed: bytes) -> bytes:
    return signed.rstrip(b"\n")


def _space_before(signed: bytes) -> bytes:
    return b" " + signed


def _spread_out(signed: bytes) -> bytes:
    return json.dumps(json.loads(signed), indent=1).encode()


def _one_more_word(signed: bytes) -> bytes:
    return signed.replace(b"{", b'{"a":1,', 1)


def _capitals(signed: bytes) -> bytes:
    envelope = json.loads(signed)
    return canonical({**envelope, "signature": envelope["signature"].upper()}).encode() + b"\n"


@pytest.mark.parametrize(
    "copied", [_line_break_after, _no_line_break, _space_before, _spread_out, _one_more_word, _capitals]
)
def test_a_manifest_that_got_another_byte_on_its_way_is_refused_and_the_next_release_still_fits(
    tmp_path: Path, authority: SigningKey, releases: Releases, copied: Callable[[bytes], bytes]
) -> None:
    first = built(tmp_path / "custodian", authority)
    stick = Path(shutil.copytree(first, tmp_path / "stick" / first.name))
    (stick / MANIFEST).write_bytes(copied((first / MANIFEST).read_bytes()))
    with pytest.raises(ReleaseRefused, match=r"manifest\.json .*byte for byte"):
        verified(stick, authority.public)
    with pytest.raises(ReleaseRefused, match=r"manifest\.json .*Copy the whole release again"):
        releases.publish(stick)
    releases.publish(first)
    releases.publish(built(tmp_path / "custodian", authority, "london-2026-2", after=[first]))
    assert [one.name for one in releases.listed()] == ["london-2026-1", "london-2026-2"]


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path, authority: SigningKey) -> None:
    with pytest.raises(ReleaseRefused, match="There is no"):
        verified(tmp_path, authority.public)


def test_what_a_publication_that_was_cut_off_left_behind_is_no_release_and_is_replaced(
    tmp_path: Path, authority: SigningKey, releases: Releases
) -> None:
    left = releases.folder / ".new-london-2026-1"
    left.mkdir(parents=True)
    (left / "records.csv").write_text("half of")
    assert releases.listed() == []
    releases.publish(built(tmp_path, authority))
    assert [listed.name for listed in releases.listed()] == ["london-2026-1"]
    assert not left.exists()


def test_a_published_file_that_was_changed_afterwards_does_not_leave(
    tmp_path: Path, authority: SigningKey, releases: Releases
) -> None:
    manifest, _ = releases.publish(built(tmp_path, authority))
    (releases.folder / manifest.name / "records.csv").write_text("a,b\n9,9\n")
    with pytest.raises(ReleaseRefused, match="was changed"):
        releases.opened(manifest, "records.csv")


def test_only_files_of_the_manifest_can_be_pulled(tmp_path: Path, authority: SigningKey, releases: Releases) -> None:
    manifest, _ = releases.publish(built(tmp_path, authority))
    for name in ("../london-2026-1/records.csv", "/etc/passwd", "nothing.csv", ""):
        with pytest.raises(NoSuchRelease):
            releases.opened(manifest, name)


@pytest.mark.parametrize("public", [["nothing.csv"], "records.csv", [1], {"records.csv": True}])
def test_a_manifest_that_calls_public_what_it_does_not_list_is_refused(authority: SigningKey, public: object) -> None:
    body = {"name": "a", "series": "a", "files": {"records.csv": "0" * 64}, "made_up": True, "records": 1}
    with pytest.raises(ReleaseRefused, match="public"):
        read_manifest(write_signed("release", body | {"public": public}, authority), authority.public)
    assert read_manifest(write_signed("release", body, authority), authority.public).public == ()


def test_two_releases_are_never_published_at_the_same_moment(
    tmp_path: Path, authority: SigningKey, releases: Releases
) -> None:
    one, other = (built(tmp_path / f"made-{name}", authority, name) for name in ("one", "other"))
    releases.publish(one)
    with alone(releases.folder, AssertionError()), pytest.raises(ReleaseRefused, match="is being published"):
        releases.publish(other)
    assert [manifest.name for manifest in releases.listed()] == ["one"]


def test_nothing_is_published_whose_line_in_the_audit_log_could_not_be_written(
    tmp_path: Path, authority: SigningKey, releases: Releases
) -> None:
    release, told = built(tmp_path, authority), list[str]()

    def full(manifest: Manifest) -> None:
        told.append(manifest.name)
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        releases.publish(release, before=full)
    assert (releases.listed(), told) == ([], ["london-2026-1"])
    releases.publish(release, before=lambda manifest: told.append(manifest.name))
    releases.publish(release, before=lambda manifest: told.append(manifest.name))
    assert told == ["london-2026-1"] * 2, "not again of what stands there"
