"""Sam finds a person and the fact, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.models import Staff
from dashboard.views import browsing
from tests.browser.conftest import Window
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "PAGE_SIZE", 2)


def test_sam_finds_alice_by_how_her_user_id_begins(either_window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    assert alice.tenant.reference
    either_window.sign_in(sam).find(alice.user_id[:-3])
    either_window.page.get_by_role("link", name=alice.user_id).click()
    expect(
        either_window.page.get_by_role("cell", name="Alice is vegetarian.").or_(
            either_window.page.get_by_role("rowheader", name="Alice is vegetarian.")
        )
    ).to_be_visible()


def test_an_exact_match_leads_to_the_memories(either_window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    either_window.sign_in(sam).find(alice.user_id)
    either_window.page.get_by_role("link", name="Open memories").click()
    expect(either_window.page.get_by_role("heading", name=alice.user_id)).to_be_visible()
    expect(either_window.page.get_by_role("table").get_by_text("1 memory")).to_be_visible()


def test_a_user_id_that_nobody_has_says_what_to_try(either_window: Window, sam: Staff) -> None:
    either_window.sign_in(sam).find("u_nobody")
    expect(either_window.page.get_by_role("heading", name="Nobody found")).to_be_visible()


def test_a_wildcard_is_refused_in_place(either_window: Window, sam: Staff) -> None:
    either_window.sign_in(sam).find("*")
    expect(either_window.page.get_by_role("alert").filter(has_text="everybody")).to_be_visible()


def test_sam_pages_to_older_memories_and_back(
    either_window: Window, sam: Staff, alice: Person, small_pages: None
) -> None:
    alice.remember("The oldest.", "The middle.", "The newest.")
    page = either_window.sign_in(sam).page
    either_window.browse(alice)
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("The oldest.")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("The newest.")).to_be_visible()
    expect(page.get_by_role("banner")).to_be_visible()


def test_sam_searches_by_meaning(either_window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    either_window.sign_in(sam).browse(alice)
    either_window.search("food preferences")
    expect(either_window.page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    expect(either_window.page.get_by_role("row").nth(1)).to_contain_text("vegetarian")


def test_a_search_never_enters_the_address(either_window: Window, sam: Staff, alice: Person) -> None:
    either_window.sign_in(sam).browse(alice)
    either_window.search("food preferences")
    expect(either_window.page.get_by_role("heading", name="Nothing to search")).to_be_visible()
    assert "food" not in either_window.page.url


def test_emptying_the_box_brings_the_list_back(either_window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    either_window.sign_in(sam).browse(alice)
    either_window.search("food preferences")
    expect(either_window.page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    either_window.search(" ")
    expect(either_window.page.get_by_role("table").get_by_text("2 memories")).to_be_visible()
    expect(either_window.page).to_have_url(re.compile(f"/tenants/{alice.tenant.reference}/$"))


def test_deleting_what_was_typed_brings_the_first_page_back_and_leaves_the_focus(
    window: Window, sam: Staff, alice: Person, small_pages: None
) -> None:
    alice.remember("The oldest.", "The middle.", "The newest.")
    window.sign_in(sam).browse(alice)
    window.page.get_by_role("link", name="Older").click()
    expect(window.page.get_by_role("link", name="The oldest.")).to_be_visible()
    box = window.page.get_by_label("Search this person")
    box.press_sequentially("old", delay=20)
    expect(window.page.get_by_role("table").get_by_text("3 matches")).to_be_visible()
    for _ in "old":
        box.press("Backspace")
    expect(window.page.get_by_role("table").get_by_text("3 memories")).to_be_visible()
    expect(window.page.get_by_role("link", name="The newest.")).to_be_visible()
    expect(box).to_be_focused()
    assert "cursor" not in window.page.url


def test_a_tenant_page_that_is_loaded_again_is_the_same(
    either_window: Window, sam: Staff, alice: Person, small_pages: None
) -> None:
    alice.remember("The oldest.", "The middle.", "The newest.")
    page = either_window.sign_in(sam).page
    either_window.browse(alice)
    page.reload()
    expect(page.get_by_role("link", name="The newest.")).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="The oldest.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="The oldest.")).to_be_visible()
    expect(page.get_by_role("banner")).to_have_count(1)


def test_a_search_that_is_loaded_again_is_made_again(either_window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    page = either_window.sign_in(sam).page
    either_window.browse(alice)
    either_window.search("food preferences")
    expect(page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    page.reload()
    expect(page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    expect(page.get_by_label("Search this person")).to_have_value("food preferences")


def test_back_from_a_hit_brings_the_search_again_and_back_from_there_the_list(
    either_window: Window, sam: Staff, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    page = either_window.sign_in(sam).page
    either_window.browse(alice)
    either_window.see_matches("food preferences")
    page.get_by_role("table").get_by_role("link", name="Alice is vegetarian.").click()
    expect(page.get_by_role("heading", name="One memory")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("table").get_by_text("2 matches")).to_be_visible()
    expect(page.get_by_label("Search this person")).to_have_value("food preferences")
    page.go_back()
    expect(page.get_by_role("table").get_by_text("2 memories")).to_be_visible()


def test_back_from_a_memory_leads_to_the_page_of_the_list_it_was_on(
    either_window: Window, sam: Staff, alice: Person, small_pages: None
) -> None:
    alice.remember("The oldest.", "The middle.", "The newest.")
    page = either_window.sign_in(sam).page
    either_window.browse(alice)
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="The oldest.").click()
    expect(page.get_by_role("heading", name="One memory")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="The oldest.")).to_be_visible()
    expect(page.get_by_text("1 of 3 shown")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="The newest.")).to_be_visible()


def test_a_damaged_address_has_a_way_back_to_the_list(either_window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    page = either_window.sign_in(sam).page
    for query, says in [("since=bad", "Created from"), ("cursor=xxx", "no longer valid")]:
        assert either_window.open(f"/tenants/{alice.tenant.reference}/?{query}").status == 400
        expect(page.get_by_role("heading", name=alice.user_id)).to_be_visible()
        expect(page.get_by_role("alert").filter(has_text=says)).to_be_visible()
        page.get_by_role("link", name=re.compile("Show all memories|First page")).click()
        expect(page.get_by_role("link", name="Alice is vegetarian.")).to_be_visible()


def test_one_memory_shows_what_it_said_before(either_window: Window, sam: Staff, alice: Person) -> None:
    [memory_id] = alice.remember("Alice is vegetarian.")
    alice.scope.update(memory_id, "Alice is vegan.")
    either_window.sign_in(sam).browse(alice)
    either_window.page.get_by_role("link", name="Alice is vegan.").click()
    history = either_window.page.get_by_role("listitem").filter(has_text="Changed")
    expect(history.get_by_role("deletion")).to_contain_text("vegetarian")
    expect(history.get_by_role("insertion")).to_contain_text("vegan")


def test_sam_is_offered_a_request_and_no_deletion(window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    window.sign_in(sam).browse(alice)
    expect(window.page.get_by_role("link", name="Erase everything…")).to_be_visible()
    window.page.get_by_role("link", name="Alice is vegetarian.").click()
    expect(window.page.get_by_role("link", name="Delete")).to_have_count(0)
