"""anjana on the same keys: run by the Python of its own environment.

Arguments: a CSV of the keys, and JSON of column -> level -> what each value from nought on is told as. The last line of
standard output: seconds and megabytes.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy
import pandas
from anjana.anonymity import k_anonymity

keys = pandas.read_csv(sys.argv[1], dtype=str)
levels = json.loads(Path(sys.argv[2]).read_text())
hierarchies = {
    column: {number: numpy.array(told) for number, told in enumerate(each)} for column, each in levels.items()
}
start = time.perf_counter()
k_anonymity(keys, [], list(levels), 5, 6, hierarchies)
spent = time.perf_counter() - start
sys.stdout.write(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000]) + "\n")
