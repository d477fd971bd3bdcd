"""What Alice reads about herself, and what she can have done about it; nobody else, and nothing else."""

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import access, audit, rectification
from dashboard.audit import Action, ActorKind, tenant_digest
from dashboard.models import AuditEvent, Certificate, ErasureRun, Freeze, PrivacyRequest
from dashboard.privacy import approving, finishing, holds, previewing, running
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption, Kind
from dashboard.views.your_data import reading
from dashboard.your_data.acts import Act
from memadmin.memory import MemoryScopeError, ScopedMemory, StoreUnavailable, TenantBeingErased
from tests.desk.conftest import Person
from tests.privacy.conftest import JOB, carry_out
from tests.your_data.conftest import browser, come_in, in_persons_look, last_event, visit_of

pytestmark = pytest.mark.django_db

committed = pytest.mark.django_db(transaction=True)
"""The worker waits for what agents are storing, which a test's transaction would hold up."""
START, FORGET_EVERYTHING = "/your-data/", "/your-data/forget-everything/"
Approved = Callable[[Person], PrivacyRequest]
SURE = {"ground": "17-1-b", "narrative": "", "sure": "on"}
VEGETARIAN, LISBON, BEES = "I am vegetarian.", "I live in Lisbon.", "Bob keeps bees."


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finishing, "scrub", list)  # takes a while, and no transaction around it


@pytest.fixture
def memory_id(alice: Person) -> str:
    """Something that is remembered about Alice, before she comes."""
    return alice.remember(VEGETARIAN)[0]


@pytest.fixture
def hers(memory_id: str, alice: Person) -> Client:
    """Alice's browser, in a visit, with something remembered."""
    return come_in(browser(), alice)


@pytest.fixture
def set_way(settings: Any) -> Callable[[Act, str], None]:
    def change(act: Act, way: str) -> None:
        setattr(settings, f"MEMADMIN_YOUR_DATA_{act.value}", way)

    return change


def page_of(name: str, memory_id: str) -> str:
    return reverse(name, args=[memory_id])


def asked_of(person: Person) -> PrivacyRequest:
    return PrivacyRequest.objects.get(tenant_digest=tenant_digest(person.user_id))


def ask_for_everything(client: Client, **changed: str) -> HttpResponse:
    return client.post(FORGET_EVERYTHING, SURE | changed, follow=True)


def hold(person: Person, officer: Actor) -> Any:
    return holds.place(person.tenant, officer, code=Exemption.LEGAL_CLAIMS, reason="Court of Alice", owner="Legal")


# Reading.


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


# Correcting.


def check_correction(client: Client, memory_id: str, text: str) -> str:
    """Look at the difference; the token with which exactly that can be saved."""
    response = client.post(page_of("correct-memory", memory_id), {"text": text})
    assert (response.status_code, "What would change" in response.text) == (200, True)
    return re.search(r'name="token" value="([^"]+)"', response.text)[1]


def save_correction(client: Client, memory_id: str, text: str, token: str) -> HttpResponse:
    return client.post(page_of("save-correction", memory_id), {"text": text, "token": token}, follow=True)


