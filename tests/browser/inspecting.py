"""What is wrong with the page that is shown: for everybody's eyes by day and by night, on a phone, in weight."""

import gzip
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

PHONE, TABLET, SMALLEST = 390, 800, 320
"""Widths of a phone, of a tablet, and of a page that is magnified four times (WCAG 1.4.10)."""

_AXE = Axe()
_EVERY_RULE: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]}
_RULES_ABOUT_COLOUR = {**_EVERY_RULE, "runOnly": ["color-contrast", "link-in-text-block"]}
"""All that can differ by night: a style sheet changes colours there, and nothing else."""


def problems(page: Page, *widths: int) -> list[str]:
    """What axe finds by day and by night, and how much wider than each of ``widths`` the page is.

    The page's window must bypass the CSP: axe styles its own probes inline.
    """
    return [*by_day(page), *by_night(page), *(said for width in widths for said in sideways(page, width))]


def by_day(page: Page) -> list[str]:
    return _violations(page, "light", _EVERY_RULE)


def by_night(page: Page) -> list[str]:
    """What the night's colours do; what else is wrong, ``by_day`` says."""
    return _violations(page, "dark", _RULES_ABOUT_COLOUR)


def _violations(page: Page, colours: Any, options: dict[str, Any]) -> list[str]:
    page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # else colours fade from one to the other
    try:
        found = _AXE.run(page, options=options).response["violations"]
    finally:
        page.emulate_media(color_scheme="null", reduced_motion="null")  # as it was
    return [f"{colours}, {problem['id']}: {node['html']}" for problem in found for node in problem["nodes"]]


def sideways(page: Page, width: int) -> list[str]:
    """That it scrolls sideways in a window of that width."""
    before: ViewportSize | None = page.viewport_size
    assert before
    page.set_viewport_size({"width": width, "height": 844})
    needed = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(before)
    return [f"{needed} pixels wide in a window of {width}"] if needed > width else []


def weights(page: Page) -> list[int]:
    """Bytes of its markup, and of each part that it loaded, gzipped."""
    parts = page.evaluate("performance.getEntriesByType('resource').map((part) => part.name)")
    bodies = (page.request.get(part).body() for part in parts if "/static/" in part)
    return [len(gzip.compress(body)) for body in (page.content().encode(), *bodies)]
