"""What came of it, told to the tablets: how many answered, in how many releases; counted from what is published."""

from __future__ import annotations

from export.centre.instance import Centre
from export.manifest import Manifest
from survey.notices import Figure, Notices, write_notices

ANSWERED, RELEASED = "people have answered", "releases have been published"


def renew_notices(centre: Centre, published: list[Manifest]) -> None:
    """Sign new notices after a publication; figures of other kinds and wording trials stay as they were told.

    A response is in the records of one release only, so the records of all releases add up to people.

    Raises:
        NotYetTold: no authority is pinned.
        NoticesRefused: the keys file names another content key than this centre's.
    """
    briefing = centre.told()
    held = briefing.notices() or Notices(centre.clock.day())
    counted = (
        Figure(ANSWERED, sum(manifest.records for manifest in published)),
        Figure(RELEASED, len(published)),
    )
    others = tuple(figure for figure in held.figures if figure.label not in {ANSWERED, RELEASED})
    notices = Notices(centre.clock.day(), (*counted, *others), held.trials)
    briefing.take_notices(write_notices(notices, centre.content_key))
