"""Who looked: complete, in plain words, and nothing in it that is not the person's to read."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from dashboard import audit, looks
from dashboard.audit import Action, ActorKind, Outcome, tenant_digest
from dashboard.looks import ACTORS, ROLES, SENTENCES, Look
from dashboard.models import Grant, PrivacyRequest, Staff, Tenant
from dashboard.privacy.actors import Actor
from dashboard.requests import PersonRequest
from dashboard.roles import Role
from tests.factories import StaffFactory, TenantFactory


@pytest.fixture
def alice(db: None) -> Tenant:
    tenant: Tenant = TenantFactory(user_id="u_alice_looks")
    return tenant


@pytest.fixture
def bob(db: None) -> Tenant:
    tenant: Tenant = TenantFactory(user_id="u_bob_looks")
    return tenant


@pytest.fixture
def sam(db: None) -> Staff:
    staff: Staff = StaffFactory(username="sam", first_name="Sam", last_name="Smith", role=Role.SUPPORT)
    return staff


def of(tenant: Tenant) -> list[Look]:
    return looks.page(tenant_digest(tenant.user_id)).looks


def only(tenant: Tenant) -> Look:
    (look,) = of(tenant)
    return look


def granted(staff: Staff, tenant: Tenant, ticket: str = "4711") -> str:
    later = timezone.now() + timedelta(minutes=30)
    return str(Grant.objects.create(staff=staff, tenant=tenant, category="x", ticket=ticket, expires_at=later).pk)


def asked(tenant: Tenant, ticket: str = "T-1") -> str:
    known = {"kind": "erasure", "state": "received", "channel": "staff", "profile": "GDPR", "requested_label": "sam"}
    today, digest = timezone.localdate(), tenant_digest(tenant.user_id)
    return str(
        PrivacyRequest.objects.create(tenant=tenant, tenant_digest=digest, received_on=today, ticket=ticket, **known).pk
    )


# -- the table --------------------------------------------------------------------------------------------


def test_every_action_has_a_sentence_or_is_hidden_on_purpose() -> None:
    assert set(SENTENCES) == set(Action), 'Say in SENTENCES what the person reads of this action; done="" hides it'


def test_every_role_and_every_kind_of_actor_has_words() -> None:
    assert set(ROLES) == set(Role)
    assert set(ACTORS) == {kind.value for kind in ActorKind}


@pytest.mark.parametrize("action", [action for action, sentence in SENTENCES.items() if sentence.counted])
def test_a_number_fits_into_its_sentence(action: Action) -> None:
    assert "7" in str(SENTENCES[action].counted % {"n": 7})
    assert str(SENTENCES[action].counted % {"n": 1}).endswith(".")


# -- words ------------------------------------------------------------------------------------------------


def test_support_looked_at_three_memories_under_a_ticket(alice: Tenant, sam: Staff) -> None:
    audit.record(Action.MEMORIES_PAGED, actor=sam.label, tenant=alice, counts={"shown": 3}, purpose=granted(sam, alice))
    look = only(alice)
    assert (look.who, look.words, look.ticket) == ("Support", "Looked at 3 memories.", "4711")


@pytest.mark.parametrize(
    ("action", "outcome", "counts", "words"),
    [
        (Action.MEMORIES_PAGED, Outcome.DONE, {}, "Looked at your memories."),
        (Action.MEMORIES_PAGED, Outcome.DONE, {"shown": 1}, "Looked at 1 memory."),
        (Action.MEMORY_OPENED, Outcome.DONE, {"shown": 1, "history": 4}, "Looked at 1 memory."),
        (Action.MEMORIES_DELETED, Outcome.DONE, {"memories": 2, "shown": 9}, "Deleted 2 memories."),
        (Action.MEMORY_REVEALED, Outcome.REFUSED, {}, "Tried to uncover a sensitive detail in a memory."),
        (Action.MEMORY_DELETED, Outcome.FAILED, {}, "Tried to delete one memory; something of it may still be there."),
        (Action.REQUEST_REFUSED, Outcome.REFUSED, {}, "Refused a request about your data."),
        (Action.ERASURE_FAILED, Outcome.FAILED, {}, "Could not finish erasing your data; it can go on."),
        (Action.DENIED, Outcome.REFUSED, {}, "Asked for something without being allowed to."),
        (Action.DENIED, Outcome.REFUSED, {"fault": "csrf"},
         "Sent a form that was refused: it was out of date or came from another site."),
        (Action.MEMORIES_SEARCHED, Outcome.REFUSED, {}, "Tried to search your memories and was shown nothing."),
        (Action.AUDIT_VIEWED, Outcome.REFUSED, {}, "Tried to do something about your data and was refused."),
        (Action.AUDIT_VIEWED, Outcome.FAILED, {}, "Tried to do something about your data; it failed."),
    ],
)  # fmt: skip
def test_what_was_done_is_told_as_it_ended(
    alice: Tenant, action: Action, outcome: Outcome, counts: dict[str, int], words: str
) -> None:
    audit.record(action, actor="sam", tenant=alice, outcome=outcome, counts=counts)
    assert only(alice).words == words


def test_what_is_hidden_is_not_there_and_takes_no_room_on_the_page(alice: Tenant) -> None:
    for action in (Action.MEMORIES_PAGED, Action.PURPOSE_ASKED, Action.MEMORIES_SEARCHED):
        audit.record(action, actor="sam", tenant=alice)
    found = looks.page(tenant_digest(alice.user_id), size=2)
    assert [look.words for look in found.looks] == ["Searched your memories.", "Looked at your memories."]
    assert found.older_than is None


def test_an_action_of_a_newer_desk_is_shown_without_knowing_it(alice: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice)
    monkeypatch.delitem(looks._BY_VALUE, "memories-paged")
    assert only(alice).words == "Did something about your data."


def test_words_are_translated_when_they_are_read(alice: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice)
    with translation.override("de"):
        translated = translation.gettext("Looked at your memories.")
        assert only(alice).words == translated


# -- who --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "label", "who"),
    [
        (ActorKind.PERSON, "the person", "You"),
        (ActorKind.PERSON, "the person, by e-mail", "Somebody with a code sent by e-mail"),
        (ActorKind.JOB, "job: run_erasure", "The system"),
        (ActorKind.COMMAND, "command: Sam Smith", "An operator"),
        (ActorKind.API, "api: shop", "The application"),
        (ActorKind.NOBODY, "nobody signed in", "Somebody who was not signed in"),
        (ActorKind.STAFF, "Gone (gone)", "A member of staff"),
    ],
)
def test_who_it_was_is_told_without_a_name(alice: Tenant, kind: ActorKind, label: str, who: str) -> None:
    audit.record(Action.MEMORIES_PAGED, actor=label, kind=kind, tenant=alice)
    assert only(alice).who == who


def test_a_request_by_e_mail_is_among_what_others_did(alice: Tenant) -> None:
    for label in (PersonRequest.LABEL, Actor.correspondent().label):
        audit.record(Action.REQUEST_OPENED, actor=label, kind=ActorKind.PERSON, tenant=alice)
    by_others = looks.page(tenant_digest(alice.user_id), own=False).looks
    assert [look.who for look in by_others] == ["Somebody with a code sent by e-mail"]


def test_without_a_grant_staff_are_known_by_their_label(alice: Tenant, sam: Staff) -> None:
    audit.record(Action.TENANT_LOOKED_UP, actor=sam.label, tenant=alice)
    assert (only(alice).who, only(alice).ticket) == ("Support", "")


def test_a_label_that_only_looks_like_somebodys_is_nobodys(alice: Tenant, sam: Staff) -> None:
    audit.record(Action.TENANT_LOOKED_UP, actor="Somebody else (sam)", tenant=alice)
    assert only(alice).who == "A member of staff"


def test_who_has_several_roles_is_called_by_the_first(alice: Tenant, sam: Staff) -> None:
    sam.groups.add(*StaffFactory(username="petra", role=Role.PRIVACY_OFFICER).groups.all())
    audit.record(Action.MEMORIES_PAGED, actor="renamed since", tenant=alice, purpose=granted(sam, alice))
    assert only(alice).who == "Privacy officer"


def test_names_of_staff_are_shown_where_the_controller_wants_it(alice: Tenant, sam: Staff, settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_STAFF_NAMES = True
    audit.record(Action.MEMORIES_PAGED, actor=sam.label, tenant=alice)
    audit.record(Action.ERASURE_STARTED, actor="job: hold placed by Petra", tenant=alice)
    assert [look.who for look in of(alice)] == ["The system", "Sam Smith (sam)"]


# -- what it does not tell ----------------------------------------------------------------------------------


def test_what_was_done_to_bob_is_not_there(alice: Tenant, bob: Tenant) -> None:
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=bob)
    assert of(alice) == []


def test_a_note_of_staff_is_not_there(alice: Tenant) -> None:
    audit.record(Action.MEMORIES_SEARCHED, actor="sam", tenant=alice, reason="something about Bob")
    assert "Bob" not in str(only(alice))


def test_the_ticket_of_somebody_elses_request_is_not_there(alice: Tenant, bob: Tenant, sam: Staff) -> None:
    for purpose in (asked(bob, "T-BOB"), granted(sam, bob, "G-BOB")):
        audit.record(Action.MENTION_DECIDED, actor="sam", tenant=alice, purpose=purpose)
    assert [look.ticket for look in of(alice)] == ["", ""]


def test_the_ticket_of_ones_own_request_is_there_also_after_the_erasure(alice: Tenant) -> None:
    audit.record(Action.ERASURE_STARTED, actor="job: run_erasure", tenant=alice, purpose=asked(alice, "T-1"))
    digest = tenant_digest(alice.user_id)
    alice.delete()
    assert looks.page(digest).looks[0].ticket == "T-1"


@pytest.mark.parametrize("purpose", ["", "none", str(uuid.UUID(int=7)), uuid.UUID(int=7).hex])
def test_a_purpose_that_is_not_there_any_more_has_no_ticket(alice: Tenant, purpose: str) -> None:
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice, purpose=purpose)
    assert only(alice).ticket == ""


# -- pages --------------------------------------------------------------------------------------------------


def test_pages_are_complete_newest_first_and_stand_still(alice: Tenant) -> None:
    digest = tenant_digest(alice.user_id)
    for number in range(5):
        audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice, counts={"shown": number + 2})
    first = looks.page(digest, size=2)
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice, counts={"shown": 99})
    second = looks.page(digest, size=2, older_than=first.older_than)
    third = looks.page(digest, size=2, older_than=second.older_than)
    numbers = [look.words.split()[2] for found in (first, second, third) for look in found.looks]
    assert numbers == ["6", "5", "4", "3", "2"]
    assert third.older_than is None


def test_the_whole_list_is_the_pages_one_after_the_other(alice: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "AT_ONCE", 2)
    for _ in range(5):
        audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice)
    assert list(looks.every(tenant_digest(alice.user_id))) == of(alice)


def test_a_page_costs_the_same_queries_however_many_took_part(alice: Tenant) -> None:
    def look(number: int) -> None:
        staff = StaffFactory(username=f"staff-{number}", role=Role.SUPPORT)
        audit.record(Action.MEMORIES_PAGED, actor=staff.label, tenant=alice, purpose=granted(staff, alice))
        audit.record(Action.REQUEST_VIEWED, actor=staff.label, tenant=alice, purpose=asked(alice))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            of(alice)
        return len(captured)

    look(1)
    few = queries()
    PrivacyRequest.objects.update(state="completed")
    look(2)
    PrivacyRequest.objects.update(state="completed")
    look(3)
    assert queries() == few <= 6
