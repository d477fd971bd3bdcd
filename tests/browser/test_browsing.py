"""Sam narrows, searches and compares one person's memories."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.models import AuditEvent, Staff
from tests.browser import inspecting
from tests.browser.conftest import OpenWindow, Window
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser


def _remember(alice: Person) -> None:
    alice.scope.add("Alice is vegetarian.", agent_id="waiter", metadata={"category": "food", "told_by": "Ms Example"})
    alice.scope.add("Alice eats no eggs.", agent_id="waiter", run_id="r-1", metadata={"category": "food"})
    alice.scope.add("Alice drives a red car.", agent_id="driver", metadata={"category": "cars"})


def test_sam_narrows_the_list_and_widens_it_again(either_window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    either_window.sign_in(sam).browse(alice)
    page = either_window.page
    page.locator("summary", has_text="Filter").click()
    page.get_by_role("textbox", name="Agent").fill("waiter")
    page.get_by_label("Metadata key").fill("told_by")
    page.get_by_label("Metadata value").fill("Ms Example")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("table").get_by_text("1 memory")).to_be_visible()
    assert "Example" not in page.url
    page.get_by_role("link", name="Take away the filter told_by = Ms Example").click()
    expect(page.get_by_role("table").get_by_text("2 memories")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("table").get_by_text("1 memory")).to_be_visible()
    page.reload()
    expect(page.get_by_role("table").get_by_text("1 memory")).to_be_visible()


def test_a_search_stays_while_filters_and_columns_change(either_window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    either_window.sign_in(sam).browse(alice)
    either_window.see_matches("vegetarian")
    page = either_window.page
    page.locator("summary", has_text="Filter").click()
    page.get_by_role("textbox", name="Agent").fill("waiter")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="Run").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Run")).to_be_visible()
    either_window.search("eggs")
    expect(page.locator("mark").first).to_have_text("eggs")
    page.get_by_role("link", name="Take away the filter agent: waiter").click()
    expect(page.get_by_role("table").get_by_text("3 matches")).to_be_visible()
    expect(page.get_by_label("Search this person")).to_have_value("eggs")
    assert "eggs" not in page.url
    page.get_by_role("link", name="Show all memories").click()
    expect(page.get_by_role("table").get_by_text("3 memories")).to_be_visible()
    page.locator("summary", has_text="Filter").click()
    page.get_by_role("textbox", name="Agent").fill("driver")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("table").get_by_text("1 memory")).to_be_visible()


def test_sam_chooses_columns(either_window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    either_window.sign_in(sam).browse(alice)
    page = either_window.page
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="Run").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Run")).to_be_visible()
    expect(page.get_by_role("cell", name="r-1")).to_be_visible()


def test_typing_finds_without_a_click_and_once(window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    window.sign_in(sam).browse(alice)
    window.page.get_by_label("Search this person").press_sequentially("vegetarian", delay=20)
    expect(window.page.locator("mark").first).to_have_text("vegetarian")
    expect(window.page.get_by_label("Search this person")).to_be_focused()
    assert AuditEvent.objects.filter(action="memories-searched").count() == 1


def test_the_whole_list_takes_its_box_along_and_the_slider_still_follows(
    window: Window, sam: Staff, alice: Person
) -> None:
    _remember(alice)
    window.sign_in(sam).browse(alice)
    window.see_matches("vegetarian")
    page, score = window.page, window.page.get_by_label("Lowest score", exact=True)
    expect(page).to_have_title(f"Search in {alice.tenant.reference} · memadmin")
    page.get_by_role("link", name="Show all memories").click()
    expect(page.get_by_label("Search this person")).to_have_value("")
    expect(page).to_have_title(f"Memories of {alice.tenant.reference} · memadmin")
    score.fill("0.5")
    expect(page.get_by_role("slider")).to_have_value("0.5")
    window.see_matches("vegetarian")


def test_a_slow_answer_never_replaces_a_newer_one(window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    window.sign_in(sam).browse(alice)
    held = []
    window.page.route("**/search/", lambda route: held.append(route) if not held else route.continue_())
    box = window.page.get_by_label("Search this person")
    box.fill("car")
    window.page.wait_for_timeout(500)
    box.fill("eggs")
    expect(window.page.locator("mark").first).to_have_text("eggs")
    assert len(held) == 1
    held[0].abort()
    expect(window.page.locator("mark").first).to_have_text("eggs")
    expect(window.page.locator("#trouble")).to_be_hidden()


def test_the_slider_decides_what_is_too_far_off(window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    window.sign_in(sam).browse(alice)
    window.search("vegetarian")
    expect(window.page.get_by_role("table").get_by_text("3 matches")).to_be_visible()
    slider = window.page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(window.page.get_by_role("heading", name="Nothing scores 1 or more")).to_be_visible()
    expect(window.page.get_by_label("Lowest score", exact=True)).to_have_value("1")
    slider.press("Home")
    expect(window.page.get_by_role("table").get_by_text("3 matches")).to_be_visible()


def test_without_javascript_the_score_is_a_number(open_window: OpenWindow, sam: Staff, alice: Person) -> None:
    _remember(alice)
    window = open_window(java_script_enabled=False).sign_in(sam)
    window.browse(alice)
    window.page.get_by_label("Lowest score", exact=True).fill("1")
    window.search("vegetarian")
    expect(window.page.get_by_role("heading", name="Nothing scores 1 or more")).to_be_visible()
    expect(window.page.get_by_role("slider")).to_have_count(0)


def test_sam_goes_on_to_what_is_similar(either_window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    either_window.sign_in(sam).browse(alice)
    either_window.see_matches("vegetarian")
    either_window.page.get_by_role("link", name="Similar to this one").first.click()
    expect(either_window.page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    expect(either_window.page.locator("blockquote")).to_have_text("Alice is vegetarian.")


def test_the_overview_comes_by_itself(window: Window, sam: Staff, alice: Person) -> None:
    _remember(alice)
    window.sign_in(sam).browse(alice)
    overview = window.page.get_by_role("region", name="Overview")
    expect(overview.get_by_role("img", name="Memories over time")).to_be_visible()
    overview.get_by_role("link", name="waiter 2").click()
    expect(window.page.get_by_role("table").get_by_text("2 memories")).to_be_visible()
    expect(overview).to_have_count(0)


def test_without_javascript_the_overview_is_a_page(open_window: OpenWindow, sam: Staff, alice: Person) -> None:
    _remember(alice)
    window = open_window(java_script_enabled=False).sign_in(sam)
    window.browse(alice)
    window.page.get_by_role("link", name="Overview").click()
    expect(window.page.get_by_role("img", name="Memories over time")).to_be_visible()


def test_closing_the_person_asks_for_a_purpose_again(either_window: Window, sam: Staff, alice: Person) -> None:
    either_window.sign_in(sam).browse(alice)
    either_window.page.get_by_role("button", name="Close").click()
    expect(either_window.page).to_have_url(re.compile("/find/$"))


def test_axe_finds_nothing_while_browsing(open_window: OpenWindow, petra: Staff, alice: Person) -> None:
    _remember(alice)
    [memory_id] = alice.remember("Alice likes tea.")
    window = open_window(bypass_csp=True).sign_in(petra)
    address = f"/tenants/{alice.tenant.reference}/"
    found = {}
    for path in ("?since=bad", "", "overview/", f"memories/{memory_id}/similar/", "?agent=waiter&state=live"):
        window.open(address + path)
        window.page.wait_for_load_state("networkidle")
        for summary in window.page.locator(".tools summary").all():
            summary.click()
        found[path] = inspecting.problems(window.page)
    window.page.get_by_label("Search this person").fill("vegetarian")
    window.page.locator("mark").first.wait_for()
    found["search"] = inspecting.problems(window.page)
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_nothing_scrolls_sideways_on_a_phone(open_window: OpenWindow, petra: Staff, alice: Person) -> None:
    _remember(alice)
    window = open_window(viewport={"width": 390, "height": 844}).sign_in(petra)
    for path in ("", "overview/", "?agent=waiter", "?since=bad&agent=two+words", "?cursor=xxx"):
        window.open(f"/tenants/{alice.tenant.reference}/{path}")
        window.page.wait_for_load_state("networkidle")
        for summary in window.page.locator(".tools summary").all():
            summary.click()
        assert window.page.evaluate("document.documentElement.scrollWidth") <= 390, path
