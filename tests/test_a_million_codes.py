"""A million codes, eight processes at once, each code tried by several of them: none is spent twice, none by nobody."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from card_process import row_of
from centre_world import LINKED, World

from export.centre.codes import code_of, issue
from survey.marks import Mark
from survey.sealing import row_id

HERE = Path(__file__).parent
BATCHES, PRINTED = 4, 250_000
SENDERS, TRIED = 8, 8_000


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def told(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("now\n")
    process.stdin.flush()


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
def test_of_a_million_codes_eight_senders_spend_each_once_however_many_of_them_try_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARD_MEMORY_FOLDER", str(tmp_path / "memory"))
    world = World(tmp_path / "centre")
    centre = world.opened()
    world.tell(centre)
    batches = [issue(centre, LINKED, "card", PRINTED) for _ in range(BATCHES)]
    chance = random.Random(8)  # noqa: S311 - a repeatable draw
    drawn = [divmod(code, PRINTED) for code in chance.sample(range(BATCHES * PRINTED), TRIED)]
    codes = tmp_path / "codes"

    def begun(sender: int) -> subprocess.Popen[str]:
        # Half of them try the even codes, half the odd ones; the same in the same order, so at the same moment.
        lines = [f"{number} {code_of(batches[batch], serial)}" for number, (batch, serial) in enumerate(drawn)]
        mine = codes.with_name(f"codes-{sender}")
        mine.write_text("\n".join(lines[sender % 2 :: 2]))
        command = [sys.executable, str(HERE / "card_process.py"), str(world.folder), LINKED, str(sender), str(mine)]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
        assert heard(process) == "ready"
        return process

    senders = [begun(sender) for sender in range(SENDERS)]
    for process in senders:
        told(process)
    assert heard(senders[0]) == "half"
    centre.store.merge()
    kept = [(int(number), sender) for sender, process in enumerate(senders) for number in heard(process).split()]
    for process in senders:
        process.communicate()
        assert process.returncode == 0
    assert Counter(number for number, _ in kept) == Counter(range(TRIED)), "each code has one winner"
    # Who is ahead wins most: how often others come first is the machine's to say; that they do shows that they race.
    assert len({sender for _, sender in kept}) > 2, "and nobody was simply the first at every code"
    rows = [pair for shelf in centre.store.shelves for pair in centre.store.rows(shelf)]
    winners = {("code", row_id(row_of(sender, number))) for number, sender in kept}
    assert {(door, row_id(row)) for door, row in rows} == winners
    assert len(rows) == TRIED
    assert all(centre.store.is_spent(Mark(batches[batch].number, serial)) for batch, serial in drawn)
    assert sum(centre.store.spent(batch.number) for batch in batches) == TRIED, "and no bit beside them"
    centre.close()
