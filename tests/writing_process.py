"""A process that files, forgets and writes anew, and says what is done: for tests that kill it or fill its disk."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from made_up_rows import a_row

from survey.sealing import row_id
from survey.store import Store, StoreFull


def main() -> None:
    """``PATH until-full|until-killed|rewrite SEED``"""
    path, task, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    chance = random.Random(seed)  # noqa: S311 - which step comes next must be repeatable
    try:
        store = Store(path)
        if task == "rewrite":
            store.rewrite()
            return
        for number in itertools.count():
            store.put("outbox", [a_row(number)])
            say("stored", number)
            if task == "until-killed":
                disturb(store, chance, number)
    except StoreFull as fault:
        say("StoreFull", fault)


def disturb(store: Store, chance: random.Random, number: int) -> None:
    """What else happens to a tablet's outbox between two responses."""
    if chance.random() < 0.3:
        forget(store, [chance.randrange(number + 1)])
    if chance.random() < 0.1:
        forget(store, range(number + 1))  # as after a night's packets: all at once
    if chance.random() < 0.5:
        store.rewrite()


def forget(store: Store, gone: Sequence[int]) -> None:
    """Forget these rows in one step."""
    for one in gone:
        say("forgetting", one)
    store.forget("outbox", [row_id(a_row(one)) for one in gone])
    for one in gone:
        say("forgotten", one)


def say(word: str, what: object) -> None:
    """One line, at once."""
    sys.stdout.write(f"{word} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
