"""`make pages`: the main screens as small pictures in docs/pages, for whoever wants to see before installing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from on_a_phone import a_phone
from phone_screens import ON_A_PHONE, phone_shown
from playwright.sync_api import Browser
from real_browser import TABLET, chromium
from screens import ON_A_TABLET, in_their_language, screen, shown, victim_voice

REFUSED = ("403", "502")
"""What the browser notes of a card that is no good, and of a network that is not there: what these screens show."""
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pages"


def main() -> None:
    """Render every screen of the tablet, a few of the phone, and the first question in every language."""
    PICTURES.mkdir(exist_ok=True)
    with chromium() as browser:
        languages(browser)
        for name in ON_A_TABLET:
            with (
                tempfile.TemporaryDirectory() as folder,
                shown(Path(folder)) as tablet,
                screen(browser, tablet, name, TABLET, device_scale_factor=0.6) as person,
            ):
                person.page.screenshot(path=PICTURES / f"{name}.png", full_page=name not in {"cover", "long-list"})
        for name, walk in ON_A_PHONE.items():
            with (
                tempfile.TemporaryDirectory() as folder,
                phone_shown(Path(folder)) as served,
                a_phone(browser, served, device_scale_factor=0.6) as person,
            ):
                walk(person, served)
                person.page.screenshot(path=PICTURES / f"phone-{name}.png", full_page=True)
                person.wrong = [line for line in person.wrong if not any(status in line for status in REFUSED)]


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
