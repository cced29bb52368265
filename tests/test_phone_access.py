"""The screens that only a phone has are as open to everybody as the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_a_phone import a_phone
from phone_screens import ON_A_PHONE, phone_shown
from playwright.sync_api import Browser
from test_browser_access import check_every_size

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ON_A_PHONE)
def test_the_screens_of_a_phone_are_open_to_everybody(tmp_path: Path, browser: Browser, name: str) -> None:
    with phone_shown(tmp_path / "centre") as served, a_phone(browser, served) as person:
        ON_A_PHONE[name](person, served)
        assert person.page.locator("h1").count() == 1
        assert person.page.title().removeprefix("Error: ") == "Survey"
        check_every_size(person)
        person.wrong = [line for line in person.wrong if "502" not in line]
