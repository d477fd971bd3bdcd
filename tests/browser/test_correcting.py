"""Petra corrects a fact and deletes another, and Aude reads that it happened, not what it said."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import AuditEvent, Staff
from tests.browser import inspecting
from tests.browser.conftest import OpenWindow, Window
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser

PORTO, LISBON = "Alice lives in Porto.", "Alice lives in Lisbon."


def _open_correction(window: Window, person: Person, memory_id: str) -> Page:
    window.open(f"/tenants/{person.tenant.reference}/memories/{memory_id}/rectify/")
    return window.page


def _check(page: Page, text: str) -> None:
    page.get_by_label("Wording").fill(text)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="What would change").wait_for()
    page.get_by_label("Reason").fill("The person said so, ticket 4711.")


def test_petra_finds_and_corrects_a_fact_and_deletes_another(
    either_window: Window, petra: Staff, alice: Person
) -> None:
    alice.remember(PORTO, "Alice drives a red car.")
    page = either_window.sign_in(petra).page
    either_window.browse(alice)
    either_window.see_matches("where does she live")
    page.get_by_role("link", name=PORTO).click()
    page.get_by_role("link", name="Correct the wording").click()
    _check(page, LISBON)
    expect(page.locator("del")).to_contain_text("Porto")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="the old wording is gone")).to_be_visible()
    page.get_by_role("link", name="Back to this person").click()
    page.get_by_role("link", name=LISBON).click()
    expect(page.get_by_text("Porto")).to_have_count(0)
    either_window.browse(alice)
    page.get_by_role("link", name="red car").click()
    page.get_by_role("link", name="Delete this memory").click()
    page.get_by_label("Ground").select_option("17-1-b")
    page.get_by_role("button", name="Delete this memory").click()
    expect(page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
    assert [memory.text for memory in alice.scope.get_all()] == [LISBON]


def test_aude_sees_the_correction_in_the_audit_log_and_not_the_words(
    open_window: OpenWindow, petra: Staff, aude: Staff, alice: Person
) -> None:
    (memory_id,) = alice.remember(PORTO)
    page = _open_correction(open_window().sign_in(petra), alice, memory_id)
    _check(page, LISBON)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="the old wording is gone").wait_for()
    auditor = open_window().sign_in(aude)
    auditor.open("/audit/")
    expect(auditor.page.get_by_role("cell", name="Corrected one memory")).to_be_visible()
    expect(auditor.page.get_by_text("Porto")).to_have_count(0)


def test_a_double_click_on_save_saves_once(window: Window, petra: Staff, alice: Person) -> None:
    (memory_id,) = alice.remember(PORTO)
    page = _open_correction(window.sign_in(petra), alice, memory_id)
    _check(page, LISBON)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("heading", name="the old wording is gone")).to_be_visible()
    assert AuditEvent.objects.filter(action="memory-rectified").count() == 1


def test_back_after_saving_leads_to_the_form_with_the_new_wording(window: Window, petra: Staff, alice: Person) -> None:
    (memory_id,) = alice.remember(PORTO)
    page = _open_correction(window.sign_in(petra), alice, memory_id)
    _check(page, LISBON)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="the old wording is gone").wait_for()
    page.go_back()
    expect(page.get_by_label("Wording")).to_have_value(LISBON)
    assert AuditEvent.objects.filter(action="memory-rectified").count() == 1


def test_the_second_of_two_tabs_is_told_that_the_memory_has_changed(
    window: Window, petra: Staff, alice: Person
) -> None:
    (memory_id,) = alice.remember(PORTO)
    first = _open_correction(window.sign_in(petra), alice, memory_id)
    _check(first, LISBON)
    second = first.context.new_page()
    second.goto(f"{window.address}/tenants/{alice.tenant.reference}/memories/{memory_id}/rectify/")
    _check(second, "Alice lives in Faro.")
    first.get_by_role("button", name="Save").click()
    first.get_by_role("heading", name="the old wording is gone").wait_for()
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_text("Somebody changed this memory")).to_be_visible()
    expect(second.locator("del")).to_contain_text("Lisbon")
    assert alice.scope.get(memory_id)["memory"] == LISBON


def test_what_is_veiled_is_revealed_one_by_one(either_window: Window, petra: Staff, alice: Person) -> None:
    (memory_id,) = alice.remember("Pays with 4242 4242 4242 4242, mails maria@example.com.")
    page = either_window.sign_in(petra).page
    either_window.open(f"/tenants/{alice.tenant.reference}/memories/{memory_id}/")
    page.get_by_role("button", name="Reveal the card number", exact=True).click()
    expect(page.locator("blockquote mark")).to_have_text("4242 4242 4242 4242")
    expect(page.get_by_text("maria@example.com")).to_have_count(0)
    expect(page.get_by_role("button", name="Reveal the e-mail address", exact=True)).to_be_visible()


def test_what_is_veiled_in_metadata_and_history_is_revealed_too(
    either_window: Window, petra: Staff, alice: Person
) -> None:
    memory_id = alice.scope.add("Pays with 4242 4242 4242 4242.", metadata={"contact": "maria@example.com"}).ids[0]
    alice.scope.update(memory_id, "Pays cash.")
    page = either_window.sign_in(petra).page
    either_window.open(f"/tenants/{alice.tenant.reference}/memories/{memory_id}/")
    page.get_by_role("table").get_by_role("button", name="Reveal the e-mail address").click()
    expect(page.get_by_role("table").locator("mark")).to_have_text("maria@example.com")
    page.get_by_role("listitem").first.get_by_role("button", name="Reveal the card number in the history").click()
    expect(page.get_by_role("listitem").first.locator("mark")).to_have_text("4242 4242 4242 4242")


def test_petra_restricts_a_memory_and_lifts_it(either_window: Window, petra: Staff, alice: Person) -> None:
    (memory_id,) = alice.remember(PORTO)
    page = either_window.sign_in(petra).page
    either_window.open(f"/tenants/{alice.tenant.reference}/memories/{memory_id}/")
    for button, says in [("Restrict this memory", "does not get this"), ("Lift the restriction", "gets this memory")]:
        page.locator("summary").click()
        page.get_by_label("Reason").fill("Accuracy contested.")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status").filter(has_text=says)).to_be_visible()


def test_petra_ticks_two_memories_and_deletes_them(either_window: Window, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.", PORTO)
    page = either_window.sign_in(petra).page
    either_window.browse(alice)
    page.get_by_role("checkbox", name="Choose memory 2").check()
    page.get_by_role("checkbox", name="Choose memory 3").check()
    page.get_by_role("button", name="Delete the chosen").click()
    page.get_by_label("Ground").select_option("17-1-b")
    page.get_by_role("button", name="Delete 2 memories").click()
    expect(page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
    assert [memory.text for memory in alice.scope.get_all()] == [PORTO]


def test_all_that_a_search_found_are_chosen_at_once_and_given_up_again(
    window: Window, petra: Staff, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.", PORTO)
    window.sign_in(petra).browse(alice)
    window.search("food")
    window.page.get_by_role("link", name="Similar").first.wait_for()
    for ticked in (True, False):
        window.page.get_by_role("button", name="Choose all on this page").click()
        for number in (1, 2):
            expect(window.page.get_by_label(f"Choose memory {number}")).to_be_checked(checked=ticked)


def test_without_javascript_nothing_is_offered_that_would_need_it(
    open_window: OpenWindow, petra: Staff, alice: Person
) -> None:
    alice.remember(PORTO)
    window = open_window(java_script_enabled=False).sign_in(petra)
    window.browse(alice)
    expect(window.page.get_by_text("Choose all on this page")).to_be_hidden()


def test_axe_finds_nothing_where_memories_are_corrected(open_window: OpenWindow, petra: Staff, alice: Person) -> None:
    (memory_id,) = alice.remember(f"{PORTO} Pays with 4242 4242 4242 4242.")
    window = open_window(bypass_csp=True).sign_in(petra)
    window.open(f"/tenants/{alice.tenant.reference}/memories/{memory_id}/")
    window.page.get_by_role("button", name="Reveal the card number", exact=True).click()
    window.page.locator("mark").wait_for()
    window.page.locator("summary").click()
    found = inspecting.problems(window.page)
    page = _open_correction(window, alice, memory_id)
    found += inspecting.problems(window.page)
    _check(page, LISBON)
    found += inspecting.problems(window.page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="the old wording is gone").wait_for()
    found += inspecting.problems(window.page)
    window.browse(alice)
    window.page.get_by_role("checkbox", name="Choose memory 1").check()
    found += inspecting.problems(window.page)
    window.page.get_by_role("button", name="Delete the chosen").click()
    window.page.get_by_role("heading", name="Delete memories").wait_for()
    assert found + inspecting.problems(window.page) == []
