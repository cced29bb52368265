"""Speed and memory, each as a ratio of a raw limit measured in the same run: ``python -m tests.bench [--full]``.

Absolute times drift with the machine, so ratios are what is compared from day to day. Prints a table and, last, one
line of JSON. Never a test: a slow morning must not make a build fail.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from tests.bench.alone import measured

BENCHES = ("filing", "tablet", "link", "bringing_home", "checking_codes", "opening", "releasing", "telling")

MEANS = {
    "filing_ratio": ("sealing and filing one response, of (HPKE call + one insert, same pragmas)", "at least 0.5"),
    "rewrite_ms_1000": ("writing the outbox anew at 1,000 rows, ms", "under 150"),
    "sync_ratio": ("sync and intake over loopback, forgetting included, of a bare executemany", "at least 0.6"),
    "sync_per_s": ("rows brought home a second (ODK Central takes in 106)", "at least 2,120"),
    "code_check_ratio": ("a code spent among a thousand codes, of the same among a million", "near 1"),
    "code_check_ratio_postgresql": ("the same with rows and codes in PostgreSQL, where that is installed", "near 1"),
    "opening_ratio": ("opening on all cores, of raw HPKE opens by as many processes", "at least 0.8"),
    "records_ratio": ("opening to checked records, of the same", "at least 0.65"),
    "opening_per_s": ("rows opened a second (ODK Central: 956)", "at least 9,560"),
    "first_page_s": ("tablet: first page after start, s", "under 2"),
    "tablet_mb": ("tablet: resident memory, MB", "under 90"),
    "million_s": ("a million rows opened to records, s", "with --full"),
    "million_peak_mb": ("the largest process while it was done, MB", "under 1,024"),
    "million_of_ten_tenths": ("time for a million, of ten times that for a tenth", "near 1"),
    "link_per_s": ("link interviews a second and core", "drifts with the machine"),
    "link_ratio": ("the same, of bare Flask pages of that size and a bare insert for each row", "at least 0.4"),
    "link_pages_ratio": ("the pages of a phone's first visit, of bare Flask pages of that size", "at least 0.4"),
    "first_visit_bytes": ("a phone's first visit over the wire, headers included, fonts apart, bytes", "under 61,440"),
    "protect_s": ("recodes searched and 8 keys of 40 columns protected, s", "a million with --full"),
    "protect_mb": ("memory of the process that did, MB", "half of anjana's"),
    "protect_of_ten_tenths": ("time for all, of ten times that for a tenth", "near 1"),
    "protect_of_anjana": ("time of anjana's on the same keys (with --full)", "under 0.167"),
    "protect_memory_of_anjana": ("memory of anjana's", "under 0.5"),
    "cube_s": (
        "240 two-way tables moved by cell key, nothing held back yet, s",
        "a million rows: under 5, with --full",
    ),
    "cube_of_ten_tenths": ("time for all, of ten times that for a tenth", "near 1 or less"),
    "proved_s": (
        "a question's 8 tables of 2,000 people, held back and proved by linear programs, s",
        "for each question",
    ),
    "cube_of_ons": ("time of cell-key-perturbation for as many tables (with --full)", "under 0.5"),
    "workbook_s": ("an .xlsx of as many records, s", "a million with --full"),
    "workbook_mb": ("memory of the process that wrote it, MB", "under 600"),
    "workbook_of_ten_tenths": ("time for all, of ten times that for a tenth", "near 1 or less"),
    "wide_csv_of_ten_tenths": ("the writing alone: time for all, of ten times that for a tenth", "near 1 or less"),
    "wide_csv_s": ("a CSV of 132,229 records by 510 columns, s (KoboToolbox: over 30 minutes)", "under 60"),
    "wide_csv_mb": ("memory of the process that wrote it, MB", "under 300"),
    "post_p95_ms": ("tablet: an answer's POST with 1,000 rows waiting, 95th percentile, ms", "under 30"),
}


def main() -> None:
    """Run every bench and print what it found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--full", action="store_true", help="open a million rows, and measure the memory it takes")
    full = arguments.parse_args().full
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="heard-bench-") as folder:
        for bench in BENCHES:
            found = measured(bench, Path(folder), full=full)
            for name, figure in found.items():
                what, bar = MEANS[name]
                print(f"{figure:>12,.3f}  {what}  [{bar}]", flush=True)  # noqa: T201
            figures |= found
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