def test_alice_corrects_a_memory_after_she_saw_the_difference(hers: Client, alice: Person, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    assert alice.scope.get(memory_id).text == VEGETARIAN
    response = save_correction(hers, memory_id, "I eat fish.", token)
    assert alice.scope.get(memory_id).text == "I eat fish."
    assert "This memory is corrected" in response.text
    event = AuditEvent.objects.get(action=Action.MEMORY_RECTIFIED)
    assert (event.actor_kind, event.actor_label) == ("person", "the person")


def test_nothing_is_saved_that_was_not_looked_at(hers: Client, alice: Person, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    for text, submitted in (("I eat meat.", token), ("I eat fish.", ""), ("I eat fish.", "made-up")):
        response = save_correction(hers, memory_id, text, submitted)
        assert (response.status_code, "Nothing was saved" in response.text) == (409, True)
    assert alice.scope.get(memory_id).text == VEGETARIAN


def test_of_two_tabs_the_second_is_refused_and_shows_what_the_first_saved(
    hers: Client, alice: Person, memory_id: str
) -> None:
    first, second = (check_correction(hers, memory_id, text) for text in ("I eat fish.", "I eat meat."))
    save_correction(hers, memory_id, "I eat fish.", first)
    response = save_correction(hers, memory_id, "I eat meat.", second)
    assert (response.status_code, "Nothing was saved" in response.text) == (409, True)
    assert alice.scope.get(memory_id).text == "I eat fish."
    again = re.search(r'name="token" value="([^"]+)"', response.text)[1]
    assert save_correction(hers, memory_id, "I eat meat.", again).status_code == 200


def test_what_was_checked_of_one_memory_saves_no_other(hers: Client, alice: Person, memory_id: str) -> None:
    (other,) = alice.remember(LISBON)
    token = check_correction(hers, memory_id, "I eat fish.")
    assert save_correction(hers, other, "I eat fish.", token).status_code == 409
    assert alice.scope.get(other).text == LISBON


@pytest.mark.parametrize("text", ["", "   ", "\0", "x" * 200_000])
@pytest.mark.parametrize("name", ["correct-memory", "save-correction"])
def test_an_unusable_wording_is_sent_back(hers: Client, alice: Person, memory_id: str, name: str, text: str) -> None:
    response = hers.post(page_of(name, memory_id), {"text": text})
    assert (response.status_code, in_persons_look(response)) == (400, True)
    assert alice.scope.get(memory_id).text == VEGETARIAN


def test_a_correction_that_the_store_breaks_off_is_no_success(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    token = check_correction(hers, memory_id, "I eat fish.")
    monkeypatch.setattr(ScopedMemory, "rectify", fail)
    text = save_correction(hers, memory_id, "I eat fish.", token).text
    assert "This failed. The memory may still have its old wording." in text
    assert "try again" in text


def test_a_correction_that_is_sent_twice_leads_to_the_memory_that_it_corrected(hers: Client, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    save_correction(hers, memory_id, "I eat fish.", token)
    again = save_correction(hers, memory_id, "I eat fish.", token)
    assert again.redirect_chain == [(page_of("show-your-memory", memory_id), 302)]
    assert AuditEvent.objects.filter(action=Action.MEMORY_RECTIFIED).count() == 1


def test_the_same_wording_is_no_correction(hers: Client, memory_id: str) -> None:
    response = hers.post(page_of("correct-memory", memory_id), {"text": VEGETARIAN})
    assert (response.status_code, "The wording is the same." in response.text) == (400, True)
    assert "What would change" not in response.text


# Forgetting one, and not using one for now.


def test_alice_has_one_memory_forgotten_after_a_question(hers: Client, alice: Person, memory_id: str) -> None:
    (other,) = alice.remember(LISBON)
    assert VEGETARIAN in hers.get(page_of("forget-memory", memory_id)).text
    assert alice.scope.count() == 2
    response = hers.post(page_of("forget-memory", memory_id), follow=True)
    assert [memory.id for memory in alice.scope.get_all()] == [other]
    assert "This memory is forgotten" in response.text
    assert hers.get(page_of("show-your-memory", memory_id)).status_code == 404


def test_forgetting_that_fails_is_no_success(hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    monkeypatch.setattr(ScopedMemory, "delete", fail)
    text = hers.post(page_of("forget-memory", memory_id), follow=True).text
    assert "This failed. The memory, or a part of it, may still be there." in text
    assert "notice danger" in text


def test_alice_stops_a_memory_from_being_used_and_allows_it_again(hers: Client, alice: Person, memory_id: str) -> None:
    response = hers.post(page_of("stop-using-memory", memory_id), follow=True)
    assert "does not use this for now" in response.text
    assert alice.scope.get(memory_id).restricted
    assert "not used for now" in hers.get(START).text
    response = hers.post(page_of("use-memory-again", memory_id), follow=True)
    assert "does not use this for now" not in response.text
    assert not alice.scope.get(memory_id).restricted


@pytest.mark.parametrize("name", ["correct-memory", "save-correction", "forget-memory"])
def test_a_hold_leaves_the_memory_as_it_is(
    hers: Client, alice: Person, memory_id: str, officer: Actor, name: str
) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    hold(alice, officer)
    response = hers.post(page_of(name, memory_id), {"text": "I eat fish.", "token": token})
    assert response.status_code == (200 if name == "correct-memory" else 403)
    assert "Court of Alice" not in response.text
    assert alice.scope.get(memory_id).text == VEGETARIAN


@pytest.mark.parametrize("way", ["at-once", "ask", "off"])
def test_under_a_hold_alice_reads_the_article_and_can_ask_where_that_is_offered(
    hers: Client, alice: Person, memory_id: str, officer: Actor, way: str, set_way: Any
) -> None:
    set_way(Act.CORRECT, way)
    hold(alice, officer)
    response = hers.post(page_of("forget-memory", memory_id))
    assert (response.status_code, "Art. 17(3)(e)" in response.text) == (403, True)
    assert "corrected or forgotten when that is over" in response.text
    assert "Ask Legal" not in response.text
    assert (page_of("ask-about-memory", memory_id) in response.text) == (way != "off")
    assert (last_event().action, last_event().outcome) == (Action.DENIED, "refused")


@committed
def test_while_everything_is_being_erased_nothing_is_changed(hers: Client, alice: Person, memory_id: str) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    Freeze.objects.create(user_id=alice.user_id)
    response = save_correction(hers, memory_id, "I eat fish.", token)
    assert in_persons_look(response)
    assert alice.scope.get(memory_id).text == VEGETARIAN


# The settings: at once, by asking, or not at all.


@pytest.mark.parametrize(
    ("act", "names"),
    [
        (Act.CORRECT, ["correct-memory", "save-correction", "ask-about-memory"]),
        (Act.FORGET, ["forget-memory"]),
        (Act.RESTRICT, ["stop-using-memory", "use-memory-again"]),
    ],
)
def test_what_is_off_is_neither_offered_nor_done(
    hers: Client, alice: Person, memory_id: str, act: Act, names: list[str], set_way: Any
) -> None:
    set_way(act, "off")
    text = hers.get(page_of("show-your-memory", memory_id)).text
    for name in names:
        assert page_of(name, memory_id) not in text
        assert hers.post(page_of(name, memory_id), {"text": "x", "token": "x", "narrative": "x"}).status_code == 404
    memory = alice.scope.get(memory_id)
    assert (memory.text, memory.restricted, PrivacyRequest.objects.count()) == (VEGETARIAN, False, 0)


@pytest.mark.parametrize(
    ("act", "name", "address"),
    [
        (Act.FORGET_EVERYTHING, "forget-everything", FORGET_EVERYTHING),
        (Act.DOWNLOAD, "download-your-data", "/your-data/download/"),
    ],
)
def test_what_is_off_for_the_whole_is_neither_offered_nor_done(
    hers: Client, act: Act, name: str, address: str, set_way: Any
) -> None:
    set_way(act, "off")
    assert address not in hers.get(START).text
    assert {hers.get(address).status_code, hers.post(address, SURE).status_code} == {404}
    assert not PrivacyRequest.objects.exists()


@pytest.mark.parametrize(
    ("act", "ask_at", "at_once", "kind"),
    [
        (Act.CORRECT, "ask-about-memory", ["correct-memory", "save-correction"], Kind.RECTIFICATION),
        (Act.FORGET, "forget-memory", [], Kind.REMOVAL),
        (Act.RESTRICT, "stop-using-memory", ["use-memory-again"], Kind.RESTRICTION),
    ],
)
def test_what_is_asked_for_opens_a_request_and_does_nothing_by_itself(
    hers: Client, alice: Person, memory_id: str, act: Act, ask_at: str, at_once: list[str], kind: Kind, set_way: Any
) -> None:
    set_way(act, "ask")
    text = hers.get(page_of("show-your-memory", memory_id)).text
    assert page_of(ask_at, memory_id) in text
    for name in at_once:
        assert page_of(name, memory_id) not in text
        assert hers.post(page_of(name, memory_id), {"text": "x", "token": "x"}).status_code == 404
    response = hers.post(page_of(ask_at, memory_id), {"narrative": "I eat fish."}, follow=True)
    asked = asked_of(alice)
    assert (asked.kind, asked.state, asked.memory_id, asked.channel) == (kind, "received", memory_id, "person")
    assert (asked.requested_label, asked.requested_by, asked.identity_method) == ("the person", None, "signed-in")
    assert "requested" in response.text
    memory = alice.scope.get(memory_id)
    assert (memory.text, memory.restricted) == (VEGETARIAN, False)


@pytest.mark.parametrize(
    ("way", "said", "offered"),
    [
        ("at-once", "until you allow it again", True),
        ("ask", "you can ask us to have it used again", True),
        ("off", "write to us", False),
    ],
)
def test_what_is_not_used_for_now_says_how_it_is_used_again(
    hers: Client, alice: Person, memory_id: str, way: str, said: str, *, offered: bool, set_way: Any
) -> None:
    set_way(Act.RESTRICT, way)
    alice.scope.restrict(memory_id)
    text = hers.get(page_of("show-your-memory", memory_id)).text
    assert (said in text, page_of("use-memory-again", memory_id) in text) == (True, offered)


def test_that_a_memory_is_used_again_is_asked_for_once_in_words(
    hers: Client, alice: Person, memory_id: str, set_way: Any
) -> None:
    set_way(Act.RESTRICT, "ask")
    alice.scope.restrict(memory_id)
    for _ in range(2):
        assert hers.post(page_of("use-memory-again", memory_id), follow=True).status_code == 200
    asked = asked_of(alice)
    assert (asked.kind, asked.narrative) == (Kind.RESTRICTION, f"Please use this memory again: {memory_id}")
    assert alice.scope.get(memory_id).restricted


def test_asking_twice_about_one_memory_is_one_request_and_about_two_is_two(
    hers: Client, alice: Person, memory_id: str, set_way: Any
) -> None:
    set_way(Act.FORGET, "ask")
    (other,) = alice.remember(LISBON)
    for asked_about in (memory_id, memory_id, other):
        hers.post(page_of("forget-memory", asked_about))
    assert sorted(PrivacyRequest.objects.values_list("memory_id", flat=True)) == sorted([memory_id, other])
    assert "Forget one memory" in hers.get(page_of("show-your-memory", memory_id)).text


def test_what_is_said_later_is_added_to_what_was_said_first(hers: Client, memory_id: str) -> None:
    for words in ("It was tea.", "Green tea.", "Green tea.", "tea"):
        hers.post(page_of("ask-about-memory", memory_id), {"narrative": words})
    assert PrivacyRequest.objects.get().narrative == "It was tea.\n\nGreen tea.\n\ntea"
    assert AuditEvent.objects.filter(action="request-added-to", actor_kind="person").count() == 2


def test_a_memory_can_be_asked_about_where_it_could_be_corrected_at_once(
    hers: Client, alice: Person, memory_id: str
) -> None:
    assert page_of("ask-about-memory", memory_id) in hers.get(page_of("correct-memory", memory_id)).text
    response = hers.post(page_of("ask-about-memory", memory_id), {"narrative": "Ask my doctor."}, follow=True)
    assert (response.status_code, asked_of(alice).narrative) == (200, "Ask my doctor.")
    assert hers.post(page_of("ask-about-memory", memory_id), {"narrative": ""}).status_code == 400


def test_one_memory_can_be_asked_about_while_an_erasure_waits(hers: Client, memory_id: str) -> None:
    ask_for_everything(hers)
    response = hers.post(page_of("ask-about-memory", memory_id), {"narrative": "Wrong."}, follow=True)
    assert (response.status_code, in_persons_look(response)) == (200, True)


def test_a_copy_is_asked_for_once_where_it_has_to_be(hers: Client, alice: Person, set_way: Any) -> None:
    set_way(Act.DOWNLOAD, "ask")
    for _ in range(2):
        assert hers.post("/your-data/download/", follow=True).status_code == 200
    assert asked_of(alice).kind == Kind.ACCESS


# Forgetting everything.


def test_everything_is_asked_for_and_nothing_goes_before_somebody_approves(hers: Client, alice: Person) -> None:
    assert "1 memory" in hers.get(FORGET_EVERYTHING).text
    response = ask_for_everything(hers, narrative="Goodbye.")
    asked = asked_of(alice)
    assert (asked.kind, asked.state, asked.ground, asked.narrative) == (
        "erasure", "awaiting-approval", "17-1-b", "Goodbye.",
    )  # fmt: skip
    assert (asked.approved_label, alice.scope.count()) == ("", 1)
    assert "Nothing has been erased yet" in response.text
    assert "being checked" in hers.get(START).text


def test_at_once_the_controllers_standing_decision_approves(hers: Client, alice: Person, set_way: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, "at-once")
    response = ask_for_everything(hers)
    asked = asked_of(alice)
    assert (asked.state, asked.approved_by) == ("scheduled", None)
    assert asked.approved_label == "job: MEMADMIN_YOUR_DATA_FORGET_EVERYTHING=at-once"
    assert "Nothing has been erased yet" in response.text
    assert alice.scope.count() == 1


def test_a_cooling_off_is_kept_also_at_once(hers: Client, alice: Person, set_way: Any, settings: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, "at-once")
    settings.MEMADMIN_COOLING_OFF_HOURS = 24
    assert "It starts after 24 hours; until then you can withdraw it." in hers.get(FORGET_EVERYTHING).text
    text = ask_for_everything(hers).text
    assert asked_of(alice).scheduled_for > timezone.now() + timedelta(hours=23)
    assert ("It starts on " in text, "Until then you can withdraw it." in text) == (True, True)


@pytest.mark.parametrize("way", ["ask", "at-once"])
def test_a_hold_blocks_it_either_way_and_says_so(
    hers: Client, alice: Person, officer: Actor, way: str, set_way: Any
) -> None:
    set_way(Act.FORGET_EVERYTHING, way)
    hold(alice, officer)
    response = ask_for_everything(hers)
    assert (asked_of(alice).state, alice.scope.count()) == ("blocked", 1)
    assert "The law requires us to keep something" in response.text
    assert "Court of Alice" not in response.text


@pytest.mark.parametrize("way", ["ask", "at-once"])
def test_asking_twice_for_everything_is_one_request(hers: Client, alice: Person, way: str, set_way: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, way)
    first, second = (ask_for_everything(hers) for _ in range(2))
    assert first.redirect_chain == second.redirect_chain
    assert PrivacyRequest.objects.count() == 1
    text = hers.get(FORGET_EVERYTHING).text
    assert ("You have asked for this already" in text, 'name="sure"' in text) == (True, False)


@pytest.mark.parametrize("changed", [{"sure": ""}, {"ground": ""}, {"ground": "17-3-b"}, {"narrative": "x" * 5_001}])
def test_whoever_is_not_sure_asks_for_nothing(hers: Client, changed: dict[str, str]) -> None:
    response = ask_for_everything(hers, **changed)
    assert (response.status_code, in_persons_look(response)) == (400, True)
    assert not PrivacyRequest.objects.exists()


@pytest.mark.parametrize("way", ["ask", "at-once"])
def test_with_the_store_down_the_request_is_taken_and_shown_as_it_is(
    hers: Client, alice: Person, way: str, set_way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    set_way(Act.FORGET_EVERYTHING, way)
    monkeypatch.setattr(access, "open_scope_for_erasure", down)
    response = ask_for_everything(hers)
    assert (response.status_code, asked_of(alice).state) == (200, "received")
    assert "We have received this" in response.text
    assert "nothing was done" not in response.text


@pytest.mark.parametrize(("way", "state"), [("ask", "awaiting-approval"), ("at-once", "scheduled")])
def test_what_the_store_was_down_for_goes_on_once_it_answers(
    hers: Client, alice: Person, way: str, state: str, set_way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    set_way(Act.FORGET_EVERYTHING, way)
    with monkeypatch.context() as patched:
        patched.setattr(access, "open_scope_for_erasure", down)
        text = ask_for_everything(hers).text
        try_again = reverse("try-request-again", args=[asked_of(alice).pk])
        still_down = hers.post(try_again)
    assert try_again in text
    assert (still_down.status_code, "so nothing has changed" in still_down.text) == (503, True)
    assert (hers.post(try_again).status_code, asked_of(alice).state) == (302, state)


def test_what_staff_have_received_is_not_submitted_by_the_person(hers: Client, alice: Person, ask: Any) -> None:
    try_again = reverse("try-request-again", args=[ask(alice).pk])
    assert try_again not in hers.get(reverse("show-your-request", args=[asked_of(alice).pk])).text
    assert (hers.post(try_again).status_code, asked_of(alice).state) == (409, "received")


# How a request stands.


def test_alice_takes_her_request_back_before_anything_is_erased(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    withdraw = reverse("withdraw-request", args=[asked_of(alice).pk])
    assert withdraw in hers.get(reverse("show-your-request", args=[asked_of(alice).pk])).text
    response = hers.post(withdraw, follow=True)
    assert (asked_of(alice).state, alice.scope.count()) == ("cancelled", 1)
    assert "This is closed. Nothing was erased." in response.text
    assert withdraw not in response.text
    again = hers.post(withdraw)
    assert (again.status_code, "not possible any more" in again.text) == (409, True)
    assert ask_for_everything(hers).status_code == 200
    assert PrivacyRequest.objects.filter(state="awaiting-approval").count() == 1


@committed
def test_what_has_begun_cannot_be_taken_back(hers: Client, alice: Person, approved: Approved) -> None:
    asked = carry_out(approved(alice))
    response = hers.post(reverse("withdraw-request", args=[asked.pk]))
    assert (response.status_code, in_persons_look(response)) == (409, True)
    assert asked_of(alice).state == "completed"


def failed_erasure(person: Person, approved: Approved, monkeypatch: pytest.MonkeyPatch) -> PrivacyRequest:
    asked = approved(person)

    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(access, "open_scope_for_erasure", down)
        try:
            running.run(asked, JOB)
        except MemoryScopeError:
            PrivacyRequest.objects.filter(pk=asked.pk).update(state="failed", decision_reason="StoreUnavailable")
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="failed")
    return PrivacyRequest.objects.get(pk=asked.pk)


@committed
def test_alice_has_an_erasure_go_on_that_stopped_with_an_error(
    hers: Client, alice: Person, approved: Approved, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = failed_erasure(alice, approved, monkeypatch)
    page = hers.get(reverse("show-your-request", args=[asked.pk]))
    try_again = reverse("try-request-again", args=[asked.pk])
    assert ("stopped by an error" in page.text, try_again in page.text) == (True, True)
    assert "StoreUnavailable" not in page.text
    response = hers.post(try_again, follow=True)
    assert response.status_code == 200
    assert asked_of(alice).state in {"scheduled", "running"}
    assert hers.post(try_again).status_code == 409


@committed
def test_where_the_approver_has_no_right_any_more_the_person_cannot_approve_in_their_place(
    hers: Client, alice: Person, approved: Approved, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = failed_erasure(alice, approved, monkeypatch)
    asked.approved_by.groups.clear()
    response = hers.post(reverse("try-request-again", args=[asked.pk]))
    assert (response.status_code, in_persons_look(response), asked_of(alice).state) == (403, True, "failed")


def test_nothing_is_tried_again_that_did_not_fail(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    response = hers.post(reverse("try-request-again", args=[asked_of(alice).pk]))
    assert (response.status_code, asked_of(alice).state) == (409, "awaiting-approval")


def test_a_refusal_says_why_and_where_to_complain(hers: Client, alice: Person, officer: Actor) -> None:
    ask_for_everything(hers, narrative="Goodbye.")
    approving.refuse(asked_of(alice), officer, code="17-3-b", reason="Invoices are kept for ten years.")
    text = hers.get(reverse("show-your-request", args=[asked_of(alice).pk])).text
    for said in (
        "We have refused this",
        "Art. 17(3)(b)",
        "Invoices are kept for ten years.",
        "data protection authority",
    ):
        assert said in text
    assert officer.label not in text


def test_the_part_that_refreshes_says_how_it_stands(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    address = reverse("show-your-progress", args=[asked_of(alice).pk])
    response = hers.get(address, {"state": "awaiting-approval"}, headers={"HX-Request": "true"})
    assert (response.status_code, "being checked" in response.text, "<html" in response.text) == (200, True, False)
    assert "HX-Refresh" not in response.headers
    assert hers.get(address).headers["Location"] == reverse("show-your-request", args=[asked_of(alice).pk])


def test_a_new_state_has_the_whole_page_renewed(hers: Client, alice: Person) -> None:
    ask_for_everything(hers)
    address = reverse("show-your-progress", args=[asked_of(alice).pk])
    response = hers.get(address, {"state": "received"}, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Refresh"], response.content) == (200, "true", b"")


def test_alice_reads_how_a_request_stands_that_staff_opened_and_not_what_staff_wrote(
    hers: Client, alice: Person, approved: Approved
) -> None:
    text = hers.get(reverse("show-your-request", args=[approved(alice).pk])).text
    assert "approved" in text
    for hidden in ("T-4711", "Please forget me.", "sam-asks", "petra-approves"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("scheduled", "This was interrupted and goes on soon. What was erased stays erased."),
        ("failed", "What was erased stays erased; something may still be there."),
        ("blocked", "Nothing more is erased until that is over."),
    ],
)
def test_an_erasure_that_has_begun_is_not_said_to_have_erased_nothing(
    hers: Client, alice: Person, approved: Approved, state: str, said: str
) -> None:
    asked = approved(alice)
    ErasureRun.objects.create(request=asked, step="collected", total=2_162, done=1_000)
    PrivacyRequest.objects.filter(pk=asked.pk).update(state=state)
    text = hers.get(reverse("show-your-request", args=[asked.pk])).text
    assert (said in text, "Nothing has been erased yet" in text) == (True, False)


# Erased meanwhile.


@committed
def test_a_person_who_was_erased_meanwhile_is_told_and_gets_the_certificate(
    hers: Client, alice: Person, memory_id: str, approved: Approved
) -> None:
    carry_out(approved(alice))
    assert visit_of(hers).tenant is None
    text = hers.get(START).text
    certificate = Certificate.objects.get()
    page, file = (
        reverse(name, args=[certificate.pk]) for name in ("show-your-certificate", "download-your-certificate")
    )
    assert ("Everything about you was erased" in text, page in text) == (True, True)
    assert "Erased" in hers.get(page).text
    assert f"certificate-{certificate.pk}.json" in hers.get(file).headers["Content-Disposition"]
    assert f'href="{reverse("verify-certificate")}" target="_blank" rel="noopener"' in hers.get(page).text
    for name in ("search-your-data", "forget-everything"):
        assert hers.post(reverse(name), {"query": "x"}).headers["Location"] == START
    assert hers.get(page_of("show-your-memory", memory_id)).headers["Location"] == START


@committed
def test_where_not_every_place_could_be_searched_nobody_says_that_everything_is_gone(
    hers: Client, alice: Person, approved: Approved
) -> None:
    asked = carry_out(approved(alice))
    steps = "Every place searched" in hers.get(reverse("show-your-request", args=[asked.pk])).text
    unchecked = asked.run.verdict | {"places": [{"place": "history", "status": "unchecked", "count": 0}]}
    ErasureRun.objects.update(verdict=unchecked)
    start, request = (hers.get(page).text for page in (START, reverse("show-your-request", args=[asked.pk])))
    assert ("What was found about you was erased" in start, "Everything about you was erased" in start) == (True, False)
    assert "Not every place could be checked afterwards." in start
    assert (steps, "Every place searched" in request) == (True, False)
    assert "Searched, but not every place" in request


@committed
def test_until_it_is_certified_an_erasure_is_said_to_be_under_way(
    hers: Client, alice: Person, approved: Approved
) -> None:
    running.run(approved(alice), JOB)
    text = hers.get(START).text
    assert (visit_of(hers).tenant, "An erasure of your data is under way" in text) == (None, True)
    finishing.finish(JOB)
    assert "Everything about you was erased" in hers.get(START).text


def test_what_was_learned_since_alice_came_in_is_not_said_not_to_exist(alice: Person) -> None:
    client = come_in(browser(), alice)
    alice.remember(VEGETARIAN)
    text = client.get(START).text
    assert "When you came in, nothing was remembered about you" in text
    assert "To look again, open these pages from the app." in text
    assert VEGETARIAN in come_in(browser(), alice).get(START).text


@committed
def test_a_person_who_comes_after_the_erasure_is_told_too(alice: Person, approved: Approved) -> None:
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    text = come_in(browser(), alice).get(START).text
    assert ("Everything about you was erased" in text, "Certificate of the erasure" in text) == (True, True)


@committed
def test_a_refreshing_part_leads_to_the_start_page_after_the_erasure(
    hers: Client, alice: Person, approved: Approved
) -> None:
    carry_out(approved(alice))
    response = hers.get(FORGET_EVERYTHING, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == START


@committed
def test_alices_request_is_done_by_the_worker_and_she_follows_it(hers: Client, alice: Person, officer: Actor) -> None:
    ask_for_everything(hers)
    asked = asked_of(alice)
    approving.approve(asked, officer, digest=asked.pinned_digest, reference=asked.reference)
    carry_out(asked)
    text = hers.get(reverse("show-your-request", args=[asked.pk])).text
    assert "Nothing more has to be done about this." in text
    assert reverse("show-your-certificate", args=[Certificate.objects.get().pk]) in text


@committed
def test_somebody_who_is_learned_again_reads_that_and_the_certificate(
    alice: Person, bob: Person, approved: Approved
) -> None:
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    alice.remember(LISBON)
    text = come_in(browser(), alice).get(START).text
    assert (LISBON in text, "Certificate of the erasure" in text) == (True, True)
    assert "Certificate" not in come_in(browser(), bob).get(START).text


# What came of an act.


def test_a_result_is_of_the_persons_own_act(hers: Client, alice: Person, bob: Person) -> None:
    def event(kind: ActorKind, person: Person, action: Action = Action.MEMORY_DELETED) -> uuid.UUID:
        counts = {"outcome": "verified", "removed": {}}
        return audit.record(action, actor="somebody", kind=kind, tenant=person.tenant, counts=counts).pk

    def status(event_id: uuid.UUID) -> int:
        return hers.get(reverse("show-your-result", args=[event_id])).status_code

    assert status(event(ActorKind.PERSON, alice)) == 200
    assert status(event(ActorKind.STAFF, alice)) == 404
    assert status(event(ActorKind.PERSON, bob)) == 404
    assert status(event(ActorKind.PERSON, alice, Action.LOOKS_VIEWED)) == 404
    assert status(uuid.uuid4()) == 404


@pytest.mark.parametrize(
    ("action", "outcome", "said"),
    [
        (Action.MEMORY_DELETED, "verified", "notice good"),
        (Action.MEMORY_DELETED, "residue", "notice danger"),
        (Action.MEMORY_DELETED, "partly verified", "notice warn"),
        (Action.MEMORY_DELETED, "something new", "notice danger"),
        (Action.MEMORY_RECTIFIED, "being erased", "notice warn"),
        (Action.MEMORY_RECTIFIED, "unknown", "notice danger"),
    ],
)
def test_a_result_never_looks_better_than_it_is(
    hers: Client, alice: Person, action: Action, outcome: str, said: str
) -> None:
    event = audit.record(action, actor="x", kind=ActorKind.PERSON, tenant=alice.tenant, counts={"outcome": outcome})
    assert said in hers.get(reverse("show-your-result", args=[event.pk])).text


# Who looked.


def test_alice_reads_who_looked_without_names_search_texts_and_notes(hers: Client, sam: Client, alice: Person) -> None:
    reference = alice.tenant.reference
    sam.get(reverse("browse-memories", args=[reference]))
    sam.post(reverse("search-memories", args=[reference]), {"query": "embarrassing secrets"}, follow=True)
    audit.record(Action.MEMORY_OPENED, actor="sam", tenant=alice.tenant, reason="Note of Sam.")
    text = hers.get(reverse("list-looks")).text
    assert "Looked at 1 memory." in text
    for hidden in ("embarrassing", "Note of Sam.", "127.0.0.1", ">sam<"):
        assert hidden not in text


def test_what_alice_did_herself_is_listed_where_she_wants_it(hers: Client) -> None:
    assert "Opened these pages." not in hers.get(reverse("list-looks")).text
    assert "Opened these pages." in hers.get(reverse("list-looks"), {"own": "yes"}).text


def test_nothing_of_the_looks_at_bob_is_listed(hers: Client, sam: Client, bob: Person) -> None:
    bob.remember(BEES)
    sam.get(reverse("browse-memories", args=[bob.tenant.reference]))
    assert "Support" not in hers.get(reverse("list-looks")).text


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 40, "٣", "1 OR 1=1"])
def test_a_made_up_place_in_the_list_is_not_found(hers: Client, before: str) -> None:
    response = hers.get(reverse("list-looks"), {"before": before})
    assert (response.status_code, in_persons_look(response)) == (404, True)


# Somebody else's.


@pytest.mark.parametrize(
    "name",
    [
        "show-your-memory", "correct-memory", "save-correction", "ask-about-memory", "forget-memory",
        "stop-using-memory", "use-memory-again",
    ],
)  # fmt: skip
@pytest.mark.parametrize("whose", ["bob's", "nobody's", "malformed", "NUL", "long"])
def test_a_memory_of_somebody_else_is_not_there(hers: Client, bob: Person, name: str, whose: str) -> None:
    (his,) = bob.remember(BEES)
    memory_id = {"bob's": his, "nobody's": str(uuid.uuid4()), "malformed": "*", "NUL": "a\0b", "long": "x" * 5_000}[
        whose
    ]
    for method in ("get", "post"):
        form = {"text": "Mine now.", "token": "x", "narrative": "Mine now."} if method == "post" else {}
        response = getattr(hers, method)(page_of(name, memory_id), form)
        assert response.status_code in {404, 405}
        assert "bees" not in response.text
    memory = bob.scope.get(his)
    assert (memory.text, memory.restricted, PrivacyRequest.objects.count()) == (BEES, False, 0)


@pytest.mark.parametrize("name", ["show-your-request", "show-your-progress", "withdraw-request", "try-request-again"])
def test_a_request_of_somebody_else_is_not_there(hers: Client, bob: Person, approved: Approved, name: str) -> None:
    bob.remember(BEES)
    asked = approved(bob)
    for request_id in (asked.pk, uuid.uuid4()):
        address = reverse(name, args=[request_id])
        assert {hers.get(address).status_code, hers.post(address).status_code} <= {404, 405}
    assert PrivacyRequest.objects.get().state == "scheduled"


@committed
def test_a_certificate_of_somebody_else_is_not_there(hers: Client, bob: Person, approved: Approved) -> None:
    bob.remember(BEES)
    carry_out(approved(bob))
    for certificate_id in (Certificate.objects.get().pk, uuid.uuid4()):
        for name in ("show-your-certificate", "download-your-certificate"):
            assert hers.get(reverse(name, args=[certificate_id])).status_code == 404
    assert "Certificate" not in hers.get(START).text


@pytest.mark.parametrize(
    "path", ["nowhere", "memories/", "requests/", "requests/x/", "results/1/", "%2e%2e/audit/", "enter/"]
)
def test_what_is_not_there_is_not_found_in_the_persons_look(hers: Client, path: str) -> None:
    response = hers.get(f"/your-data/{path}", headers={"Accept-Language": "fr"})
    assert (response.status_code, in_persons_look(response)) == (404, True)
    assert response.headers["Content-Language"] == "fr"


def test_the_address_without_its_last_stroke_leads_to_the_pages(hers: Client) -> None:
    assert hers.get("/your-data").headers["Location"] == START


# The store down, or lying.


def test_the_store_down_is_said_in_the_persons_words(hers: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    for address in (START, FORGET_EVERYTHING):
        response = hers.get(address)
        assert (response.status_code, in_persons_look(response)) == (503, True)


def test_a_store_that_cannot_be_opened_is_said_in_the_persons_words(
    hers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not start.")

    monkeypatch.setattr(access, "open_scope", down)
    response = hers.get(START)
    assert (response.status_code, in_persons_look(response)) == (503, True)


def test_a_record_of_bobs_among_alices_shows_nothing_and_is_on_record(
    hers: Client, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob.remember(BEES)
    leaking = type("LeakingStore", (), {"page": lambda *_, **__: bob.scope.get_all(), "label": "leaking"})()
    monkeypatch.setattr(access, "open_scope", lambda tenant: ScopedMemory(tenant.user_id, store=leaking))
    response = hers.get(START)
    assert (response.status_code, in_persons_look(response), BEES in response.text) == (500, True, False)
    assert AuditEvent.objects.filter(action="cross-tenant-record", actor_kind="person").exists()


def test_a_memory_that_cannot_be_stopped_from_being_used_while_it_is_erased_says_so(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frozen(*_: Any) -> None:
        raise TenantBeingErased("u_alice is being erased.")

    monkeypatch.setattr(ScopedMemory, "restrict", frozen)
    response = hers.post(page_of("stop-using-memory", memory_id))
    assert (response.status_code, "Everything is being erased" in response.text) == (409, True)
    assert "u_alice" not in response.text


def test_what_the_store_breaks_off_is_not_said_to_be_undone(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    monkeypatch.setattr(ScopedMemory, "restrict", fail)
    response = hers.post(page_of("stop-using-memory", memory_id))
    assert (response.status_code, "nothing was done" in response.text) == (503, False)
    assert "We do not know whether this was done. Look again before you repeat it." in response.text
    monkeypatch.setattr(ScopedMemory, "get", fail)
    assert "nothing was done" in hers.get(page_of("show-your-memory", memory_id)).text


def test_what_was_checked_can_be_saved_for_a_while_only(
    hers: Client, memory_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = check_correction(hers, memory_id, "I eat fish.")
    monkeypatch.setattr(rectification, "CHECKED_FOR", timedelta(seconds=-1))
    assert save_correction(hers, memory_id, "I eat fish.", token).status_code == 409


@committed
def test_a_preview_that_was_taken_at_once_is_what_the_worker_erases(hers: Client, alice: Person, set_way: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, "at-once")
    ask_for_everything(hers)
    asked = asked_of(alice)
    assert asked.approved_digest == asked.pinned_digest == previewing.digest_of([m.id for m in alice.scope.get_all()])
    assert carry_out(asked).state == "completed"
    assert "Everything about you was erased" in hers.get(START).text
