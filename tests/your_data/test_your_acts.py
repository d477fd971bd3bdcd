"""What Alice does about one memory: at once, by asking, or not at all; and what came of it."""

import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from dashboard import audit
from dashboard.audit import Action, ActorKind
from dashboard.models import AuditEvent, Freeze, PrivacyRequest
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.your_data.acts import Act
from memadmin.memory import ScopedMemory, StoreUnavailable
from tests.desk.conftest import Person
from tests.your_data.conftest import (
    FORGET_EVERYTHING,
    LISBON,
    START,
    SURE,
    VEGETARIAN,
    ask_for_everything,
    asked_of,
    browser,
    check_correction,
    committed,
    hold,
    in_persons_look,
    last_event,
    page_of,
    save_correction,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


# Forgetting one, and not using one for now.


def test_alice_has_one_memory_forgotten_after_a_question(hers: Client, alice: Person, memory_id: str) -> None:
    (other,) = alice.remember(LISBON)
    assert VEGETARIAN in hers.get(page_of("forget-memory", memory_id)).text
    assert alice.scope.count() == 2
    response = hers.post(page_of("forget-memory", memory_id), follow=True)
    assert [memory.id for memory in alice.scope.get_all()] == [other]
    assert "This memory is forgotten" in response.text
    assert hers.get(page_of("show-your-memory", memory_id)).status_code == 404


def test_a_form_that_was_sent_twice_leads_to_what_came_of_it_the_first_time(hers: Client, memory_id: str) -> None:
    first, second = (hers.post(page_of("forget-memory", memory_id)).headers["Location"] for _ in range(2))
    assert first == second
    assert AuditEvent.objects.filter(action=Action.MEMORY_DELETED).count() == 1


@committed
def test_a_form_that_is_sent_three_times_at_the_same_moment_forgets_once(hers: Client, memory_id: str) -> None:
    together, locations = threading.Barrier(3), []

    def send() -> None:
        client = browser()
        client.cookies = hers.cookies
        together.wait()
        locations.append(client.post(page_of("forget-memory", memory_id)).headers.get("Location"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    event = AuditEvent.objects.get(action=Action.MEMORY_DELETED)
    assert set(locations) == {page_of("show-your-result", str(event.pk))}


def test_what_was_forgotten_does_not_stand_for_another_memory(hers: Client, bob: Person, memory_id: str) -> None:
    (bobs,) = bob.remember(LISBON)
    hers.post(page_of("forget-memory", memory_id))
    assert hers.post(page_of("forget-memory", bobs)).status_code == 404
    assert bob.scope.count() == 1


def test_under_a_hold_the_question_before_forgetting_says_so(
    hers: Client, alice: Person, memory_id: str, officer: Actor
) -> None:
    hold(alice, officer)
    response = hers.get(page_of("forget-memory", memory_id))
    assert (response.status_code, "Art. 17(3)(e)" in response.text) == (403, True)


def test_what_is_so_already_is_no_act(hers: Client, alice: Person, memory_id: str) -> None:
    def sent_twice(name: str) -> int:
        [hers.post(page_of(name, memory_id)) for _ in range(2)]
        return AuditEvent.objects.filter(actor_kind="person", action__contains="restrict").count()

    assert [sent_twice("stop-using-memory"), sent_twice("use-memory-again")] == [2, 4]  # ordered and done, each


def test_where_nothing_is_offered_no_page_speaks_of_it(hers: Client, memory_id: str, set_way: Any) -> None:
    for act in Act:
        set_way(act, "off")
    assert "What you can do" not in hers.get(page_of("show-your-memory", memory_id)).text
    text = hers.get(START).text
    assert ("Look closer" in text, "correct or forget" in text) == (True, False)


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
    assert act is not Act.DOWNLOAD or hers.post(reverse("fetch-export")).status_code == 404
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


def test_somebody_of_whom_nothing_is_remembered_need_not_ask_for_a_copy(alices: Client, set_way: Any) -> None:
    set_way(Act.DOWNLOAD, "ask")
    text = alices.get("/your-data/download/").text
    assert ("Download everything" in text, "Ask for a copy" in text) == (True, False)
    response = alices.post("/your-data/download/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")


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
