"""New files on disk under a centre that runs: phones are told to keep what that centre serves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_IN_A_PROCESS_OF_ITS_OWN = """
import hashlib, json, re, sys
from pathlib import Path
from centre_world import LINKED, World
from export.centre.app import centre_app
from export.centre.link import Links
from survey import phone_pages
from werkzeug.test import Client

static = Path(phone_pages.__file__).parent / "static"
assert static == Path(sys.argv[1], "survey", "static")
world = World(Path(sys.argv[1]) / "centre")
centre = world.opened()
world.tell(centre)
client = Client(Links(centre, centre_app(centre)))
assert client.get(f"/s/{LINKED}/").status_code == 200
for name in ("phone.js", "worker.js", "sealing.js", "heard.css", "icon.svg", "symbols.svg", "fonts/fonts.css"):
    with (static / name).open("a") as file:
        file.write("\\n")
worker = client.get(f"/s/{LINKED}/worker.js").text
kept = json.loads(re.match(r"self\\.heard=(.*?});", worker)[1])["files"]
served = {address: hashlib.sha256(client.get(address).data).hexdigest()[:32] for address in kept}
assert served == kept, [address for address in kept if served[address] != kept[address]]
assert worker.endswith(client.get(f"/s/{LINKED}/static/worker.js").text), "one version, whole"
centre.close()
print("kept", len(kept))
"""


def test_a_phones_worker_is_told_of_the_files_that_this_centre_serves(tmp_path: Path) -> None:
    for package in ("forms", "export"):
        (tmp_path / package).symlink_to(ROOT / package)
    (tmp_path / "survey").mkdir()
    for each in (ROOT / "survey").iterdir():
        if each.name == "static":
            shutil.copytree(each, tmp_path / "survey" / "static")
        elif each.name != "__pycache__":
            (tmp_path / "survey" / each.name).symlink_to(each)
    ran = subprocess.run(
        [sys.executable, "-c", _IN_A_PROCESS_OF_ITS_OWN, str(tmp_path)],
        capture_output=True, check=False, cwd=tmp_path, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'tests'}", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "kept 9\n"
