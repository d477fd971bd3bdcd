"""A search goes on when its filters or its columns change, at an address that still tells nothing of it."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.browse_forms import LONGEST_QUERY
from dashboard.models import AuditEvent
from tests.desk.conftest import Person

HTMX = {"HX-Request": "true"}


def _url(name: str, person: Person) -> str:
    return reverse(name, args=[person.tenant.reference])


def _search(client: Client, person: Person, query: str = "vegetarian", filters: str = "", **headers: Any) -> Any:
    typed = {"query": query, "threshold": "0.05"}
    return client.post(f"{_url('search-memories', person)}?{filters}", typed, follow=True, **headers)


def _kept(page: Any, form: str = "filter") -> str:
    """What a form beside the list sends along."""
    return str(re.findall(rf'name="q" value="([^"]*)" form="{form}"', page.text)[0])


def _found(page: Any) -> list[str]:
    return [hit.text for hit in page.context["hits"]]


@pytest.fixture
def remembered(alice: Person) -> Person:
    alice.scope.add("Is vegetarian.", agent_id="waiter", metadata={"plan": "gold"})
    alice.scope.add("Was vegetarian.", agent_id="driver")
    return alice


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["whole page", "htmx"])
def test_a_filter_narrows_the_search_it_stands_beside(sam: Client, remembered: Person, headers: dict[str, str]) -> None:
    sealed = _kept(_search(sam, remembered, headers=headers))
    page = sam.post(_url("filter-memories", remembered), {"agent": "waiter", "q": sealed}, follow=True)
    address = page.redirect_chain[-1][0]
    assert address.startswith(f"{_url('show-matches', remembered)}?agent=waiter&q=")
    assert "vegetarian" not in address
    assert _found(page) == ["Is vegetarian."]
    assert 'value="vegetarian"' in page.text
    assert 'value="0.05"' in page.text


def test_each_change_of_filters_is_a_search_on_record(sam: Client, remembered: Person) -> None:
    sealed = _kept(_search(sam, remembered))
    sam.post(_url("filter-memories", remembered), {"agent": "waiter", "q": sealed}, follow=True)
    searches = AuditEvent.objects.filter(action="memories-searched").order_by("seq")
    assert [event.counts["shown"] for event in searches] == [2, 1]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["whole page", "htmx"])
def test_a_filter_is_taken_away_and_the_search_stays(sam: Client, remembered: Person, headers: dict[str, str]) -> None:
    page = _search(sam, remembered, filters="agent=waiter&state=live", headers=headers)
    addresses = [unescape(one) for one in re.findall(r'<li><a (?:class="badge" )?href="([^"]+)"', page.text)]
    found = [_found(sam.get(address)) for address in addresses]
    assert [len(texts) for texts in found] == [2, 1, 2]  # without the agent, without the state, without both


def test_other_columns_are_shown_in_the_search(sam: Client, remembered: Person) -> None:
    sealed = _kept(_search(sam, remembered, filters="agent=waiter"), "columns")
    address = f"{_url('choose-columns', remembered)}?agent=waiter"
    page = sam.post(address, {"columns": ["run"], "q": sealed}, follow=True)
    assert _found(page) == ["Is vegetarian."]
    assert '<th scope="col">Run</th>' in page.text


def test_a_filter_that_makes_no_sense_keeps_the_search_until_it_does(sam: Client, remembered: Person) -> None:
    sealed = _kept(_search(sam, remembered))
    page = sam.post(_url("filter-memories", remembered), {"until": "bad", "q": sealed})
    assert (page.status_code, _kept(page)) == (400, sealed)


def test_the_list_that_htmx_brings_ends_the_search(sam: Client, remembered: Person) -> None:
    page = sam.get(_url("browse-memories", remembered), headers=HTMX)
    assert _kept(page) == ""
    assert 'id="narrowed" hx-swap-oob="true"' in page.text
    assert 'id="narrowed">' in sam.get(_url("browse-memories", remembered)).text


def test_a_refused_search_leaves_the_one_before_it(sam: Client, remembered: Person) -> None:
    answer = sam.post(_url("search-memories", remembered), {"query": "x", "threshold": "9"}, headers=HTMX)
    assert 'id="narrowed"' not in answer.text


def test_somebody_elses_search_is_not_gone_on_with(sam: Client, petra: Client, remembered: Person) -> None:
    sealed = _kept(_search(petra, remembered))
    answer = sam.post(_url("filter-memories", remembered), {"agent": "waiter", "q": sealed}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{_url('browse-memories', remembered)}?agent=waiter"


def test_what_is_too_long_for_an_address_is_in_none(sam: Client, remembered: Person) -> None:
    answer = sam.post(_url("filter-memories", remembered), {"q": "x" * (LONGEST_QUERY + 1)})
    assert answer.headers["Location"] == _url("browse-memories", remembered)


def test_a_search_that_has_no_address_says_so_before_and_after_it_ends(sam: Client, remembered: Person) -> None:
    page = _search(sam, remembered, "еда " * 400)
    assert (page.redirect_chain, "too long for an address" in page.text) == ([], True)
    after = sam.post(_url("filter-memories", remembered), {"agent": "waiter", "q": _kept(page)}, follow=True)
    assert after.redirect_chain[-1][0] == f"{_url('browse-memories', remembered)}?agent=waiter"
    assert "The search was too long to be kept" in after.text


def test_a_search_of_a_thousand_cyrillic_letters_keeps_its_filter(sam: Client, remembered: Person) -> None:
    sealed = _kept(_search(sam, remembered, "еда " * 250))
    after = sam.post(_url("filter-memories", remembered), {"agent": "waiter", "q": sealed})
    assert after.headers["Location"] == f"{_url('show-matches', remembered)}?agent=waiter&q={sealed}"


def test_filters_and_search_together_fit_into_an_address(sam: Client, remembered: Person) -> None:
    sealed = _kept(_search(sam, remembered, "еда " * 250))
    typed = {"key": "ж" * 255, "value": "ж" * 200, "q": sealed}
    after = sam.post(_url("filter-memories", remembered), typed, follow=True)
    assert max(len(address) for address, _ in after.redirect_chain) < 4_000
    assert "The search was too long to be kept" in after.text


def test_filters_that_are_too_long_together_are_refused(sam: Client, remembered: Person) -> None:
    typed = {"category": "ж" * 255, "key": "ж" * 255, "value": "\N{GRINNING FACE}" * 500}
    page = sam.post(_url("filter-memories", remembered), typed)
    assert (page.status_code, "too long together" in page.text) == (400, True)


def test_the_list_that_htmx_brings_takes_its_box_and_title_along(sam: Client, remembered: Person) -> None:
    listed = sam.get(_url("browse-memories", remembered), headers=HTMX).text
    assert f"<title>Memories of {remembered.tenant.reference}" in listed
    assert re.search(r'id="search"[^>]* hx-swap-oob="true"', listed)
    found = _search(sam, remembered, headers=HTMX).text
    assert f"<title>Search in {remembered.tenant.reference}" in found
    assert 'id="search"' not in found


def test_the_lowest_score_is_written_as_it_was_typed(sam: Client, remembered: Person) -> None:
    page = sam.post(_url("search-memories", remembered), {"query": "food", "threshold": "0"}, follow=True)
    assert page.text.count('value="0"') == 2  # slider and field
    assert 'value="0.0"' not in page.text
