"""People sign in with a passphrase and a code that is good once; whoever guesses waits, and every way out is final."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from centre_world import Answer, World, ask
from hypothesis import given
from hypothesis import strategies as st
from portal_world import PASSPHRASE, Browser, PortalWorld, mac_in, portal_world
from test_centre_verbs import refused, works

from export.centre.passphrases import STEP_SECONDS, code_at, locked, new_passphrase, new_secret, step_of, unlocked
from export.centre.people import FREE_TRIES
from export.centre.sign_ins import IDLE, LONGEST

# RFC 6238, appendix B, SHA-1, cut to six digits: (seconds since 1970, code).
RFC_SECRET = b"12345678901234567890"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalWorld]:
    with portal_world(tmp_path) as world:
        yield world


def is_signed_in(browser: Browser) -> bool:
    return browser.get("releases/account").status == 200


@pytest.mark.parametrize(("at", "code"), RFC_CODES)
def test_codes_are_those_of_every_authenticator(at: int, code: str) -> None:
    assert code_at(RFC_SECRET, at) == code
    assert step_of(code, RFC_SECRET, at) == at // STEP_SECONDS


@given(at=st.integers(10_000, 2**33), apart=st.integers(-20, 20))
def test_a_code_holds_for_its_own_step_and_the_ones_beside_it(at: int, apart: int) -> None:
    code = code_at(RFC_SECRET, at + apart * STEP_SECONDS)
    near = {code_at(RFC_SECRET, at + step * STEP_SECONDS) for step in (-1, 0, 1)}
    assert (step_of(f"{code[:3]} {code[3:]}", RFC_SECRET, at) is not None) == (code in near)


def test_the_box_opens_to_its_passphrase_alone() -> None:
    box = locked(PASSPHRASE, RFC_SECRET)
    assert unlocked(PASSPHRASE, box) == RFC_SECRET
    assert unlocked(PASSPHRASE + " ", box) is None
    assert RFC_SECRET not in box
    assert unlocked(PASSPHRASE, box[:-1] + bytes([box[-1] ^ 1])) is None


def test_a_passphrase_that_is_made_has_six_words_of_a_thousand() -> None:
    assert len({new_passphrase() for _ in range(20)}) == 20
    assert all(len(new_passphrase().split()) == 6 for _ in range(20))


def test_passphrase_and_code_sign_somebody_in(portal: PortalWorld) -> None:
    for role in ("analyst", "publisher", "operator"):
        assert is_signed_in(portal.at_work(role))
    assert [who for who, _ in portal.did("signed in")] == ["analyst", "publisher", "operator"]


def test_every_wrong_way_in_is_answered_alike(portal: PortalWorld) -> None:
    answers = [
        portal.sign_in("nobody")[1],
        portal.sign_in("analyst", passphrase="wrong words")[1],
        portal.sign_in("analyst", code="123")[1],
        portal.sign_in("analyst", code="abcdef\x00ä")[1],
        portal.sign_in("analyst' OR 1=1 --")[1],
    ]
    pages = {re.sub(rb'value="[0-9a-f]{64}"', b"", answer.body) for answer in answers}
    assert {answer.status for answer in answers} == {401}
    assert len(pages) == 1


def test_a_code_is_good_once_whoever_saw_it(portal: PortalWorld) -> None:
    portal.at_work("analyst")
    used = portal.code("analyst")
    browser = Browser(portal.address)
    assert browser.post("releases/sign-in", name="analyst", passphrase=PASSPHRASE, code=used).status == 401
    assert portal.sign_in("analyst")[1].status == 303


def test_whoever_guesses_is_locked_out_for_longer_each_time_and_the_operator_readmits(portal: PortalWorld) -> None:
    for _ in range(FREE_TRIES):
        assert portal.sign_in("analyst", passphrase="a guess at it")[1].status == 401
    assert portal.sign_in("analyst")[1].status == 401, "the right passphrase does not tell that it is right"
    portal.clock.move_on(timedelta(minutes=1))
    assert portal.sign_in("analyst", passphrase="another guess")[1].status == 401
    portal.clock.move_on(timedelta(minutes=1))
    assert portal.sign_in("analyst")[1].status == 401, "two minutes by now"
    assert portal.sign_in("publisher")[1].status == 303, "nobody else waits"
    portal.centre.people.unlock("analyst")
    assert portal.sign_in("analyst")[1].status == 303


def test_many_guesses_at_once_are_no_more_than_the_same_in_turn(portal: PortalWorld) -> None:
    def guess(number: int) -> bool:
        return portal.centre.people.attempt("analyst", portal.clock()).account is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(40))) == FREE_TRIES


def test_every_wrong_sign_in_to_an_account_and_its_lock_out_stand_in_the_audit_log(portal: PortalWorld) -> None:
    portal.sign_in("analyst", passphrase="a guess at it")
    portal.sign_in("analyst", code="000000")
    assert portal.did("wrong sign-in") == [("somebody", "analyst")] * 2
    for _ in range(FREE_TRIES - 2):
        portal.sign_in("analyst", passphrase="a guess at it")
    assert len(portal.did("wrong sign-in")) == FREE_TRIES - 1
    ((who, what),) = portal.did("locked out")
    assert (who, what.partition(" until ")[0]) == ("somebody", "analyst")
    portal.sign_in("analyst", passphrase="a guess at it")
    assert portal.did("wrong sign-in")[-1] == ("somebody", "analyst while locked: 1 in this hour")
    portal.centre.audit.newest_link()
    operator = portal.at_work("operator")
    assert b"locked out" in operator.get("releases/audit").body


def test_a_wrong_old_passphrase_stands_in_the_audit_log_under_the_name_of_who_is_signed_in(portal: PortalWorld) -> None:
    browser = portal.at_work("publisher")
    for _ in range(FREE_TRIES):
        browser.post("releases/account/passphrase", page="releases/account", old="wrong", new="x" * 20)
    assert portal.did("wrong old passphrase") == [("publisher", "publisher")] * (FREE_TRIES - 1)
    assert [who for who, _ in portal.did("locked out")] == ["publisher"]


def test_strangers_cannot_fill_the_audit_log_nor_write_what_they_like_into_it(portal: PortalWorld) -> None:
    portal.clock.at = portal.clock.at.replace(minute=0)  # Tries are counted by the hour; this one does not end here.
    before = len(portal.centre.registry.notes())
    for number in range(12):
        portal.sign_in(f"<b>Mallory {number}</b>", passphrase="short")
    lines = portal.did("wrong sign-in")
    assert lines == [("somebody", f"no such account: {count} in this hour") for count in (1, 10)]
    portal.clock.move_on(timedelta(hours=1))
    portal.sign_in("Mallory")
    assert portal.did("wrong sign-in")[2:] == [("somebody", "no such account: 1 in this hour")]
    assert len(portal.centre.registry.notes()) == before + 3
    assert b"Mallory" not in (portal.world.folder / "registry.db").read_bytes()


def test_an_address_that_tries_too_often_waits_and_nobody_elses_account_does(tmp_path: Path) -> None:
    with portal_world(tmp_path, tries_an_hour=3) as portal:
        stranger = Browser(portal.address, came_from="198.51.100.7")
        guess = {"page": "releases/sign-in", "name": "analyst", "passphrase": "a guess at it", "code": "000000"}
        answers = [stranger.post("releases/sign-in", **guess) for _ in range(5)]
        assert [answer.status for answer in answers] == [401, 401, 401, 429, 429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
        assert b"Too many tries to sign in came from where you are" in answers[-1].body
        assert portal.did("wrong sign-in") == [("somebody", "analyst")] * 3, "what is refused is no try at the account"
        assert portal.sign_in("analyst")[1].status == 303
        kept = b"".join(file.read_bytes() for file in portal.world.folder.rglob("*") if file.is_file())
        assert b"198.51.100.7" not in kept


def test_many_strangers_at_once_leave_the_centre_free_for_others(portal: PortalWorld) -> None:
    browsers = [Browser(portal.address) for _ in range(12)]
    tokens = [mac_in(browser.get("releases/sign-in").body) for browser in browsers]

    def guess(number: int) -> Answer:
        fields = {"csrf_token": tokens[number], "name": f"nobody-{number}", "passphrase": "guess", "code": "000000"}
        return browsers[number].post_raw("releases/sign-in", **fields)

    with ThreadPoolExecutor(12) as strangers:
        answers = list(strangers.map(guess, range(12)))
    told = {answer.status for answer in answers}
    assert told == {401, 503}, "as many as are bearable are heard"
    busy = next(answer for answer in answers if answer.status == 503)
    assert int(busy.headers["Retry-After"]) > 0
    assert b"Wait a few seconds, then sign in again" in busy.body
    assert portal.sign_in("analyst")[1].status == 303


@pytest.mark.parametrize("idle", [True, False])
def test_a_sign_in_ends_by_itself(portal: PortalWorld, idle: bool) -> None:
    browser = portal.at_work("analyst")
    if idle:
        portal.clock.move_on(IDLE - timedelta(seconds=1))
        assert is_signed_in(browser)
        portal.clock.move_on(IDLE)
    else:
        for _ in range(LONGEST // timedelta(minutes=20)):
            assert is_signed_in(browser)
            portal.clock.move_on(timedelta(minutes=20))
    assert not is_signed_in(browser)


def test_a_closed_account_is_out_at_once_with_its_tokens(portal: PortalWorld) -> None:
    browser = portal.at_work("analyst")
    made = browser.post("releases/account/tokens", page="releases/account", label="laptop")
    token = re.search(rb"<code>([A-Za-z0-9_-]{43})</code>", made.body)
    assert token
    bearer = {"Authorization": f"Bearer {token[1].decode()}"}
    assert ask("GET", f"{portal.address}api/releases", headers=bearer).status == 200
    assert portal.centre.people.close("analyst")
    assert not is_signed_in(browser)
    assert ask("GET", f"{portal.address}api/releases", headers=bearer).status == 401
    assert portal.sign_in("analyst")[1].status == 401


def test_a_token_of_ones_own_is_shown_once_used_in_ones_name_and_taken_back(portal: PortalWorld) -> None:
    browser = portal.at_work("analyst")
    made = browser.post("releases/account/tokens", page="releases/account", label="laptop")
    token = re.search(rb"<code>([A-Za-z0-9_-]{43})</code>", made.body)
    assert token
    assert token[1] not in browser.get("releases/account").body
    again = browser.post("releases/account/tokens", page="releases/account", label="laptop")
    assert again.status == 400
    bearer = {"Authorization": f"Bearer {token[1].decode()}"}
    ask("GET", f"{portal.address}api/releases/london-2026-1/records.csv", headers=bearer)
    assert portal.did("pull") == [("analyst/laptop", "london-2026-1/records.csv")]
    browser.post("releases/account/tokens/drop", page="releases/account", label="laptop")
    assert ask("GET", f"{portal.address}api/releases", headers=bearer).status == 401


@pytest.mark.parametrize("label", ["", "a/b", "x" * 41, "..", "<b>"])
def test_a_token_is_named_by_plain_letters(portal: PortalWorld, label: str) -> None:
    browser = portal.at_work("analyst")
    assert browser.post("releases/account/tokens", page="releases/account", label=label).status == 400
    assert portal.centre.people.token_names() == []


def test_changing_the_passphrase_signs_out_everywhere_and_keeps_the_authenticator(portal: PortalWorld) -> None:
    here, elsewhere = portal.at_work("publisher"), portal.at_work("publisher")
    change = {"page": "releases/account", "old": PASSPHRASE}
    assert here.post("releases/account/passphrase", **change, new="too short").status == 400
    wrong = here.post("releases/account/passphrase", page="releases/account", old="wrong", new="x" * 20)
    assert wrong.status == 400
    assert here.post("releases/account/passphrase", **change, new="four other words here").status == 303
    assert not is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert portal.sign_in("publisher")[1].status == 401
    assert portal.sign_in("publisher", passphrase="four other words here")[1].status == 303


def test_an_account_made_anew_takes_the_tokens_along_that_a_thief_may_have_made(portal: PortalWorld) -> None:
    browser = portal.at_work("analyst")
    made = browser.post("releases/account/tokens", page="releases/account", label="thief")
    token = re.search(rb"<code>([A-Za-z0-9_-]{43})</code>", made.body)
    assert token
    portal.centre.people.lock_anew("analyst", locked(new_passphrase(), new_secret()))
    bearer = {"Authorization": f"Bearer {token[1].decode()}"}
    assert ask("GET", f"{portal.address}api/releases", headers=bearer).status == 401
    assert not is_signed_in(browser)


def test_nothing_on_the_disk_lets_anybody_in(portal: PortalWorld) -> None:
    browser = portal.at_work("analyst")
    secrets = [PASSPHRASE.encode(), browser.cookie.encode(), *portal.secrets.values()]
    for file in portal.world.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret in content or secret.hex().encode() in content]


def test_the_operator_makes_renews_unlocks_and_closes_accounts(tmp_path: Path) -> None:
    world = World(tmp_path / "centre")
    world.opened().close()
    made = works(world, "account", "add", "ana.example", "--role", "analyst")
    passphrase = re.search(r"^Passphrase: ((?:[a-z]+ ){5}[a-z]+)$", made, re.MULTILINE)
    assert passphrase
    assert "otpauth://totp/Heard:ana.example?" in made
    assert "There is an account" in refused(world, "account", "add", "ana.example", "--role", "publisher")
    assert works(world, "account", "list") == "ana.example  analyst  open\n"
    assert passphrase[1] not in works(world, "account", "renew", "ana.example")
    assert "at once" in works(world, "account", "unlock", "ana.example")
    assert "closed" in works(world, "account", "close", "ana.example")
    assert "no account" in refused(world, "account", "close", "ana.example")
    assert works(world, "account", "list") == "Nobody has an account.\n"
    assert "account add" in works(world, "audit")


def test_the_audit_log_means_one_person_by_a_name(tmp_path: Path) -> None:
    world = World(tmp_path / "centre")
    world.opened().close()
    works(world, "account", "add", "ana", "--role", "publisher")
    assert "has an account" in refused(world, "token", "add", "ana")
    assert "has an account" in refused(world, "token", "add", "Ana")
    assert "There is an account" in refused(world, "account", "add", "ANA", "--role", "analyst")
    works(world, "token", "add", "nightly")
    assert "There is a token" in refused(world, "account", "add", "nightly", "--role", "analyst")
    assert "There is a token" in refused(world, "account", "add", "Nightly", "--role", "analyst")
    assert "There is a token" in refused(world, "token", "add", "NIGHTLY")
    for misshapen in (
        "ana/laptop",
        "ana ",
        " ana",
        "ana\n2026-01-01T00:00:00+00:00  ana  pull  london",
        "anа",
        "a" * 41,
    ):
        assert "letters, digits, dots" in refused(world, "token", "add", misshapen)
        assert "letters, digits, dots" in refused(world, "account", "add", misshapen, "--role", "analyst")
    for name in ("operator", "Schedule", "somebody"):
        assert "means no person" in refused(world, "account", "add", name, "--role", "operator")
        assert "means no person" in refused(world, "token", "add", name)
    assert works(world, "account", "list") == "ana  publisher  open\n"
    assert works(world, "token", "list") == "nightly\n"


def test_a_closed_account_takes_along_a_token_that_an_older_centre_let_have_its_name(tmp_path: Path) -> None:
    world = World(tmp_path / "centre")
    with closing(world.opened()) as centre, centre.registry.changing() as db:
        centre.people.add_token("ana", b"of ana")
        db.execute("INSERT INTO accounts (name, role, box) VALUES ('ana', 'analyst', x'00')")
    works(world, "account", "close", "ana")
    assert works(world, "token", "list") == "Nobody has a token.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "ana"),
        ("add",),
        ("list", "ana"),
        ("close", "ana", "--role", "analyst"),
    ],
)
def test_a_verb_about_accounts_that_makes_no_sense_says_what_to_type(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    world = World(tmp_path / "centre")
    world.opened().close()
    assert "Usage" in refused(world, "account", *arguments)
