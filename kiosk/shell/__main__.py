"""``python -m kiosk.shell ADDRESS PROFILE BROWSER...``: the browser's outer loop, started by sway's configuration."""

from __future__ import annotations

import sys
from pathlib import Path

from kiosk.shell.loop import main

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
