"""Petra deletes one memory and all of them, with JavaScript and without."""

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


def test_petra_deletes_everything_and_sees_the_count_of_each_place(
    either_window: Window, petra: Staff, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    page = either_window.sign_in(petra).page
    either_window.browse(alice)
    page.get_by_role("link", name="Delete all memories").click()
    page.get_by_label("Type the reference").fill(alice.tenant.reference)
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
    row = page.get_by_role("row", name="Memories the facts")
    expect(row).to_contain_text("clean")
    expect(row.get_by_role("cell").first).to_have_text("2")
    assert alice.scope.residue().clean


def test_a_wrong_reference_deletes_nothing(either_window: Window, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    page = either_window.sign_in(petra).page
    either_window.open(f"/tenants/{alice.tenant.reference}/delete-all/")
    page.get_by_label("Type the reference").fill("AAAA-AAAA-AA")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("Nothing was deleted.")).to_be_visible()
    assert alice.scope.count() == 1


def test_deleting_nothing_is_a_result_of_its_own(window: Window, petra: Staff, alice: Person) -> None:
    window.sign_in(petra).open(f"/tenants/{alice.tenant.reference}/delete-all/")
    window.page.get_by_label("Type the reference").fill(alice.tenant.reference)
    window.page.get_by_role("button", name="Delete everything").click()
    expect(window.page.get_by_role("heading", name="There was nothing to delete")).to_be_visible()


def test_a_double_click_deletes_once(window: Window, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    window.sign_in(petra).open(f"/tenants/{alice.tenant.reference}/delete-all/")
    window.page.get_by_label("Type the reference").fill(alice.tenant.reference)
    window.page.get_by_role("button", name="Delete everything").dblclick()
    expect(window.page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
