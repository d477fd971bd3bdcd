"""Browsing, searching and opening one tenant's memories."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from tests.desk.conftest import Person


def _url(name: str, person: Person, *arguments: str) -> str:
    return reverse(name, args=[person.tenant.reference, *arguments])


def test_sam_sees_alices_memories_and_none_of_bobs(sam: Client, alice: Person, bob: Person) -> None:
    alice.remember("Drinks oat milk.")
    bob.remember("Collects stamps.")
    page = sam.get(_url("browse-memories", alice)).text
    assert "Drinks oat milk." in page
    assert "Collects stamps." not in page


def test_every_memory_is_reached_by_following_the_pages(sam: Client, alice: Person) -> None:
    texts = {f"Fact number {number}." for number in range(120)}
    alice.scope.add([{"role": "user", "content": text} for text in sorted(texts)])
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = sam.get(_url("browse-memories", alice), {"cursor": cursor} if cursor else {}).context["memories"]
        seen += [memory.text for memory in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == sorted(texts)


def test_a_cursor_that_was_tampered_with_is_refused(sam: Client, alice: Person) -> None:
    alice.remember("One.", "Two.")
    cursor = alice.scope.page(limit=1).next_cursor or ""
    response = sam.get(_url("browse-memories", alice), {"cursor": cursor[:-4] + "AAAA"})
    assert response.status_code == 400
    assert "This place in the list is no longer valid" in response.text
    assert f'<a class="button" href="{_url("browse-memories", alice)}">First page</a>' in response.text
    assert "One." not in response.text


def test_a_cursor_of_other_filters_leads_to_the_first_page_of_these(sam: Client, alice: Person) -> None:
    alice.remember("One.", "Two.")
    cursor = alice.scope.page(limit=1).next_cursor
    response = sam.get(_url("browse-memories", alice), {"agent": "waiter", "cursor": cursor})
    assert response.status_code == 400
    assert f'href="{_url("browse-memories", alice)}?agent=waiter">First page' in response.text


def test_a_cursor_of_bobs_does_not_work_for_alice(sam: Client, alice: Person, bob: Person) -> None:
    bob.remember("One.", "Two.")
    cursor = bob.scope.page(limit=1).next_cursor
    assert sam.get(_url("browse-memories", alice), {"cursor": cursor}).status_code == 400


def test_a_search_finds_by_meaning_and_only_alices(sam: Client, alice: Person, bob: Person) -> None:
    alice.remember("Is vegetarian.", "Owns a red bicycle.")
    bob.remember("Eats steak.")
    hits = sam.post(_url("search-memories", alice), {"query": "food preferences"}).context["hits"]
    assert hits[0].text == "Is vegetarian."
    assert {hit.user_id for hit in hits} == {alice.user_id}


def test_search_text_that_cannot_be_searched_is_refused(sam: Client, alice: Person) -> None:
    response = sam.post(_url("search-memories", alice), {"query": "x" * 100_000})
    assert response.status_code == 400
    assert "100,000 characters" in response.text


@pytest.mark.parametrize("typed", [{}, {"query": ""}, {"query": " ", "threshold": "x"}], ids=str)
def test_an_empty_search_leads_to_the_list_under_the_same_filters(
    sam: Client, alice: Person, typed: dict[str, str]
) -> None:
    response = sam.post(f"{_url('search-memories', alice)}?agent=waiter", typed)
    assert response.headers["Location"] == f"{_url('browse-memories', alice)}?agent=waiter"


def test_emptying_the_box_brings_the_list_and_its_address_and_leaves_the_focus(sam: Client, alice: Person) -> None:
    alice.remember("One.")
    asked = {"HX-Request": "true", "HX-Trigger": "search"}
    response = sam.post(_url("search-memories", alice), {"query": ""}, headers=asked, follow=True)
    assert "<html" not in response.text
    assert "One." in response.text
    assert "autofocus" not in response.text
    assert response.headers["HX-Replace-Url"] == _url("browse-memories", alice)


def test_a_search_marks_its_words_and_shows_the_score(sam: Client, alice: Person) -> None:
    alice.remember("Likes <green> tea.")
    page = sam.post(_url("search-memories", alice), {"query": "TÉA"})
    assert "Likes &lt;green&gt; <mark>tea</mark>." in page.text
    assert f"{page.context['hits'][0].score:.2f}</span></td>" in page.text


def test_a_search_never_marks_its_way_through_a_veil(sam: Client, alice: Person) -> None:
    alice.remember("Write to alice@example.com about tea.")
    page = sam.post(_url("search-memories", alice), {"query": "alice@example.com"}).text
    section = page[page.index('<section id="memories"') :]
    assert "alice@example" not in section
    assert "a•••@•••.com" in section


def test_nothing_is_left_out_unless_a_score_is_chosen(sam: Client, alice: Person) -> None:
    alice.remember("Is vegetarian.", "Owns a red bicycle.")
    every = sam.post(_url("search-memories", alice), {"query": "food", "threshold": "0"}).context["hits"]
    none = sam.post(_url("search-memories", alice), {"query": "food", "threshold": "1"})
    assert len(every) == 2
    assert "Nothing scores 1 or more" in none.text


@pytest.mark.parametrize("threshold", ["-0.1", "1.01", "nan", "high"])
def test_a_score_that_none_can_be_is_refused(sam: Client, alice: Person, threshold: str) -> None:
    answer = sam.post(_url("search-memories", alice), {"query": "food", "threshold": threshold})
    assert answer.status_code == 400


def test_a_search_keeps_to_the_filters(sam: Client, alice: Person) -> None:
    alice.scope.add("Eats fish.", agent_id="waiter")
    alice.scope.add("Eats bread.", agent_id="baker")
    hits = sam.post(f"{_url('search-memories', alice)}?agent=baker", {"query": "food"}).context["hits"]
    assert [hit.text for hit in hits] == ["Eats bread."]


def test_similar_memories_are_alices_and_without_the_one(sam: Client, alice: Person, bob: Person) -> None:
    [memory_id, *_] = alice.remember("Is vegetarian.", "Eats no meat.")
    bob.remember("Is vegetarian too.")
    hits = sam.get(_url("show-similar", alice, memory_id)).context["hits"]
    assert [hit.text for hit in hits] == ["Eats no meat."]


@pytest.mark.parametrize("kind", ["bob's", "unknown", "no uuid"])
def test_what_is_similar_to_a_memory_that_is_not_alices_is_not_found(
    sam: Client, alice: Person, bob: Person, kind: str
) -> None:
    memory_id = {"bob's": bob.remember("Bob's own.")[0], "unknown": str(uuid.uuid4()), "no uuid": "not-a-uuid"}[kind]
    assert sam.get(_url("show-similar", alice, memory_id)).status_code == 404


def test_one_memory_shows_its_history(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    alice.scope.update(memory_id, "Lives in Lisbon.")
    page = sam.get(_url("show-memory", alice, memory_id)).text
    assert "Lives in Lisbon." in page
    assert "Lives in Porto." in page


@pytest.mark.parametrize("kind", ["bob's", "unknown", "no uuid"])
def test_a_memory_that_is_not_alices_is_not_found(sam: Client, alice: Person, bob: Person, kind: str) -> None:
    memory_id = {"bob's": bob.remember("Bob's own.")[0], "unknown": str(uuid.uuid4()), "no uuid": "not-a-uuid"}[kind]
    response = sam.get(_url("show-memory", alice, memory_id))
    assert response.status_code == 404
    assert "Bob's own." not in response.text


def test_text_is_escaped(sam: Client, alice: Person) -> None:
    alice.remember("<script>alert(1)</script>")
    assert "<script>alert(1)" not in sam.get(_url("browse-memories", alice)).text


def test_pages_with_memories_are_not_cached(sam: Client, alice: Person) -> None:
    response = sam.get(_url("browse-memories", alice))
    assert response.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in response.headers["Vary"]


def test_a_search_by_get_is_not_allowed(sam: Client, alice: Person) -> None:
    assert sam.get(_url("search-memories", alice)).status_code == 405


def test_a_reference_is_found_in_either_case(sam: Client, alice: Person) -> None:
    assert sam.get(_url("browse-memories", alice).lower()).status_code == 200


def test_a_control_character_in_a_reference_is_not_found(sam: Client) -> None:
    assert sam.get("/tenants/%00/").status_code == 404
