"""A centre with a release and one person of each role, and a clock that a test moves on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from centre_world import Answer, World, ask, serving
from test_publish import built

from export.centre.audit import Audit
from export.centre.entrance import Entrance
from export.centre.instance import Centre
from export.centre.passphrases import STEP_SECONDS, code_at, locked, new_secret
from export.centre.people import ROLES, Account, Role

RELEASE = "london-2026-1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PASSPHRASE = "six words that nobody would guess"


@dataclass
class StaffClock:
    """The time of what staff do."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def move_on(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Browser:
    """Somebody's browser at the portal: one cookie.

    Attributes:
        came_from: what the server in front says of who asks; nothing where none stands there.
    """

    address: str
    cookie: str = ""
    came_from: str = ""

    def get(self, path: str) -> Answer:
        return self._kept(ask("GET", self.address + path, headers=self._headers()))

    def post(self, path: str, page: str = "", **fields: str) -> Answer:
        """A form of ours on the page (by default the one posted to), filled in and sent."""
        token = mac_in(self.get(page or path).body)
        return self.post_raw(path, csrf_token=token, **fields)

    def post_raw(self, path: str, **fields: str) -> Answer:
        return self._kept(ask("POST", self.address + path, urlencode(fields).encode(), FORM | self._headers()))

    def _headers(self) -> dict[str, str]:
        from_where = {"X-Real-IP": self.came_from} if self.came_from else {}
        return from_where | ({"Cookie": f"analyst={self.cookie}"} if self.cookie else {})

    def _kept(self, answer: Answer) -> Answer:
        morsel = SimpleCookie(answer.headers.get("Set-Cookie", "")).get("analyst")
        if morsel is not None:
            self.cookie = morsel.value
        return answer


def mac_in(page: bytes) -> str:
    """The hidden field of a page's forms."""
    found = re.search(rb'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1].decode()


@dataclass
class PortalWorld:
    """A serving centre, its clock, and the secrets of its people's authenticators."""

    world: World
    centre: Centre
    address: str
    clock: StaffClock
    secrets: dict[str, bytes]

    def code(self, name: str) -> str:
        return code_at(self.secrets[name], int(self.clock.at.timestamp()))

    def sign_in(self, name: str, passphrase: str = PASSPHRASE, code: str | None = None) -> tuple[Browser, Answer]:
        """Somebody at the sign-in page; a moment later than the last one, so that the code is a new one."""
        self.clock.move_on(timedelta(seconds=STEP_SECONDS))
        browser = Browser(self.address)
        said = self.code(name) if code is None and name in self.secrets else code or "000000"
        return browser, browser.post("releases/sign-in", name=name, passphrase=passphrase, code=said)

    def at_work(self, role: Role) -> Browser:
        """The person of this role, signed in."""
        browser, answer = self.sign_in(role)
        assert answer.status == 303, answer.body
        return browser

    def did(self, what: str) -> list[tuple[str, str]]:
        """(who, to what) of the audit log's lines of this kind."""
        return [(note.who, note.what) for note in self.centre.registry.notes() if note.did == what]


@contextmanager
def portal_world(folder: Path, tries_an_hour: int | None = None) -> Iterator[PortalWorld]:
    """A centre with a release that may be made public; the accounts are called like their roles."""
    world = World(folder / "centre")
    world.folder.mkdir(parents=True)
    (world.folder / "settings.toml").write_text('address_header = "X-Real-IP"\n')
    centre, clock = world.opened(), StaffClock()
    if tries_an_hour is not None:
        centre.entrance = Entrance(world.folder, centre.clock.monotonic, tries_an_hour)
    world.tell(centre)
    centre.audit = Audit(centre.registry, clock)
    releases = centre.releases()
    assert releases is not None
    releases.publish(built(folder, world.authority, public={"tables.csv": b"area,share\nLondon,61\n" * 4000}))
    secrets = {role: new_secret() for role in ROLES}
    for role, secret in secrets.items():
        centre.people.add(Account(role, role, locked(PASSPHRASE, secret)))
    try:
        with serving(centre) as address:
            yield PortalWorld(world, centre, address, clock, secrets)
    finally:
        centre.close()
