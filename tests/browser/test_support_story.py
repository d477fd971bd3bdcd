"""The whole story of a support desk, from an e-mail address to the line in the audit log."""

import pytest
from playwright.sync_api import expect

from dashboard.models import Staff
from tests.browser.conftest import OpenWindow
from tests.desk.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.purpose]


def test_petra_finds_alice_by_e_mail_says_why_corrects_one_fact_deletes_another_and_aude_reads_it(
    open_window: OpenWindow, petra: Staff, aude: Staff, alice: Person
) -> None:
    alice.remember("Alice lives in Porto.", "Alice drives a red car.")
    tenant = alice.tenant
    tenant.email = "alice@example.org"
    tenant.save()

    window = open_window().sign_in_by_hand(petra)
    page = window.page
    page.get_by_role("searchbox").fill("Alice@example.org")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("main").get_by_role("link", name=alice.user_id).first.click()

    page.get_by_label("What is it about?").select_option("wrong-memory")
    page.get_by_label("Ticket").fill("T-4711")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text("ticket T-4711")).to_be_visible()

    window.see_matches("where does she live")
    page.get_by_role("link", name="Porto").first.click()
    page.get_by_role("link", name="Correct the wording").click()
    page.get_by_label("Wording").fill("Alice lives in Lisbon.")
    page.get_by_role("button", name="Check").click()
    page.get_by_label("Reason").fill("She has moved.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="the old wording is gone")).to_be_visible()

    page.get_by_role("link", name="Back to this person").click()
    page.get_by_role("link", name="red car").click()
    page.get_by_role("link", name="Delete this memory").click()
    page.get_by_label("Ground").select_option("17-1-b")
    page.get_by_role("button", name="Delete this memory").click()
    expect(page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
    assert [memory.text for memory in alice.scope.get_all()] == ["Alice lives in Lisbon."]

    reading = open_window().sign_in_by_hand(aude).page
    for said in ("Stated why they open a person", "Corrected", "Deleted one memory"):
        expect(reading.get_by_role("cell", name=said).first).to_be_visible()
    expect(reading.get_by_text("Porto")).to_have_count(0)
