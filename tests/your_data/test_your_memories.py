"""What Alice reads: everything that is remembered about her, in a list, by a search, one by one."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.audit import Action, tenant_digest
from dashboard.models import PrivacyRequest
from dashboard.views.your_data import reading
from dashboard.your_data.acts import Act
from tests.desk.conftest import Person
from tests.your_data.conftest import (
    BEES,
    FORGET_EVERYTHING,
    LISBON,
    START,
    VEGETARIAN,
    ask_for_everything,
    asked_of,
    browser,
    come_in,
    in_persons_look,
    last_event,
    page_of,
)

pytestmark = pytest.mark.django_db


def test_everything_is_listed_newest_first(alice: Person) -> None:
    alice.remember(VEGETARIAN, LISBON)
    text = come_in(browser(), alice).get(START).text
    assert 0 < text.index(LISBON) < text.index(VEGETARIAN)
    assert "2 memories" in text


def test_every_memory_is_on_one_page_or_the_next(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    alice.remember(*(f"Fact number {number}." for number in range(5)))
    client, seen, address = come_in(browser(), alice), [], START
    while address:
        text = client.get(address).text
        seen += re.findall(r'dir="auto">Fact number (\d)', text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        address = START + older[1].replace("&amp;", "&") if older else ""
    assert seen == ["4", "3", "2", "1", "0"]


def test_a_cursor_of_bobs_leads_nowhere(hers: Client, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    bob.remember(BEES, "Bob plays the cello.")
    cursor = bob.scope.page(limit=1).next_cursor
    for made_up in (cursor, "x", "", "\0"):
        response = hers.get(START, {"cursor": made_up})
        assert (response.status_code, in_persons_look(response)) == (404 if made_up else response.status_code, True)
        assert "Bob" not in response.text


def test_what_the_agent_does_not_use_any_more_is_shown_and_marked(alice: Person) -> None:
    alice.scope.add(VEGETARIAN, expires_on=timezone.localdate() - timedelta(days=1))
    text = come_in(browser(), alice).get(START).text
    assert (VEGETARIAN in text, "not used since" in text) == (True, True)


def test_one_memory_shows_where_it_came_from_and_how_it_changed(alice: Person) -> None:
    (memory_id,) = alice.scope.add(VEGETARIAN, agent_id="travel-agent", metadata={"mood": "<b>happy</b>"}).ids
    alice.scope.update(memory_id, LISBON)
    text = come_in(browser(), alice).get(page_of("show-your-memory", memory_id)).text
    for shown in (LISBON, VEGETARIAN, "travel-agent", "mood", "&lt;b&gt;happy&lt;/b&gt;"):
        assert shown in text


def test_details_are_in_plain_words(alice: Person) -> None:
    kept = {"tags": ["Café", 1, None], "sure": True, "old": False, "mood": None}
    (memory_id,) = alice.scope.add(VEGETARIAN, metadata=kept).ids
    text = html.unescape(come_in(browser(), alice).get(page_of("show-your-memory", memory_id)).text)
    shown = dict(re.findall(r'<dt>(\w+)</dt><dd class="text">([^<]*)</dd>', text))
    assert shown == {"tags": '["Café", 1, null]', "sure": "yes", "old": "no", "mood": "nothing"}


def test_a_search_finds_by_meaning(hers: Client, alice: Person) -> None:
    alice.remember(LISBON)
    response = hers.post(reverse("search-your-data"), {"query": "food preferences"}, follow=True)
    assert response.status_code == 200
    assert 0 < response.text.index(VEGETARIAN) < response.text.index(LISBON)
    event = last_event()
    assert (event.action, event.counts) == (Action.MEMORIES_SEARCHED, {"shown": 2})


@pytest.mark.parametrize("query", ["", "   ", "\0", "x" * 100_000])
def test_a_search_that_cannot_be_done_says_so(hers: Client, query: str) -> None:
    response = hers.post(reverse("search-your-data"), {"query": query}, follow=True)
    assert (response.status_code, in_persons_look(response), VEGETARIAN in response.text) == (400, True, False)


def test_what_was_searched_for_stands_sealed_in_the_address_for_this_visit_alone(hers: Client, bobs: Client) -> None:
    found = hers.post(reverse("search-your-data"), {"query": "secret wish"}).headers["Location"]
    assert "secret" not in found
    assert hers.get(found).status_code == 200
    assert bobs.get(found).headers["Location"] == START
    assert hers.get(reverse("show-hits"), {"q": "made up"}).headers["Location"] == START


def test_a_search_is_nobody_elses(hers: Client, bob: Person) -> None:
    bob.remember(BEES)
    text = hers.post(reverse("search-your-data"), {"query": BEES}, follow=True).text
    assert BEES not in text.replace(f'value="{BEES}"', "")


def test_what_is_not_shown_is_named(hers: Client) -> None:
    assert "What is not shown here, and why" in hers.get(START).text
    text = hers.get("/your-data/download/").text
    assert ("What is not in it, and why" in text, "picked out of your memories" in text) == (True, True)


@pytest.mark.parametrize("days", [0, 35])
def test_backups_are_named_where_there_are_any(hers: Client, settings: Any, days: int) -> None:
    settings.MEMADMIN_BACKUP_DAYS = days
    assert ("Backups, which are overwritten after 35 days at most." in hers.get(START).text) is bool(days)


def test_all_that_is_open_is_listed_and_of_what_ended_the_newest(hers: Client, alice: Person, set_way: Any) -> None:
    tenant, known = alice.tenant, {"channel": "person", "profile": "gdpr", "received_on": timezone.localdate()}
    digest = tenant_digest(alice.user_id)
    for state in ["received"] * 7 + ["refused"] * 7:
        PrivacyRequest.objects.create(tenant=tenant, tenant_digest=digest, kind="access", state=state, **known)
    text = hers.get(START).text
    assert (text.count("/your-data/requests/"), "are in the download" in text) == (12, True)
    set_way(Act.DOWNLOAD, "off")
    assert "download" not in hers.get(START).text.lower()


def test_where_no_memory_is_left_the_rest_can_be_had_and_forgotten(hers: Client, alice: Person, memory_id: str) -> None:
    hers.post(page_of("forget-memory", memory_id))
    text = hers.get(START).text
    assert ("The agent has noted nothing" in text, "/your-data/download/" in text) == (True, True)
    assert FORGET_EVERYTHING in text
    assert ask_for_everything(hers).status_code == 200
    assert asked_of(alice).state == "awaiting-approval"


def test_nothing_at_once_is_offered_where_all_of_it_is_off(hers: Client, set_way: Any) -> None:
    for act in (Act.DOWNLOAD, Act.FORGET_EVERYTHING):
        set_way(act, "off")
    assert "Everything at once" not in hers.get(START).text


def test_long_memories_are_shortened_in_the_list_and_whole_on_their_page(alice: Person) -> None:
    (memory_id,) = alice.remember("word " * 400 + "end")
    client = come_in(browser(), alice)
    assert "word end" not in client.get(START).text
    assert "word end" in client.get(page_of("show-your-memory", memory_id)).text


def test_markup_in_a_memory_is_shown_as_it_is_written(alice: Person) -> None:
    (memory_id,) = alice.remember("<script>alert(1)</script>")
    client = come_in(browser(), alice)
    for address in (START, page_of("show-your-memory", memory_id), page_of("correct-memory", memory_id)):
        assert "<script>alert" not in client.get(address).text
