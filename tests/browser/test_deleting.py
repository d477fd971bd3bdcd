"""Petra deletes one memory, with JavaScript and without. All of a person: ``test_erasure_story.py``."""

import pytest
from playwright.sync_api import expect

from dashboard.models import Staff
from tests.browser.conftest import Window
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser


def test_petra_deletes_one_memory_and_the_other_stays(either_window: Window, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    page = either_window.sign_in(petra).page
    either_window.browse(alice)
    page.get_by_role("link", name="Alice is vegetarian.").click()
    page.get_by_role("link", name="Delete this memory").click()
    page.get_by_label("Ground").select_option("17-1-b")
    page.get_by_role("button", name="Delete this memory").click()
    expect(page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
    assert [memory.text for memory in alice.scope.get_all()] == ["Alice drives a red car."]


def test_a_double_click_deletes_once(window: Window, petra: Staff, alice: Person) -> None:
    [memory_id] = alice.remember("Alice is vegetarian.")
    window.sign_in(petra).open(f"/tenants/{alice.tenant.reference}/memories/{memory_id}/delete/")
    window.page.get_by_label("Ground").select_option("17-1-b")
    window.page.get_by_role("button", name="Delete this memory").dblclick()
    expect(window.page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
