"""One of several processes of a centre that are sent rows for cards' codes at once; it says which it kept.

``CENTRE PLACE SENDER CODES`` waits for a line before it begins. Codes are tried in the order of the file, each with a
row of this sender's own. The first sender says when half of them are done.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from made_up_rows import a_row

from export.centre.codes import Codes, card_codes
from export.centre.instance import open_centre


def row_of(sender: int, number: int) -> bytes:
    """The row that a sender brings for the code of this number."""
    return a_row(number * 8 + sender)


def say(words: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    folder, place, sender, codes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    centre = open_centre(folder, os.environ)
    cards = card_codes(centre, Codes(centre.batches, centre.clock.day), place, lambda: False)
    tried = [line.split() for line in codes.read_text().splitlines()]
    say("ready")
    sys.stdin.readline()
    kept = []
    for done, (number, code) in enumerate(tried):
        if done == len(tried) // 2 and sender == 0:
            say("half")
        if cards.file(row_of(sender, int(number)), code, []):
            kept.append(number)
    say(" ".join(kept))
    centre.close()
