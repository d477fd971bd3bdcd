"""``manage.py reapply_erasures``: a restored backup brings nobody back for long."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit import tenant_digest
from dashboard.models import Certificate, Tombstone
from dashboard.privacy import reapplying
from dashboard.privacy.reapplying import COMMAND
from memadmin.memory import StoreUnavailable
from tests.desk.conftest import Person
from tests.desk.test_commands import _run
from tests.privacy.conftest import carry_out
from tests.privacy.test_erasure import Approved

pytestmark = pytest.mark.django_db(transaction=True)


def test_there_is_nothing_to_do_where_nobody_came_back(bob: Person) -> None:
    bob.remember("Bob rows.")
    assert _run("reapply_erasures") == (0, "Nobody has to be erased again.\n")


def test_whoever_came_back_is_erased_again_under_the_approval_of_then(
    approved: Approved, alice: Person, bob: Person
) -> None:
    first = carry_out(approved(alice))
    alice.remember("Alice is vegetarian.")
    _as_if_from_a_backup()
    kept = bob.remember("Bob rows.")
    code, printed = _run("reapply_erasures", "--json")
    (person,) = json.loads(printed)["people"]
    assert (code, person["state"], person["removed"]["vectors"]) == (0, "completed", 1)
    assert alice.scope.residue().clean
    assert [memory.id for memory in bob.scope.get_all()] == kept
    again = Certificate.objects.get(pk=person["certificate"]).request
    assert (again.ground, again.ticket, again.requested_label) == (first.ground, first.ticket, COMMAND)
    assert again.approved_label == f"{COMMAND}, as approved before by {first.approved_label}"
    assert Tombstone.objects.get().request == again


def test_whoever_came_back_since_is_erased_only_if_everybody_is(alice: Person) -> None:
    alice.remember("Alice has come back.")
    Tombstone.objects.create(digest=tenant_digest(alice.user_id), erased_at=timezone.now() - timedelta(days=1))
    assert json.loads(_run("reapply_erasures", "--json")[1])["erased_again"] == 0
    assert alice.scope.count() == 1
    assert _run("reapply_erasures", "--everybody")[0] == 0
    assert alice.scope.count() == 0


def test_one_who_cannot_be_erased_is_2_and_named_by_digest(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(reapplying.tombstones, "restored", lambda: [(Tombstone(digest="a" * 64), alice.user_id)])
    monkeypatch.setattr(reapplying.foreground, "erase", away)
    code, printed = _run("reapply_erasures", "--json")
    assert code == 2
    assert json.loads(printed)["people"][0]["trouble"] == "The store does not answer."
    assert alice.user_id not in printed


def _as_if_from_a_backup() -> None:
    Tombstone.objects.update(erased_at=timezone.now() + timedelta(minutes=1))
