"""The desk from the keyboard."""

import pytest
from playwright.sync_api import expect

from dashboard.models import Staff
from tests.browser.conftest import OpenWindow, Window
from tests.desk.conftest import Person
from tests.factories import TenantFactory

pytestmark = pytest.mark.browser


def _focused(window: Window) -> str:
    return str(window.page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))


@pytest.fixture
def numbers(store: None) -> None:
    for number in (1, 2):
        TenantFactory(user_id=f"key-{number}", display_name=f"Number {number}")


def test_a_slash_leads_to_the_look_up_box_from_any_page(window: Window, petra: Staff) -> None:
    window.sign_in(petra).open("/requests/")
    window.page.keyboard.press("/")
    window.page.wait_for_url("**/find/")
    expect(window.page.locator("#id_person")).to_be_focused()
    expect(window.page.locator("#id_person")).to_have_value("")


def test_a_slash_in_a_field_is_a_slash(window: Window, sam: Staff, alice: Person) -> None:
    window.sign_in(sam).browse(alice)
    field = window.page.get_by_label("Search this person")
    field.press("/")
    expect(field).to_have_value("/")


def test_arrows_move_in_the_results_and_enter_opens(window: Window, sam: Staff, numbers: None) -> None:
    window.sign_in(sam).find("key-")
    window.page.get_by_role("link", name="key-1").wait_for()
    window.page.locator("#id_person").focus()
    visited = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown"):
        window.page.keyboard.press(key)
        visited.append(_focused(window))
    assert visited == ["key-1", "key-2", "key-2", "key-1", "person", "key-1"]
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/tenants/**")


def test_a_question_mark_shows_the_keys_and_escape_closes_them(window: Window, sam: Staff) -> None:
    window.sign_in(sam).open("/find/")
    window.page.locator("main").focus()
    window.page.keyboard.press("?")
    expect(window.page.get_by_role("dialog", name="Keys")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(window.page.get_by_role("dialog")).to_have_count(0)


def test_single_keys_can_be_turned_off_and_on_again_without_them(window: Window, sam: Staff) -> None:
    window.sign_in(sam).open("/find/")
    window.page.get_by_role("button", name="Keys").click()
    window.page.get_by_label("in this browser").uncheck()
    window.page.get_by_role("button", name="Close").click()
    window.page.keyboard.press("?")
    expect(window.page.get_by_role("dialog")).to_have_count(0)
    window.page.get_by_role("button", name="Keys").click()
    expect(window.page.get_by_label("in this browser")).not_to_be_checked()


def test_a_user_id_is_copied_with_one_press(open_window: OpenWindow, sam: Staff, numbers: None) -> None:
    window = open_window(permissions=["clipboard-read", "clipboard-write"]).sign_in(sam)
    window.find("key-1")
    window.page.get_by_role("button", name="Copy the user_id").click()
    expect(window.page.locator("#announcer")).to_have_text("Copied")
    assert window.page.evaluate("navigator.clipboard.readText()") == "key-1"


def test_without_javascript_nothing_is_offered_that_needs_it(
    open_window: OpenWindow, sam: Staff, numbers: None
) -> None:
    window = open_window(java_script_enabled=False).sign_in(sam)
    window.find("key-1")
    expect(window.page.get_by_role("link", name="Number 1")).to_be_visible()
    expect(window.page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(window.page.get_by_role("button", name="Keys")).to_have_count(0)


def test_sam_finds_a_person_by_e_mail_and_the_address_bar_does_not_tell(either_window: Window, sam: Staff) -> None:
    TenantFactory(user_id="key-3", email="carol@example.org", display_name="Carol Diaz")
    either_window.sign_in(sam).find("Carol@example.org")
    expect(either_window.page.get_by_role("link", name="Carol Diaz")).to_be_visible()
    assert either_window.page.url.endswith("/find/")
