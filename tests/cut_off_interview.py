"""A whole interview in a network of its own that holds nothing but loopback. Run it under ``unshare -n``.

Prints what was kept, as JSON. It is a program, so that the tablet and the browser both live where there is no network.
"""

from __future__ import annotations

import errno
import fcntl
import json
import socket
import struct
import sys
import tempfile
from pathlib import Path

from at_the_tablet import a_tablet
from real_browser import chromium, window

ELSEWHERE = ("192.0.2.1", 80)
"""An address for documentation (RFC 5737): with no network there is no way to it."""
_SET_FLAGS, _GET_FLAGS, _UP = 0x8914, 0x8913, 0x1


def loopback_up() -> None:
    """Loopback of a new network namespace is down until somebody lifts it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, _GET_FLAGS, name))[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def no_network() -> bool:
    """Whether nothing beyond this machine can be reached at all."""
    try:
        socket.create_connection(ELSEWHERE, timeout=1).close()
    except OSError as fault:
        return fault.errno == errno.ENETUNREACH
    return False


def main() -> None:
    """Answer to the end and say what the tablet kept."""
    loopback_up()
    if not no_network():
        sys.exit("There is a network here: run this under unshare -n.")
    with tempfile.TemporaryDirectory() as folder, a_tablet(Path(folder)) as tablet, chromium() as browser:
        with window(browser, tablet.address) as person:
            person.look()
            person.the_core()
            person.say("more", "yes")
            person.say("helped", "friend")
            person.page.locator("#better").fill("Call back.")
            person.go_on()
            heading = person.heading()
        response = tablet.only_response()
        said = {"heading": heading, "status": response.status, "answers": response.answers}
        sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
