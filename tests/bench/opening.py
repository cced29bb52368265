"""Opening on all cores, against raw HPKE opens by as many processes at once; with --full, a parcel of a million."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from export.custodian.crew import worked
from export.custodian.known import Known
from export.custodian.opening import OpeningReport, fullest
from export.custodian.records import Columns
from forms.instrument import Instrument
from forms.logic import Answer
from forms.response import Response
from forms.routing import after, asked
from forms.xlsform import load
from survey.parcel import Parcel, open_parcel, write_parcel
from survey.places import Place
from survey.sealing import SigningKey
from tests.bench.in_workers import SECRET, Recorded, opener, raw
from tests.bench.memory import peak_mb

QUESTIONNAIRE = Path("forms/questionnaires/victim-voice.md")
PLACE = Place("demo-counter", "Demonstration", "counter", ("kiosk", "link"), 60, 30)
ROUNDS = 3
ROWS = 60_000
TIMES = 3
"""Each row goes through so often: starting the workers, which a million pays once, must weigh as little as there."""
RAW_ROWS = 20_000
WAYS = 500
MILLION = 1_000_000


def measure(folder: Path, *, full: bool) -> dict[str, float]:
    """``opening_ratio``, ``records_ratio``, ``opening_per_s``; with ``full`` a million's seconds and memory too."""
    instrument = load(QUESTIONNAIRE).instrument
    assert instrument is not None
    known = Known.of([instrument], [PLACE])
    rows = list(_rows(instrument, ROWS))
    processes = os.cpu_count() or 1
    openings, records, rates = [], [], []
    for _ in range(ROUNDS):
        raw = _raw_per_second(rows[:RAW_ROWS], processes)
        only = _opened_per_second(rows)
        openings.append(only / raw)
        rates.append(only)
        records.append(_records_per_second(rows, known) / raw)
    figures = {
        "opening_ratio": statistics.median(openings),
        "records_ratio": statistics.median(records),
        "opening_per_s": statistics.median(rates),
    }
    return figures | (_million(folder, instrument, known) if full else {})


def _rows(instrument: Instrument, count: int) -> Iterator[bytes]:
    """Sealed made-up responses, each with an id of its own."""
    people = [_answers(instrument, random.Random(seed)) for seed in range(WAYS)]  # noqa: S311 - made up, not secret
    for number in range(count):
        answers = people[number % WAYS]
        response = Response(
            response=number.to_bytes(16).hex(), instrument=instrument.id, digest=instrument.digest(), mode="kiosk",
            place=PLACE.code, period="2026-11", language="en",
            status="complete" if answers.get("more") == "yes" else "core", quick=False, answers=answers,
        )  # fmt: skip
        yield SECRET.public.seal(response.to_bytes())


def _answers(instrument: Instrument, chance: random.Random) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    page = after(instrument, None, answers)
    while page is not None:
        choices = [item for item in asked(instrument, page, answers) if item.options]
        answers |= {item.name: chance.choice(item.options).code for item in choices}
        page = after(instrument, page.name, answers)
    return answers


def _raw_per_second(rows: Sequence[bytes], processes: int) -> float:
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    crew = [context.Process(target=raw, args=(rows, ready)) for _ in range(processes)]
    for each in crew:
        each.start()
    ready.wait()
    start = time.perf_counter()
    ready.wait()
    spent = time.perf_counter() - start
    for each in crew:
        each.join()
    return len(rows) * processes / spent


def _opened_per_second(rows: Sequence[bytes]) -> float:
    start = time.perf_counter()
    found = sum(1 for _ in worked(itertools.chain(*[rows] * TIMES), opener, (SECRET.seed,)))
    spent = time.perf_counter() - start
    assert found == len(rows) * TIMES
    return found / spent


def _records_per_second(rows: Sequence[bytes], known: Known) -> float:
    report = OpeningReport()
    start = time.perf_counter()
    every = (("tablet", row) for row in itertools.chain(*[rows] * TIMES))
    found = sum(1 for _ in fullest(every, [SECRET], known, report, Recorded(Columns(known))))
    spent = time.perf_counter() - start
    assert (found, found + report.lesser) == (len(rows), len(rows) * TIMES), report
    return len(rows) * TIMES / spent


def _carried(folder: Path, instrument: Instrument, count: int) -> Parcel:
    key, path = SigningKey.generate(), folder / f"{count}.carried"
    rows = (("tablet", row) for row in _rows(instrument, count))
    write_parcel(path, "carry-out 1", {}, rows, count, key)
    return open_parcel(path, "carry-out 1", key.public)


def _seconds_to_record(parcel: Parcel, count: int, known: Known) -> float:
    start, report = time.perf_counter(), OpeningReport()
    found = sum(1 for _ in fullest(parcel.rows, [SECRET], known, report, Recorded(Columns(known))))
    assert found == count, report
    return time.perf_counter() - start


def _million(folder: Path, instrument: Instrument, known: Known) -> dict[str, float]:
    tenth = _seconds_to_record(_carried(folder, instrument, MILLION // 10), MILLION // 10, known)
    spent = _seconds_to_record(_carried(folder, instrument, MILLION), MILLION, known)
    peak = max(peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
    return {"million_s": spent, "million_peak_mb": peak, "million_of_ten_tenths": spent / (10 * tenth)}
