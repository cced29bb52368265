"""A process that holds one turn and waits in another thread for one that somebody else holds: ``python FILE TURNS``."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from survey.turns import Turns


def main() -> None:
    """Hold turn 2 until a line comes, and take turn 1 when it is free."""
    turns = Turns(Path(sys.argv[1]), 3)

    def wait() -> None:
        with turns.taken(1):
            pass

    waiting = threading.Thread(target=wait)
    with turns.taken(2):
        waiting.start()
        sys.stdout.write("holds\n")
        sys.stdout.flush()
        sys.stdin.readline()
    waiting.join()


if __name__ == "__main__":
    main()
