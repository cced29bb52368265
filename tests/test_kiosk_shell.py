"""A person left alone with the tablet: fifty ways out, tried on a real Chromium under the policy that we write.

The policy is laid over /etc/chromium in a mount namespace of the test's own, so no other browser of this machine
notices. Two of its keys are left out here, since they also shut out the driver: developer tools and remote debugging.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from at_the_tablet import Tablet, a_tablet
from faulty_centre import serving
from player import Player
from playwright.sync_api import Error, sync_playwright
from tablet_process import Machine

from kiosk.shell import files as shell
from kiosk.shell.policy import managed_policy

CHROMIUM = "/usr/bin/chromium"
MARK = "OUTSIDE-THE-FENCE"
KEEPS_THE_DRIVER_OUT = {"DeveloperToolsAvailability", "RemoteDebuggingAllowed"}
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]


# --- what is written ---


class Placed(Machine):
    """A tablet with a port of its own, as a real one has."""

    @property
    def environ(self) -> dict[str, str]:
        """What its processes are started with."""
        return {**super().environ, "HEARD_PORT": "8700"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the verb wrote."""
    with serving() as centre:
        machine = Placed(tmp_path_factory.mktemp("machine"))
        machine.join(centre)
        said = machine.verb("shell", "--write", str(machine.folder / "files"))
        assert said.code == 0, said.words
        assert "cannot see it" in said.err, "this one lies below /tmp"
        return machine.folder / "files"


def test_a_port_that_changes_at_each_start_is_refused(tmp_path: Path) -> None:
    with serving() as centre:
        machine = Machine(tmp_path)
        machine.join(centre)
        said = machine.verb("shell", "--write", str(tmp_path / "files"))
    assert (said.code, "port is 0" in said.err) == (1, True)
    assert not (tmp_path / "files").exists()


def test_every_file_is_there_and_anybody_may_read_it(written: Path) -> None:
    found = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert found == {
        shell.APP_UNIT, shell.SCREEN_UNIT, shell.POLICY, shell.SWAY, shell.USERS, shell.CONSOLE, shell.KERNEL,
        shell.KEYBOARD,
    }  # fmt: skip
    assert all((written / name).stat().st_mode & 0o777 == 0o644 for name in found)


def test_the_policy_lets_one_origin_through(written: Path) -> None:
    policy = json.loads((written / shell.POLICY).read_text())
    assert policy["URLAllowlist"] == ["http://127.0.0.1:8700"]
    assert "*" in policy["URLBlocklist"]
    assert (policy["DeveloperToolsAvailability"], policy["IncognitoModeAvailability"]) == (2, 1)
    assert policy["DownloadRestrictions"] == 3
    assert not {"GenAiDefaultSettings", "SharedClipboardEnabled"} & set(policy)


def test_both_units_give_up_what_they_do_not_need_and_say_nothing(written: Path) -> None:
    app, screen = (settings_of(written / name) for name in (shell.APP_UNIT, shell.SCREEN_UNIT))
    for unit in (app, screen):
        for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "LimitCORE=0", "MemorySwapMax=0",
                     "StandardOutput=null", "StandardError=null", "Restart=always"):  # fmt: skip
            assert line in unit
        assert any(line.startswith("MemoryMax=") for line in unit)
    assert {"User=heard", "RuntimeDirectory=heard", "StateDirectory=heard", "RuntimeDirectoryPreserve=yes"} <= app
    assert {"User=heard-screen", "IPAddressDeny=any", "IPAddressAllow=localhost"} <= screen
    assert any(line.startswith("InaccessiblePaths=") and "/run/heard" in line for line in screen)


