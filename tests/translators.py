"""The shipped catalogues, and copies of them for tests that change them."""

from __future__ import annotations

import shutil
from pathlib import Path

from survey.catalogues import Catalogues

SHIPPED = Catalogues.shipped()


def copied_into(folder: Path) -> Catalogues:
    """The shipped catalogues, copied into this folder."""
    copies = {name: Path(shutil.copytree(shipped, folder / name)) for name, shipped in SHIPPED.folders.items()}
    return Catalogues(copies, SHIPPED.english)
