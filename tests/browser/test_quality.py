"""Every page: accessible in light and dark, light in weight, in the colours that were chosen."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dashboard.models import Staff
from tests.browser.conftest import OpenWindow, Window
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser

PATHS = {
    "look-up": "/find/",
    "memories": "/tenants/{reference}/",
    "one memory": "/tenants/{reference}/memories/{memory_id}/",
    "correct one": "/tenants/{reference}/memories/{memory_id}/rectify/",
    "delete one": "/tenants/{reference}/memories/{memory_id}/delete/",
    "new request": "/tenants/{reference}/requests/new/",
    "holds": "/tenants/{reference}/holds/",
    "queue": "/requests/",
    "ended requests": "/requests/?state=ended",
    "audit log": "/audit/",
    "not found": "/nowhere/",
    "sign out": "/accounts/logout/",
    "change password": "/accounts/password/change/",
}


def _problems(window: Window) -> list[str]:
    """What axe finds. The window must bypass the CSP: axe styles its own probes inline."""
    found = Axe().run(window.page, options={"preload": False}).response["violations"]
    return [f"{problem['id']}: {node['html']}" for problem in found for node in problem["nodes"]]


def _paths(person: Person) -> dict[str, str]:
    [memory_id] = person.remember("Alice is vegetarian.")
    return {name: path.format(reference=person.tenant.reference, memory_id=memory_id) for name, path in PATHS.items()}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(open_window: OpenWindow, petra: Staff, alice: Person, colours: str) -> None:
    window = open_window(color_scheme=colours, bypass_csp=True).sign_in(petra)
    found = {}
    for name, path in _paths(alice).items():
        window.open(path)
        found[name] = _problems(window)
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_in_what_a_refresh_brings(
    open_window: OpenWindow, petra: Staff, alice: Person, colours: str
) -> None:
    alice.remember("Alice is vegetarian.")
    window = open_window(color_scheme=colours, bypass_csp=True).sign_in(petra)
    window.find(alice.user_id)
    window.page.get_by_role("link", name="Open memories").wait_for()
    assert _problems(window) == []
    window.browse(alice)
    window.search("food preferences")
    window.page.get_by_role("table").get_by_text("1 match").wait_for()
    assert _problems(window) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_the_sign_in_page(open_window: OpenWindow, colours: str) -> None:
    window = open_window(color_scheme=colours, bypass_csp=True)
    window.open("/accounts/login/")
    assert _problems(window) == []


def test_no_page_scrolls_sideways_on_a_phone(open_window: OpenWindow, petra: Staff, alice: Person) -> None:
    window = open_window(viewport={"width": 390, "height": 844}).sign_in(petra)
    for name, path in _paths(alice).items():
        window.open(path)
        assert window.page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_a_page_of_50_memories_weighs_under_100_kb_at_first_and_20_kb_after_when_gzipped(
    open_window: OpenWindow, sam: Staff, alice: Person
) -> None:
    alice.remember(*(f"Alice ordered item number {number} and wants it by Friday." for number in range(50)))
    window = open_window().sign_in(sam)
    window.browse(alice)
    window.page.wait_for_load_state("networkidle")
    parts = window.page.evaluate("performance.getEntriesByType('resource').map((part) => part.name)")
    document, *static = (_gzipped(window, address) for address in [window.page.url, *parts])
    assert len(static) >= 4
    assert document < 20_000
    assert document + sum(static) < 100_000


def _gzipped(window: Window, address: str) -> int:
    return len(gzip.compress(window.page.request.get(address).body()))


def test_the_colours_that_were_chosen_stay(window: Window, sam: Staff) -> None:
    window.sign_in(sam)
    window.page.get_by_role("button", name="Dark").click()
    window.open("/find/")
    expect(window.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(window.page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
