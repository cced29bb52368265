"""One of several processes that spend codes at once: a word a line for each row of its own that it files."""

from __future__ import annotations

import sys

from centre_stores import Engine
from made_up_rows import a_row

from survey.marks import Mark

if __name__ == "__main__":
    place, sender, *serials = sys.argv[1:]
    store = Engine(place).opened()
    for number, serial in enumerate(serials):
        sys.stdout.write(store.admit(a_row(int(sender) * 100_000 + number), Mark(1, int(serial))) + "\n")
        sys.stdout.flush()
    store.close()
