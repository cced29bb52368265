"""The files that make a Debian machine a tablet and nothing else, for one place: written, never installed, by us.

Two users: ``heard`` runs the app and owns the sealed rows; ``heard-screen`` runs the screen, can read none of it and
speaks to nothing but this machine itself.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.shell.policy import FLAGS, managed_policy
from survey.durable import write_whole

APP_UNIT = "etc/systemd/system/heard-tablet.service"
SCREEN_UNIT = "etc/systemd/system/heard-screen.service"
POLICY = "etc/chromium/policies/managed/heard.json"
SWAY = "etc/heard/sway.conf"
USERS = "etc/sysusers.d/heard.conf"
CONSOLE = "etc/systemd/logind.conf.d/heard.conf"
KERNEL = "etc/sysctl.d/90-heard.conf"
KEYBOARD = "usr/share/glib-2.0/schemas/90_heard.gschema.override"


_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")
# ProtectHome and PrivateTmp close these to a unit.
_HIDDEN = {"home", "root", "tmp", "run"}


class UnfitPath(ValueError):
    """A folder or port that the files of a tablet's screen cannot name. Choose another."""


@dataclass(frozen=True)
class Machine:
    """What the files have to know; ``python`` and ``code`` are where Heard was installed."""

    place: str
    centre: str
    port: int
    instance: Path
    python: Path
    code: Path

    @property
    def origin(self) -> str:
        """Where the tablet's pages stand."""
        return f"http://127.0.0.1:{self.port}"


def files(machine: Machine) -> Mapping[str, str]:
    """Path below ``/`` -> content."""
    policy = json.dumps(managed_policy(machine.origin), indent=2, sort_keys=True) + "\n"
    return {
        APP_UNIT: _app_unit(machine),
        SCREEN_UNIT: _screen_unit(machine),
        POLICY: policy,
        SWAY: _sway(machine),
        USERS: 'u heard - "Heard: the app"\nu heard-screen - "Heard: the screen"\n',
        CONSOLE: "[Login]\nNAutoVTs=0\nReserveVT=0\nHandlePowerKey=ignore\nKillUserProcesses=yes\n",
        KERNEL: "kernel.sysrq = 0\nkernel.core_pattern = |/bin/false\n",
        # Without it squeekboard runs and never shows itself (measured, Debian 12).
        KEYBOARD: "[org.gnome.desktop.a11y.applications]\nscreen-keyboard-enabled=true\n",
    }


def write(folder: Path, machine: Machine) -> list[str]:
    """Write them all below ``folder``.

    Returns:
        What will not work as it stands, in words.

    Raises:
        UnfitPath: a path that these files could not say plainly.
        OSError: it cannot be written.
    """
    for said in (machine.place, str(machine.instance), str(machine.python), str(machine.code)):
        if not _PLAIN.fullmatch(said):
            raise UnfitPath(f"{said!a}: use folders named with letters, digits, dots, dashes and underscores only.")
    if machine.port == 0:
        raise UnfitPath("The port is 0, which is another one at each start. Set one in settings.toml, such as 8700.")
    for name, content in files(machine).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content.encode())
        path.chmod(0o644)
    hidden = [path for path in (machine.python, machine.code, machine.instance) if path.parts[1] in _HIDDEN]
    return [f"{path} lies where the units cannot see it: use /opt/heard and /var/lib/heard." for path in hidden]


_HARDENED = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes
LimitCORE=0
MemorySwapMax=0
StandardOutput=null
StandardError=null
"""


def _app_unit(machine: Machine) -> str:
    return f"""\
# Heard at {machine.place}: the app. It says nothing to the journal, since even an error's time could tell of a visit:
# where it does not start, run the line of ExecStart by hand as the user heard, or `status`.
[Unit]
Description=Heard: the tablet
StartLimitIntervalSec=0

[Service]
User=heard
Group=heard
WorkingDirectory={machine.code}
Environment=HEARD_INSTANCE={machine.instance}
ExecStart={machine.python} -m kiosk run
Restart=always
RestartSec=2
TimeoutStopSec=60
UMask=0077
StateDirectory=heard
StateDirectoryMode=0700
ReadWritePaths={machine.instance}
# In memory, and kept over a restart: a killed app finds there what it had sealed and not filed.
RuntimeDirectory=heard
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
MemoryMax=400M
TasksMax=64
PrivateDevices=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
ProtectProc=invisible
{_network(machine.centre)}{_HARDENED}
[Install]
WantedBy=multi-user.target
"""


def _network(centre: str) -> str:
    """The centre and nobody else, where its address is a number; a name can move, so only neighbours are shut out."""
    host = urlsplit(centre).hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return "IPAddressDeny=link-local multicast\n"
    return f"IPAddressDeny=any\nIPAddressAllow=localhost {number}\n"


def _screen_unit(machine: Machine) -> str:
    return f"""\
# Heard at {machine.place}: the screen. One unit for as long as the machine is on: the browser's restart between people
# is a loop inside it and makes no line in any log.
[Unit]
Description=Heard: the screen
After=heard-tablet.service systemd-user-sessions.service getty@tty1.service
Wants=heard-tablet.service
Conflicts=getty@tty1.service
StartLimitIntervalSec=0

[Service]
User=heard-screen
Group=heard-screen
# audio: what is read aloud on a press. It may play; the browser policy refuses it every microphone.
SupplementaryGroups=video input render audio
PAMName=login
TTYPath=/dev/tty1
TTYReset=yes
TTYVHangup=yes
TTYVTDisallocate=yes
UtmpIdentifier=tty1
UtmpMode=user
StandardInput=tty-fail
WorkingDirectory={machine.code}
Environment=HOME=/run/heard-screen XDG_SESSION_TYPE=wayland XDG_CURRENT_DESKTOP=sway
# The folder that logging in makes lies below /run/user, which is read-only here; this one is in memory as well.
ExecStart=/usr/bin/env XDG_RUNTIME_DIR=/run/heard-screen /usr/bin/dbus-run-session -- /usr/bin/sway --config /{SWAY}
Restart=always
RestartSec=2
RuntimeDirectory=heard-screen
RuntimeDirectoryMode=0700
InaccessiblePaths=-{machine.instance} -/run/heard
IPAddressDeny=any
IPAddressAllow=localhost
MemoryMax=1500M
{_HARDENED}
[Install]
WantedBy=multi-user.target
"""


def _sway(machine: Machine) -> str:
    browser = " ".join(["/usr/bin/chromium", *FLAGS])
    loop = f"{machine.python} -m kiosk.shell {machine.origin}/ $XDG_RUNTIME_DIR/heard-browser {browser}"
    return f"""\
# No key is bound to anything, nothing else is started, nothing from the system's own configuration is included.
xwayland disable
default_border none
default_floating_border none
focus_follows_mouse no
output * bg #fbfaf7 solid_color
seat * hide_cursor 2000
seat * hide_cursor when-typing enable
# A window over the whole screen would hide the on-screen keyboard. Alone and without a border it fills it anyway.
for_window [app_id=".*"] fullscreen disable
exec squeekboard
exec {loop}
"""
