"""`make pages`: the main screens as small pictures in docs/pages, for whoever wants to see before installing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser
from real_browser import PHONE, TABLET, chromium
from screens import ON_A_TABLET, ON_BOTH, in_their_language, screen, shown, victim_voice

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pages"
ON_THE_PHONE = ("start", "question", "thanks", "safety")


def main() -> None:
    """Render every screen of the tablet, a few of the phone, and the first question in every language."""
    PICTURES.mkdir(exist_ok=True)
    with chromium() as browser:
        languages(browser)
        for name in (*ON_A_TABLET, *(f"phone-{each}" for each in ON_THE_PHONE)):
            on_phone = name.startswith("phone-")
            which, size = name.removeprefix("phone-"), PHONE if on_phone else TABLET
            assert not on_phone or which in ON_BOTH
            with (
                tempfile.TemporaryDirectory() as folder,
                shown(Path(folder), "link" if on_phone else "kiosk") as tablet,
                screen(browser, tablet, which, size, device_scale_factor=0.6) as person,
            ):
                person.page.screenshot(path=PICTURES / f"{name}.png", full_page=which not in {"cover", "long-list"})


def languages(browser: Browser) -> None:
    """The first question as a tablet shows it, in every language: docs/pages/languages/CODE.png."""
    (PICTURES / "languages").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, shown(Path(folder)) as tablet:
        for code in victim_voice().languages:
            with screen(browser, tablet, "start", TABLET, device_scale_factor=0.5) as person:
                in_their_language(person, code)
                person.page.screenshot(path=PICTURES / "languages" / f"{code}.png")


if __name__ == "__main__":
    main()
