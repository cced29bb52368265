"""What cell-key-perturbation makes of a table, given our p-table: run by the Python of its own environment.

Arguments: a Parquet file of records with a column ``_key``; a JSON file of p-table rows (count, move, probability); the
columns of the table. Last line of standard output, since the package prints notes: JSON, ``seconds`` for the table
alone, ``cells`` as [codes..., true, told].
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas
from cell_key_perturbation.create_perturbed_table import create_perturbed_table

KEYS, LAST = 4096, 750
records = pandas.read_parquet(sys.argv[1])
by_count: dict[int, list[tuple[int, float]]] = {}
for count, move, chance in json.loads(Path(sys.argv[2]).read_text()):
    by_count.setdefault(count, []).append((move, chance))
moves: dict[int, list[int]] = {}
for count, several in by_count.items():
    moves[count], cumulated = [], 0.0
    for move, chance in several:
        cumulated += chance
        while len(moves[count]) < KEYS and len(moves[count]) / KEYS < cumulated - 1e-12:
            moves[count].append(move)
    moves[count].extend([several[-1][0]] * (KEYS - len(moves[count])))
rows = [(count, key, moves[min(count, max(moves))][key]) for count in range(LAST + 1) for key in range(KEYS)]
ptable = pandas.DataFrame(rows, columns=["pcv", "ckey", "pvalue"])
start = time.perf_counter()
made = create_perturbed_table(records, ptable, [], sys.argv[3:], "_key", use_existing_ons_id=False, threshold=0)
seconds = time.perf_counter() - start
cells = made[[*sys.argv[3:], "pre_sdc_count", "count"]].astype(int).to_numpy().tolist()
sys.stdout.write(json.dumps({"seconds": seconds, "cells": cells}))
