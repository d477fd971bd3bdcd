"""``make screenshots``: the README's pictures, from a demo of its own in a temporary folder."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from memadmin.memory import your_data_token
from tests.browser.chromium import SWITCHES, find_chromium

FOLDER = Path(__file__).parent / "screenshots"
PORT = 8123
ADDRESS = f"http://127.0.0.1:{PORT}"
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "color_scheme": "light", "device_scale_factor": 2},
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="memadmin-screenshots-") as var,
        _demo(Path(var)) as passwords,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=SWITCHES)
        for look, options in LOOKS.items():
            _shoot(browser, look, options, passwords)
            if look != "dark":
                _shoot_your_data(browser, look, options, Path(var))
        browser.close()


@contextmanager
def _demo(var: Path) -> Iterator[dict[str, str]]:
    """A running demo; gives the passwords by username."""
    environment = {**os.environ, "MEMADMIN_VAR_DIR": str(var)}
    demo = subprocess.Popen([sys.executable, "manage.py", "demo", "--port", str(PORT)], env=environment)
    try:
        for _ in range(240):
            if _answers():
                break
            time.sleep(0.5)
        yield json.loads((var / "demo-accounts.json").read_text())
    finally:
        demo.terminate()
        demo.wait()


def _answers() -> bool:
    try:
        return urllib.request.urlopen(f"{ADDRESS}/accounts/login/").status == 200  # noqa: S310 - loopback
    except urllib.error.URLError:
        return False


def _shoot(browser: Browser, look: str, options: dict, passwords: dict[str, str]) -> None:
    page = _signed_in(browser, "petra", passwords, **options)
    _open_tenant(page)
    _save(page, "memories", look)
    if look == "light":
        _shoot_the_rest(page)
        _ask(_signed_in(browser, "sam", passwords))
    page.goto(f"{ADDRESS}/requests/")
    _save(page, "queue", look)
    page.locator("main table a").first.click()
    _save(page, "request", look)
    page.context.close()


def _shoot_your_data(browser: Browser, look: str, options: dict, var: Path) -> None:
    """What one person sees of themselves."""
    page = browser.new_context(**options).new_page()
    token = your_data_token("u_1042", secret=(var / "your-data-secret").read_text().strip())
    page.goto(f"{ADDRESS}/your-data/enter?token={token}")
    _save(page, "your-data", look)
    page.locator(".cards a").first.click()
    _save(page, "your-data-memory", look)
    page.context.close()


def _signed_in(browser: Browser, username: str, passwords: dict[str, str], **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(ADDRESS)
    page.fill("[name=login]", username)
    page.fill("[name=password]", passwords[username])
    page.keyboard.press("Enter")
    page.wait_for_url("**/find/")
    return page


def _open_tenant(page: Page) -> None:
    page.fill("[name=person]", "u_1042")
    page.keyboard.press("Enter")
    page.locator("main a[href*='/tenants/']").first.click()
    page.wait_for_url("**/tenants/**")
    if "/purpose/" in page.url:
        page.get_by_label("Ticket").fill("T-4711")
        page.get_by_role("button", name="Open", exact=True).click()
        page.locator("#overview svg").wait_for()


def _ask(page: Page) -> None:
    """Sam asks for an erasure; Petra will see it waiting."""
    _open_tenant(page)
    page.get_by_role("link", name="Erase everything").click()
    page.get_by_label("Ground").select_option("17-1-b")
    page.get_by_label("Ticket").fill("T-4711")
    page.get_by_role("button", name="Take the request in").click()
    page.get_by_role("button", name="Preview and ask for approval").click()
    page.get_by_role("heading", name="Awaiting approval").wait_for()
    page.context.close()


def _shoot_the_rest(page: Page) -> None:
    page.fill("[name=query]", "food preferences")
    page.keyboard.press("Enter")
    page.locator("caption", has_text="The best").wait_for()
    _save(page, "search", "light")
    page.locator("main table a").first.click()
    page.wait_for_load_state()
    _save(page, "memory", "light")
    page.get_by_role("link", name="Correct the wording").click()
    box = page.get_by_label("Wording")
    box.fill(re.sub(r"\S+$", "and fish", box.input_value()))
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="What would change").wait_for()
    _save(page, "rectify", "light")
    page.goto(f"{ADDRESS}/audit/")
    _save(page, "audit", "light")


def _save(page: Page, name: str, look: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}-{look}.png")


if __name__ == "__main__":
    main()