def test_what_the_screen_writes_goes_where_its_unit_lets_it_write(written: Path) -> None:
    """The rest of the machine is read-only to it, the folder that logging in makes for it among that."""
    screen = settings_of(written / shell.SCREEN_UNIT)
    assert {"ProtectSystem=strict", "RuntimeDirectory=heard-screen", "RuntimeDirectoryMode=0700"} <= screen
    assert not [line for line in screen if line.startswith("ReadWritePaths=")]
    places = re.findall(r"\b(?:HOME|XDG_RUNTIME_DIR)=(\S+)", " ".join(screen))
    assert places == ["/run/heard-screen"] * 2
    (started,) = [line for line in screen if line.startswith("ExecStart=")]
    assert "XDG_RUNTIME_DIR=/run/heard-screen" in started, "set any earlier, logging in would set it anew"


def test_the_app_reaches_its_centre_and_nobody_else_where_the_address_is_a_number() -> None:
    def unit(centre: str) -> set[str]:
        machine = shell.Machine("p", centre, 8700, Path("/var/lib/heard/t"), Path("/opt/heard/python"), Path("/opt"))
        return set(shell.files(machine)[shell.APP_UNIT].splitlines())

    assert {"IPAddressDeny=any", "IPAddressAllow=localhost 192.0.2.7"} <= unit("https://192.0.2.7")
    assert "IPAddressDeny=link-local multicast" in unit("https://centre.example")


def settings_of(unit: Path) -> set[str]:
    return set(unit.read_text().splitlines())


def test_sway_binds_no_key_and_starts_the_keyboard_and_the_loop(written: Path) -> None:
    lines = (written / shell.SWAY).read_text().splitlines()
    assert not [line for line in lines if line.startswith(("bind", "include", "set"))]
    started = [line for line in lines if line.startswith("exec")]
    assert started[0] == "exec squeekboard"
    assert " -m kiosk.shell http://127.0.0.1:8700/ $XDG_RUNTIME_DIR/heard-browser /usr/bin/chromium " in started[1]
    assert "--disable-back-forward-cache" in started[1]
    assert len(started) == 2


def test_the_on_screen_keyboard_is_switched_on_and_no_window_lies_over_it(written: Path) -> None:
    """Tried by hand with sway 1.7, squeekboard 1.21 and Chromium 156: without either line no key is ever seen."""
    assert "screen-keyboard-enabled=true" in (written / shell.KEYBOARD).read_text().splitlines()
    assert 'for_window [app_id=".*"] fullscreen disable' in (written / shell.SWAY).read_text().splitlines()


def test_the_screen_may_play_sound_hears_none_and_has_no_voice_that_writes_a_log(written: Path) -> None:
    (groups,) = (line for line in settings_of(written / shell.SCREEN_UNIT) if line.startswith("SupplementaryGroups="))
    assert "audio" in groups.split()
    assert managed_policy("http://127.0.0.1:8700")["AudioCaptureAllowed"] is False
    assert "speech" not in (written / shell.SWAY).read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_understands_the_units(written: Path) -> None:
    for name in (shell.APP_UNIT, shell.SCREEN_UNIT):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(written / name)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = [line for line in done.stderr.splitlines() if name.rpartition("/")[2] in line]
        # What the unit starts need not be installed where the tests run.
        assert not [line for line in said if "is not executable" not in line], done.stderr


@pytest.mark.parametrize("folder", ["with space", "per%cent", "new\nline", "do$lar"])
def test_a_folder_that_a_unit_would_misread_is_refused(tmp_path: Path, folder: str) -> None:
    odd = shell.Machine("p", "https://c.example", 8700, Path("/var") / folder, Path("/opt/python"), Path("/opt"))
    with pytest.raises(shell.UnfitPath):
        shell.write(tmp_path, odd)


# --- the loop between people ---


