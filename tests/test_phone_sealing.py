"""What the vendored file seals in a browser opens with the custodian's key, byte for byte as docs/formats.md says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone_modules import modules, run
from playwright.sync_api import Browser, Page

from export.custodian.unsealing import CannotOpen, CollectionSecret
from forms.response import PLAINTEXT_BYTES, Response, framed, unframed
from forms.strict_json import canonical
from survey.clock import LONGEST_TRUST, Clock
from survey.fingerprint import authority_pin
from survey.sealing import HEADER_BYTES, ROW_BYTES, SigningKey

VENDORED = Path(__file__).resolve().parents[1] / "survey" / "static" / "sealing.js"
OPENING = Path(__file__).with_name("opening.mjs")
FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "sealed" / "by_a_browser.json").read_text())
SECRET = CollectionSecret(bytes.fromhex(FIXTURE["seed"]))
"""For tests only: whoever reads this repository has it."""

_SEALED = """
  const { bytesOf, hex, framed } = phone;
  const { sealed } = await import("/sealing.js");
  return Promise.all(given.contents.map(async (content) => hex(await sealed(bytesOf(given.key), framed(content)))));
"""
_IN_NODE = """
import { sealed } from "./sealing.mjs";
const [key, plaintext] = process.argv.slice(2).map((digits) => Uint8Array.from(Buffer.from(digits, "hex")));
process.stdout.write(Buffer.from(await sealed(key, plaintext)).toString("hex"));
"""
_OPENED_IN_NODE = """
import { opened } from "./opening.mjs";
const [seed, row] = process.argv.slice(2).map((digits) => Uint8Array.from(Buffer.from(digits, "hex")));
process.stdout.write(Buffer.from(await opened(seed, row)).toString("hex"));
"""
CONTENT = Response(
    response="00112233445566778899aabbccddeeff", instrument="victim-voice", digest="ab" * 32, mode="link",
    place="hub-1", period="2026-11", language="pl", status="complete", quick=False,
    answers={"experience": "vsat", "actions": ("visit", "call"), "read": True, "age": 41, "part": 0.5,
             "comment": 'Zażółć "gęślą"\n jaźń 👍\u2028'},
).to_content()  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with modules(browser) as page:
        yield page


@pytest.mark.parametrize("row", FIXTURE["rows"], ids=lambda row: row[36:44])
def test_rows_that_were_sealed_once_by_the_vendored_file_still_open(row: str) -> None:
    sealed = bytes.fromhex(row)
    assert len(sealed) == ROW_BYTES
    assert sealed[:HEADER_BYTES] == SECRET.public.header
    assert unframed(SECRET.open(sealed)) == FIXTURE["content"]


@pytest.mark.browser
def test_a_browser_seals_what_the_custodian_opens(page: Page) -> None:
    contents = [CONTENT, {**CONTENT, "answers": {}}, {**CONTENT, "answers": {"comment": "x" * 3000}}]
    given_all = {"key": SECRET.public.public.hex(), "contents": contents}
    rows = [bytes.fromhex(row) for row in run(page, "response.js", _SEALED, given_all)]
    for row, content in zip(rows, contents, strict=True):
        assert SECRET.open(row) == framed(content)
    assert len(set(rows)) == len(rows)


@pytest.mark.browser
def test_one_changed_bit_or_another_key_opens_nothing(page: Page) -> None:
    given_one = {"key": SECRET.public.public.hex(), "contents": [CONTENT]}
    row = bytes.fromhex(run(page, "response.js", _SEALED, given_one)[0])
    for place in (0, 9, 17, 18, 1137, 1138, ROW_BYTES - 1):
        with pytest.raises(CannotOpen):
            SECRET.open(row[:place] + bytes([row[place] ^ 1]) + row[place + 1 :])
    with pytest.raises(CannotOpen):
        CollectionSecret(bytes(32)).open(row)


@pytest.mark.browser
def test_a_plaintext_of_another_size_is_never_sealed(page: Page) -> None:
    tried = """
      const { sealed } = await import("/sealing.js");
      return sealed(phone.bytesOf(given), new Uint8Array(10)).then(() => "sealed", (fault) => fault.name);
    """
    assert run(page, "response.js", tried, SECRET.public.public.hex()) == "RangeError"


@pytest.mark.skipif(shutil.which("node") is None and os.environ.get("CI") != "true", reason="there is no Node here")
def test_node_seals_what_the_custodian_opens(tmp_path: Path) -> None:
    (tmp_path / "sealing.mjs").write_bytes(VENDORED.read_bytes())
    (tmp_path / "seal.mjs").write_text(_IN_NODE)
    plaintext = framed(CONTENT)
    arguments = ["node", "seal.mjs", SECRET.public.public.hex(), plaintext.hex()]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert SECRET.open(bytes.fromhex(done.stdout)) == plaintext


@pytest.mark.skipif(shutil.which("node") is None and os.environ.get("CI") != "true", reason="there is no Node here")
def test_node_opens_what_a_tablet_seals(tmp_path: Path) -> None:
    (tmp_path / "opening.mjs").write_bytes(OPENING.read_bytes())
    (tmp_path / "open.mjs").write_text(_OPENED_IN_NODE)
    plaintext = framed(CONTENT)
    arguments = ["node", "open.mjs", SECRET.seed.hex(), SECRET.public.seal(plaintext).hex()]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert bytes.fromhex(done.stdout) == plaintext


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text("abc_é", max_size=3), parts, max_size=3),
)


@pytest.mark.browser
@settings(max_examples=25)
@given(contents=st.lists(st.dictionaries(st.text("abcz", max_size=3), _JSON, max_size=4), min_size=5, max_size=10))
def test_a_browser_writes_the_same_bytes_before_sealing(page: Page, contents: list[dict[str, Any]]) -> None:
    found = run(page, "response.js", "return given.map((content) => phone.hex(phone.framed(content)));", contents)
    assert found == [framed(content).hex() for content in contents]


@pytest.mark.browser
def test_an_answer_that_does_not_fit_is_not_sealed(page: Page) -> None:
    tried = "try { phone.framed(given); return 'framed'; } catch (fault) { return fault.name; }"
    room = PLAINTEXT_BYTES - 4 - len(canonical({"a": ""}).encode())
    assert run(page, "response.js", tried, {"a": "x" * room}) == "framed"
    assert run(page, "response.js", tried, {"a": "x" * (room + 1)}) == "RangeError"


@pytest.mark.browser
def test_a_browser_knows_the_month_as_the_clock_does(page: Page) -> None:
    moments = ["2026-11-01T23:59:59+00:00", "2026-11-02T00:00:00+00:00", "2026-12-31T23:59:59+00:00",
               "2027-12-07T23:00:00+00:00", "2027-12-08T00:00:00+00:00", "2020-01-01T00:00:00+00:00"]  # fmt: skip
    signed = date(2026, 11, 2)
    expected = [Clock(lambda: signed, lambda now=now: datetime.fromisoformat(now)).month() for now in moments]
    found = run(page, "response.js", "return given.map((now) => phone.month('2026-11-02', new Date(now)));", moments)
    assert found == expected
    assert set(found) == {"unknown", "2026-11", "2026-12", "2027-12"}


_SIGNED, _DAYS = date(2026, 11, 2), st.dates(date(2020, 1, 1), date(2040, 1, 1))
_MONTH_OF = """return given.map(([said, now]) => phone.month(phone.newestDay('2026-11-02', said), new Date(now)));"""


@pytest.mark.browser
@settings(max_examples=20)
@given(told=st.lists(st.tuples(_DAYS, _DAYS), min_size=20, max_size=40))
def test_a_day_that_nobody_signed_never_moves_a_month_and_vouches_for_a_clock_no_longer_than_a_signed_one(
    page: Page, told: list[tuple[date, date]]
) -> None:
    found = run(page, "response.js", _MONTH_OF, [[said.isoformat(), now.isoformat()] for said, now in told])
    for month, (said, now) in zip(found, told, strict=True):
        believed = said if _SIGNED < said <= _SIGNED + LONGEST_TRUST else _SIGNED
        assert (
            month == Clock(lambda day=believed: day, lambda now=now: datetime(*now.timetuple()[:3], tzinfo=UTC)).month()
        )
        assert month in {"unknown", f"{now:%Y-%m}"}
        assert month == "unknown" or now <= _SIGNED + 2 * LONGEST_TRUST


@pytest.mark.browser
@pytest.mark.parametrize("said", [None, 0, True, "", "later", "2026-13-40", "9999-99-99", [], {}])
def test_what_is_no_day_is_as_if_nothing_was_said(page: Page, said: object) -> None:
    assert run(page, "response.js", _MONTH_OF, [[said, "2026-12-31T12:00:00Z"]]) == ["2026-12"]


@pytest.mark.browser
def test_a_browser_knows_the_authority_by_the_same_22_characters(page: Page) -> None:
    publics = [SigningKey(bytes([number]) * 32).public for number in range(40)]
    found = run(
        page, "trust.js", "return Promise.all(given.map((each) => phone.pinOf(Uint8Array.from(each))));",
        [list(public) for public in publics],
    )  # fmt: skip
    assert found == [authority_pin(public) for public in publics]
    assert {len(pin) for pin in found} == {22}
