"""POST /intake/rows: a packet in, one durable commit, then a signed receipt.

The id of a row is the hash of its bytes, so the same packet eight times at once is the same packet. Nothing is
written about who sent it: a row keeps its door, and no more (design.md, 'Request').
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Response, request

from export.centre.arrivals import kept, rows_of
from export.centre.instance import Centre
from export.centre.tablets import Tablets
from export.centre.together import Together
from survey.receipt import write_receipt


@dataclass(frozen=True)
class Intake:
    """The view that takes packets."""

    centre: Centre
    tablets: Tablets
    together: Together

    def rows(self) -> Response:
        """Check, keep, answer with a receipt; every fault answers without one, and the tablet keeps its rows."""
        body = request.get_data(cache=False)
        nonce = self.tablets.admitted(body)
        packet = rows_of(body)
        hashes = [hashlib.sha256(row).digest() for row in packet]
        results = list(zip(hashes, kept(self.centre, packet, self.together.put), strict=True))
        return Response(write_receipt(nonce, results, self.centre.intake_key), mimetype="text/plain")