@contextmanager
def looping(tablet: Tablet, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The loop with a stand-in for the browser that writes down each of its starts and soils its profile."""
    browser = folder / "browser"
    browser.write_text(
        '#!/bin/sh\nfor word in "$@"; do case $word in --user-data-dir=*) profile=${word#*=};; esac; done\n'
        f'for word in "$@"; do echo "$word" >> {folder}/told; done\n'
        f'ls -A "$profile" | wc -l >> {folder}/found\necho left > "$profile/left-behind"\n'
        f'echo "$$" >> {folder}/starts\necho noise; echo noise >&2\nsleep 600 & wait\n'
    )
    browser.chmod(0o755)
    command = [sys.executable, "-m", "kiosk.shell", tablet.address, str(folder / "profile"), str(browser)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < give_up, "it did not happen"
        threading.Event().wait(0.05)


def starts(folder: Path) -> list[int]:
    path = folder / "starts"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_each_person_has_a_new_browser_with_an_empty_profile_and_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    with a_tablet(tmp_path / "t") as tablet, looping(tablet, tmp_path) as loop:
        until(lambda: len(starts(tmp_path)) == 1)
        person = Player(tablet.address)
        person.look()
        person.first_of_each()
        assert len(starts(tmp_path)) == 1, "the thanks stay on the screen"
        person.press("/next")
        until(lambda: len(starts(tmp_path)) == 2)
        assert (tmp_path / "found").read_text().split() == ["0", "0"]
        told = (tmp_path / "told").read_text().splitlines()
        assert told.count(f"--app={tablet.address}") == 2, "without tabs or an address bar"
        assert tablet.address not in told
        first, second = starts(tmp_path)
        until(lambda: not alive(first))
        loop.send_signal(signal.SIGTERM)
        out, err = loop.communicate(timeout=20)
        assert (out, err, loop.returncode) == (b"", b"", 0)
        until(lambda: not alive(second))
        assert not (tmp_path / "profile").exists()


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- fifty ways out ---


@dataclass
class Elsewhere:
    """Another server on this machine: what somebody would get to who got out."""

    port: int = 0
    hits: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it stands."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def elsewhere_serving() -> Iterator[Elsewhere]:
    place = Elsewhere()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            place.hits.append(self.path)
            body = PAGES.get(self.path, MARK).replace("ADDRESS", place.address).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            if self.path == "/file":
                self.send_header("Content-Disposition", 'attachment; filename="kept.txt"')
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        place.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield place
        http.shutdown()
        thread.join()


PAGES = {"/with-file": '<iframe src="/file"></iframe><script>setTimeout(() => fetch("/later"), 2500)</script>'}


def can_lay_over() -> bool:
    """Whether a policy can be laid over /etc/chromium for one process alone."""
    tried = ["unshare", "-m", "mount", "-t", "tmpfs", "t", "/etc/chromium"]
    with suppress(OSError):
        return Path(CHROMIUM).exists() and subprocess.run(tried, capture_output=True, check=False).returncode == 0
    return False


def needs_a_browser() -> None:
    if not can_lay_over():
        if os.environ.get("CI"):
            pytest.fail("CI must try the fifty ways out: run as root, with Chromium installed")
        pytest.skip("THE FIFTY WAYS OUT WERE NOT TRIED: they need root and Chromium (apt-get install chromium)")


def fenced_chromium(folder: Path, policy: dict[str, Any]) -> Path:
    """A Chromium for which this policy, and nothing else, stands in /etc/chromium."""
    (folder / "policies" / "managed").mkdir(parents=True)
    (folder / "policies" / "managed" / "heard.json").write_text(json.dumps(policy))
    script = folder / "chromium"
    over = f"mount -t tmpfs t /etc/chromium && mkdir /etc/chromium/policies && mount --bind {folder}/policies"
    script.write_text(
        f'#!/bin/sh\nexec unshare -m sh -c \'{over} /etc/chromium/policies && exec {CHROMIUM} "$@"\' sh "$@"\n'
    )
    script.chmod(0o755)
    return script


def policy_for(address: str) -> dict[str, Any]:
    policy = dict(managed_policy(address.rstrip("/")))
    return {name: value for name, value in policy.items() if name not in KEEPS_THE_DRIVER_OUT}


@contextmanager
def driven(folder: Path, policy: dict[str, Any]) -> Iterator[Any]:
    """A context of Playwright with that Chromium."""
    browser = fenced_chromium(folder, policy)
    with sync_playwright() as p:
        context = p.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=str(browser), args=FLAGS, accept_downloads=False, timeout=30_000
        )
        context.set_default_timeout(5000)
        yield context
        context.close()


ROWS = """() => {
  const rows = {};
  const walk = root => {
    for (const each of root.querySelectorAll('*')) {
      if (each.tagName === 'POLICY-ROW' && each.shadowRoot) {
        const [name, messages] = ['.name', '.messages'].map(part => each.shadowRoot.querySelector(part));
        if (name && messages) rows[name.textContent.trim()] = messages.textContent.trim();
      }
      if (each.shadowRoot) walk(each.shadowRoot);
    }
  };
  walk(document);
  return rows;
}"""
ADDRESSES = [
    "ELSEWHERE/", "http://localhost:OWN/", "http://[::1]:OWN/", "http://127.0.0.2:OWN/", "https://127.0.0.1:OWN/",
    "http://127.0.0.1/", "http://user@127.0.0.1:PORT/", "http://example.com/", "https://example.com/",
    "FILE", "file:///etc/passwd", "file:///", "view-source:OWN_ADDRESS", "view-source:FILE", "chrome://settings",
    "chrome://history", "chrome://downloads", "chrome://flags", "chrome://version", "chrome://policy",
    "chrome://inspect", "chrome://extensions", "chrome://bookmarks", "chrome://print",
    "devtools://devtools/bundled/inspector.html",
    "data:text/html,MARK", "javascript:document.write('MARK')", "ftp://127.0.0.1/", "chrome-search://local-ntp/",
]  # fmt: skip
ADD = "const add = (name, more) => document.body.appendChild(Object.assign(document.createElement(name), more)); "
SCRIPTS = [
    "window.open('ELSEWHERE/')",
    "window.open('FILE')",
    "window.open('chrome://settings')",
    "window.open('', '_blank').location = 'ELSEWHERE/'",
    "location.href = 'ELSEWHERE/'",
    "location.replace('FILE')",
    "location.href = 'data:text/html,MARK'",
    "add('a', {href: 'ELSEWHERE/', target: '_blank'}).click()",
    "add('a', {href: 'ELSEWHERE/file', download: 'x'}).click()",
    "add('a', {href: URL.createObjectURL(new Blob(['MARK'])), download: 'x'}).click()",
    "add('form', {action: 'ELSEWHERE/', method: 'post'}).submit()",
    "add('iframe', {src: 'ELSEWHERE/'})",
    "add('iframe', {src: 'FILE'})",
    "add('img', {src: 'ELSEWHERE/x.png'})",
    "add('script', {src: 'ELSEWHERE/x.js'})",
    "add('meta', {httpEquiv: 'refresh', content: '0;url=ELSEWHERE/'})",
    "fetch('ELSEWHERE/').catch(() => 0)",
    "fetch('FILE').catch(() => 0)",
    "navigator.sendBeacon('ELSEWHERE/')",
    "new WebSocket('ELSEWHERE/'.replace('http', 'ws'))",
    "new EventSource('ELSEWHERE/')",
]


def test_there_are_fifty_ways_out() -> None:
    assert len(ADDRESSES) + len(SCRIPTS) == 50


@pytest.mark.browser
def test_none_of_fifty_ways_leads_out(tmp_path: Path) -> None:
    needs_a_browser()
    secret = tmp_path / "secret.html"
    secret.write_text(MARK)
    (tmp_path / "t").mkdir()
    with (
        elsewhere_serving() as place,
        a_tablet(tmp_path / "t") as tablet,
        driven(tmp_path / "b", policy_for(tablet.address)) as browser,
    ):
        told = {"ELSEWHERE": place.address, "FILE": secret.as_uri(), "OWN_ADDRESS": tablet.address}
        for way in [*ADDRESSES, *SCRIPTS]:
            page = browser.new_page()
            attempt = way.replace("PORT", str(place.port)).replace("MARK", MARK)
            for name, value in told.items():
                attempt = attempt.replace(name, value)
            attempt = attempt.replace("OWN", tablet.address.rsplit(":", 1)[1].strip("/"))
            try_it(page, tablet.address, attempt, is_address=way in ADDRESSES)
            for each in browser.pages:
                assert is_inside(each, tablet.address), f"{way} led to {each.url}"
            assert place.hits == [], way
            for each in browser.pages[1:]:
                each.close()
        last = browser.pages[0]
        last.goto(tablet.address)
        assert last.locator("form#question").count() == 1, "the first question is still there"


def try_it(page: Any, address: str, attempt: str, *, is_address: bool) -> None:
    if not is_address:
        page.goto(address)
    with suppress(Error):
        if is_address:
            page.goto(attempt, timeout=3000)
        else:
            page.evaluate("() => { " + ADD + attempt + " }")
            page.wait_for_timeout(150)


def is_inside(page: Any, address: str) -> bool:
    """One of our pages, nothing yet, or Chromium's own word that it is not allowed."""
    shown: list[str] = []

    def settled() -> bool:
        with suppress(Error):  # it is still on its way somewhere
            shown.append(page.content())
        return bool(shown)

    until(settled)
    if page.url.startswith(f"blob:{address}"):
        return True  # made by our own page, of its own words
    if page.url.startswith(address) or page.url in {"about:blank", ""}:
        return MARK not in shown[0]
    return "ERR_BLOCKED_BY_ADMINISTRATOR" in shown[0] or page.url.startswith("chrome-error://")


@pytest.mark.browser
def test_without_the_policy_the_same_ways_do_lead_out(tmp_path: Path) -> None:
    needs_a_browser()
    secret = tmp_path / "secret.html"
    secret.write_text(MARK)
    with elsewhere_serving() as place, driven(tmp_path / "b", {}) as browser:
        for attempt in (place.address, secret.as_uri(), f"data:text/html,{MARK}"):
            page = browser.new_page()
            page.goto(attempt)
            assert not is_inside(page, "http://127.0.0.1:9/")
        assert place.hits


@pytest.mark.browser
def test_chromium_takes_every_key_of_the_policy(tmp_path: Path) -> None:
    needs_a_browser()
    policy = policy_for("http://127.0.0.1:8700")
    with driven(tmp_path / "b", {**policy, "URLAllowlist": ["chrome://policy"]}) as browser:
        page = browser.pages[0]
        page.goto("chrome://policy")
        found: dict[str, str] = {}

        def read() -> bool:
            found.update(page.evaluate(ROWS))
            return set(policy) <= set(found)

        until(read)
    said = {name: found.get(name) for name in policy}
    # Deprecated ones still work in this Chromium, and their successors do not exist in the last one.
    assert {name: word for name, word in said.items() if word not in {"OK", "Deprecated"}} == {}


@pytest.mark.browser
def test_nothing_is_ever_downloaded(tmp_path: Path) -> None:
    needs_a_browser()
    kept = {}
    for fenced in (False, True):
        home = tmp_path / str(fenced)
        home.mkdir()
        with elsewhere_serving() as place:
            policy = policy_for(place.address) if fenced else {}
            command = [
                str(fenced_chromium(home / "b", policy)), "--headless", *FLAGS, f"--user-data-dir={home / 'profile'}",
                f"{place.address}/with-file",
            ]  # fmt: skip
            environ = {**os.environ, "HOME": str(home), "XDG_DOWNLOAD_DIR": str(home / "Downloads")}
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(command, env=environ, cwd=home, start_new_session=True, **quiet)  # type: ignore[call-overload]
            try:
                until(lambda place=place: "/later" in place.hits)
                kept[fenced] = list(home.rglob("kept*"))
                assert "/file" in place.hits
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert kept[False], "without the policy the file is kept, so this test can fail"
    assert kept[True] == []
