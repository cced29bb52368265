"""What pycanon says of a table: run by the Python of its own environment, since its pins clash with ours.

Standard input: JSON with ``records`` (one object each), ``keys`` and ``sensitive``. Standard output: JSON, ``k`` and,
by sensitive column, ``l`` over the records that were asked.
"""

from __future__ import annotations

import json
import sys

import pandas
from pycanon import anonymity

said = json.load(sys.stdin)
records = pandas.DataFrame(said["records"])
found = {"k": int(anonymity.k_anonymity(records, said["keys"])), "l": {}}
for column in said["sensitive"]:
    asked = records[~records[column].isin(["[z]", "[c]"])].reset_index(drop=True)
    found["l"][column] = int(anonymity.l_diversity(asked, said["keys"], [column]))
sys.stdout.write(json.dumps(found))
