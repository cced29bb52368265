"""The phone's script as it is written, module by module, in a real browser: so that a table can be put to each part."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory
from playwright.sync_api import Browser, Page

from survey.serving import server

STATIC = Path(__file__).resolve().parents[1] / "survey" / "static"
SOURCE = STATIC / "source" / "phone"


def _modules() -> Flask:
    app = Flask("modules", static_folder=None)
    app.add_url_rule("/", "blank", lambda: Response("<!doctype html><title>Survey</title>", mimetype="text/html"))
    app.add_url_rule("/<name>", "module", lambda name: send_from_directory(SOURCE, name))
    # The built one: its source needs the packages that it is built from.
    app.add_url_rule("/sealing.js", "sealing", lambda: send_from_directory(STATIC, "sealing.js"))
    return app


@contextmanager
def modules(browser: Browser) -> Iterator[Page]:
    """A blank page at whose address the modules lie."""
    serving = server(_modules(), "127.0.0.1", 0)
    thread = threading.Thread(target=serving.run)
    thread.start()
    page = browser.new_page()
    try:
        page.goto(f"http://127.0.0.1:{serving.effective_port}/")
        yield page
    finally:
        page.close()
        serving.close()
        thread.join()


def run(page: Page, module: str, body: str, given: Any) -> Any:
    """What a few lines of script come to; they see the module as ``phone`` and what was handed over as ``given``.

    Both ways as JSON text: Playwright's own way loses a member that is named ``__proto__``.
    """
    script = f"""async (text) => {{
      const phone = await import('/{module}');
      const given = JSON.parse(text);
      const found = await (async () => {{ {body} }})();
      return JSON.stringify(found);
    }}"""
    return json.loads(page.evaluate(script, json.dumps(given)), parse_int=float)
