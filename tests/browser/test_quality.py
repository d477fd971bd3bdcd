"""Every page: accessible in light and dark, light in weight, in the colours that were chosen."""

import pytest
from playwright.sync_api import expect

from dashboard.models import Staff
from tests.browser import inspecting
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


def _paths(person: Person) -> dict[str, str]:
    [memory_id] = person.remember("Alice is vegetarian.")
    return {name: path.format(reference=person.tenant.reference, memory_id=memory_id) for name, path in PATHS.items()}


def test_every_page_is_accessible_by_day_and_by_night_and_fits_on_a_phone_and_a_tablet(
    open_window: OpenWindow, petra: Staff, alice: Person
) -> None:
    window, found = open_window(bypass_csp=True).sign_in(petra), {}
    for name, path in _paths(alice).items():
        window.open(path)
        found[name] = inspecting.problems(window.page, inspecting.PHONE, inspecting.TABLET)
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_axe_finds_nothing_in_what_a_refresh_brings(open_window: OpenWindow, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    window = open_window(bypass_csp=True).sign_in(petra)
    window.find(alice.user_id)
    window.page.get_by_role("link", name="Open memories").wait_for()
    assert inspecting.problems(window.page) == []
    window.browse(alice)
    window.see_matches("food preferences")
    assert inspecting.problems(window.page, inspecting.PHONE, inspecting.TABLET) == []


def test_a_table_that_is_too_wide_scrolls_and_its_page_does_not(window: Window, petra: Staff, alice: Person) -> None:
    agent = "an-assistant-with-a-name-that-is-longer-than-any-other"
    alice.scope.add("Alice is vegetarian.", agent_id=agent, metadata={"category": "preferences-in-food"})
    window.sign_in(petra).browse(alice)
    window.page.set_viewport_size({"width": inspecting.TABLET, "height": 844})
    window.see_matches("vegetarian")
    table = window.page.locator("#memories .table")
    assert table.evaluate("(box) => box.scrollWidth > box.clientWidth")
    assert inspecting.sideways(window.page, inspecting.TABLET) == []


def test_axe_finds_nothing_on_the_sign_in_page(open_window: OpenWindow) -> None:
    window = open_window(bypass_csp=True)
    window.open("/accounts/login/")
    assert inspecting.problems(window.page) == []


def test_a_page_of_50_memories_weighs_under_100_kb_at_first_and_20_kb_after_when_gzipped(
    open_window: OpenWindow, sam: Staff, alice: Person
) -> None:
    alice.remember(*(f"Alice ordered item number {number} and wants it by Friday." for number in range(50)))
    window = open_window().sign_in(sam)
    window.browse(alice)
    window.page.wait_for_load_state("networkidle")
    document, *parts = inspecting.weights(window.page)
    assert len(parts) >= 4
    assert document < 20_000
    assert document + sum(parts) < 100_000


def test_the_colours_that_were_chosen_stay(window: Window, sam: Staff) -> None:
    window.sign_in(sam).open("/")
    window.page.get_by_role("button", name="Dark").click()
    window.open("/find/")
    expect(window.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(window.page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
