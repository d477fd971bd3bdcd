"""Memories of others that name the person: found, and kept, redacted or deleted by staff."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from dashboard.audit import Action, Outcome, tenant_digest
from dashboard.models import AuditEvent, Mention, PrivacyRequest
from dashboard.privacy import mentions
from dashboard.privacy.actors import Actor
from dashboard.privacy.mentions import Decision, Found, Settled
from dashboard.privacy.states import NotNow
from memadmin.memory import ScopedMemory, StoreUnavailable, connect
from memadmin.memory.connect import Connection
from tests.desk.conftest import Person

Ask = Callable[..., PrivacyRequest]


def _name(alice: Person) -> str:
    return f"Alice{alice.user_id[-8:]}"


@pytest.fixture
def mention(alice: Person, bob: Person, ask: Ask, officer: Actor) -> Mention:
    """Bob's memory names Alice, and was found."""
    bob.remember(f"I dine with {_name(alice)} on Fridays.")
    asked = ask(alice)
    mentions.find(asked, [_name(alice)], officer)
    return asked.mentions.get()


def _events(person: Person, action: Action) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action.value, tenant_digest=tenant_digest(person.user_id)))


def test_bobs_memory_that_names_alice_is_listed_once(alice: Person, bob: Person, ask: Ask, officer: Actor) -> None:
    alice.remember(f"I am {_name(alice)}.")
    (memory_id,) = bob.remember(f"I dine with {_name(alice).upper()}.")
    asked = ask(alice)
    for _ in range(2):
        assert mentions.find(asked, [_name(alice)], officer) == Found(1, complete=True)
    assert asked.mentions.values_list("tenant", "memory_id").get() == (bob.tenant.pk, memory_id)


def test_the_user_id_is_looked_for_without_being_typed(alice: Person, bob: Person, ask: Ask, officer: Actor) -> None:
    bob.remember(f"Ticket of {alice.user_id}: closed.")
    assert mentions.find(ask(alice), [], officer).count == 1


def test_a_search_is_recorded_without_its_terms(alice: Person, bob: Person, mention: Mention) -> None:
    (event,) = _events(alice, Action.MENTIONS_SEARCHED)
    assert event.counts == {"memories": 1, "searchable": 1}


@pytest.mark.parametrize("terms", [["a"], ["x" * 300], ["Alice"] + [f"name {number}" for number in range(30)]])
def test_terms_that_would_find_everything_are_refused(
    alice: Person, ask: Ask, officer: Actor, terms: list[str]
) -> None:
    with pytest.raises(NotNow):
        mentions.find(ask(alice), terms, officer)


def test_support_cannot_search_other_peoples_memories(alice: Person, ask: Ask, support: Actor) -> None:
    with pytest.raises(PermissionDenied):
        mentions.find(ask(alice), [], support)


def test_a_store_that_cannot_search_says_so(
    alice: Person, ask: Ask, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "mentions", lambda *_, **__: None)
    assert mentions.find(ask(alice), [], officer) == Found(0, complete=False)


def test_what_is_kept_stays_as_it_is(bob: Person, mention: Mention, officer: Actor) -> None:
    before = bob.scope.get_all()
    assert mentions.decide(mention, Decision.KEEP, officer) == Settled(done=True)
    mention.refresh_from_db()
    assert (mention.decision, mention.decided_label) == ("keep", officer.label)
    assert bob.scope.get_all() == before


def test_redacting_takes_the_name_and_leaves_the_rest(
    alice: Person, bob: Person, mention: Mention, officer: Actor
) -> None:
    settled = mentions.decide(mention, Decision.REDACT, officer, terms=[_name(alice).lower()])
    assert bob.scope.get_all()[0].text == "I dine with [removed] on Fridays."
    assert settled == Settled(done=True, old_wordings=0)
    changes = bob.scope.history(mention.memory_id) or []
    assert not [
        text for change in changes for text in (change.old_text, change.new_text) if _name(alice) in (text or "")
    ]


def test_deleting_takes_the_memory_and_its_history(bob: Person, mention: Mention, officer: Actor) -> None:
    bob.remember("I love steak.")
    assert mentions.decide(mention, Decision.DELETE, officer).done
    assert [memory.text for memory in bob.scope.get_all()] == ["I love steak."]
    assert connect()._store._history.count([mention.memory_id]) == 0


def test_a_decision_is_recorded_with_bob_before_and_after(bob: Person, mention: Mention, officer: Actor) -> None:
    mentions.decide(mention, Decision.DELETE, officer)
    for action in (Action.MENTION_DECIDED, Action.MENTION_SETTLED):
        (event,) = _events(bob, action)
        assert (event.counts["delete"], event.actor_label, event.outcome) == (1, officer.label, Outcome.DONE)


def test_nothing_is_decided_twice(mention: Mention, officer: Actor) -> None:
    mentions.decide(mention, Decision.KEEP, officer)
    with pytest.raises(NotNow, match="keep"):
        mentions.decide(mention, Decision.DELETE, officer)


def test_redacting_other_words_than_stand_there_changes_nothing(bob: Person, mention: Mention, officer: Actor) -> None:
    with pytest.raises(NotNow):
        mentions.decide(mention, Decision.REDACT, officer, terms=["Alicia"])
    mention.refresh_from_db()
    assert mention.decision == ""
    assert _events(bob, Action.MENTION_DECIDED) == []


def test_a_mention_that_is_gone_meanwhile_counts_as_decided(bob: Person, mention: Mention, officer: Actor) -> None:
    bob.scope.delete_all()
    for decision in (Decision.REDACT, Decision.DELETE):
        mention.decision = ""
        mention.save()
        assert mentions.decide(mention, decision, officer, terms=["Alice"]).done


def test_a_store_that_is_down_leaves_it_undecided(
    bob: Person, mention: Mention, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(ScopedMemory, "delete", down)
    with pytest.raises(StoreUnavailable):
        mentions.decide(mention, Decision.DELETE, officer)
    mention.refresh_from_db()
    assert mention.decision == ""
    assert [event.outcome for event in _events(bob, Action.MENTION_SETTLED)] == [Outcome.FAILED]


def test_support_decides_nothing(mention: Mention, support: Actor) -> None:
    with pytest.raises(PermissionDenied):
        mentions.decide(mention, Decision.KEEP, support)
