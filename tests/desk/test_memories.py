"""Browsing, searching and opening one tenant's memories."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.models import AuditEvent
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


@pytest.mark.parametrize(("filters", "begins"), [({}, "?cursor="), ({"state": "live"}, "?state=live&amp;cursor=")])
def test_the_next_page_has_a_plain_address(
    sam: Client, alice: Person, filters: dict[str, str], begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.browsing.PAGE_SIZE", 1)
    alice.remember("One.", "Two.")
    page = sam.get(_url("browse-memories", alice), filters).text
    assert page.count(f'="{_url("browse-memories", alice)}{begins}') == 2  # for browsers with and without htmx


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
    hits = sam.post(_url("search-memories", alice), {"query": "food preferences"}, follow=True).context["hits"]
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
    page = sam.post(_url("search-memories", alice), {"query": "TÉA"}, follow=True)
    assert "Likes &lt;green&gt; <mark>tea</mark>." in page.text
    assert f"{page.context['hits'][0].score:.2f}</span></td>" in page.text


def test_a_search_never_marks_its_way_through_a_veil(sam: Client, alice: Person) -> None:
    alice.remember("Write to alice@example.com about tea.")
    page = sam.post(_url("search-memories", alice), {"query": "alice@example.com"}, follow=True).text
    section = page[page.index('<section id="memories"') :]
    assert "alice@example" not in section
    assert "a•••@•••.com" in section


def test_nothing_is_left_out_unless_a_score_is_chosen(sam: Client, alice: Person) -> None:
    alice.remember("Is vegetarian.", "Owns a red bicycle.")
    every = sam.post(_url("search-memories", alice), {"query": "food", "threshold": "0"}, follow=True).context["hits"]
    none = sam.post(_url("search-memories", alice), {"query": "food", "threshold": "1"}, follow=True)
    assert len(every) == 2
    assert "Nothing scores 1 or more" in none.text
    nearly = sam.post(_url("search-memories", alice), {"query": "food", "threshold": "0.999"}, follow=True)
    assert "Nothing scores 0.999 or more" in nearly.text


@pytest.mark.parametrize("threshold", ["-0.1", "1.01", "nan", "high"])
def test_a_score_that_none_can_be_is_refused(sam: Client, alice: Person, threshold: str) -> None:
    answer = sam.post(_url("search-memories", alice), {"query": "food", "threshold": threshold})
    assert answer.status_code == 400
    assert "Lowest score: a number from 0 to 1." in answer.text


def test_a_search_keeps_to_the_filters(sam: Client, alice: Person) -> None:
    alice.scope.add("Eats fish.", agent_id="waiter")
    alice.scope.add("Eats bread.", agent_id="baker")
    hits = sam.post(f"{_url('search-memories', alice)}?agent=baker", {"query": "food"}, follow=True).context["hits"]
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


def test_a_search_is_typed_into_a_form_only(sam: Client, alice: Person) -> None:
    assert sam.get(_url("search-memories", alice)).status_code == 405


def _searched(client: Client, person: Person, query: str, **typed: str) -> str:
    """The address of a search."""
    return client.post(_url("search-memories", person), {"query": query, **typed}).headers["Location"]


def test_a_search_is_found_again_at_its_address_which_tells_nothing(sam: Client, alice: Person) -> None:
    alice.remember("Is vegetarian.")
    address = _searched(sam, alice, "vegetarian", threshold="0.01")
    page = sam.get(address)
    assert "vegetarian" not in address
    assert "Is <mark>vegetarian</mark>." in page.text
    assert 'value="0.01"' in page.text
    assert AuditEvent.objects.filter(action="memories-searched").count() == 1


def test_the_address_of_a_search_is_one_readers_for_one_person(
    sam: Client, petra: Client, alice: Person, bob: Person
) -> None:
    sealed = _searched(sam, alice, "food").partition("?")[2]
    for client, person in ((petra, alice), (sam, bob)):
        answer = client.get(f"{_url('show-matches', person)}?{sealed}")
        assert answer.headers["Location"] == _url("browse-memories", person)


def test_htmx_gets_a_step_for_back_once_and_then_refines_it(sam: Client, alice: Person) -> None:
    address = _searched(sam, alice, "food")
    for at, header in (("browse-memories", "HX-Push-Url"), ("show-matches", "HX-Replace-Url")):
        asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{_url(at, alice)}"}
        answer = sam.get(address, headers=asked)
        assert answer.headers[header] == address
        assert "<html" not in answer.text


def test_a_search_that_is_too_long_for_an_address_is_shown_without_one(sam: Client, alice: Person) -> None:
    alice.remember("Is vegetarian.")
    answer = sam.post(_url("search-memories", alice), {"query": "食" * 2_000})
    assert (answer.status_code, len(answer.context["hits"])) == (200, 1)


def test_a_reference_is_found_in_either_case(sam: Client, alice: Person) -> None:
    assert sam.get(_url("browse-memories", alice).lower()).status_code == 200


def test_a_control_character_in_a_reference_is_not_found(sam: Client) -> None:
    assert sam.get("/tenants/%00/").status_code == 404
