"""The act from approval to certificate, over the real store."""

from collections.abc import Callable

import pytest

from dashboard.models import AuditEvent, Certificate, Freeze, PrivacyRequest, Tenant, Tombstone
from memadmin.memory import connect
from tests.desk.conftest import Person
from tests.privacy.conftest import carry_out

pytestmark = pytest.mark.django_db(transaction=True)

Approved = Callable[[Person], PrivacyRequest]


@pytest.mark.another_process
def test_an_approved_erasure_takes_the_whole_person_and_certifies_it(approved: Approved, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice lives in Graz.")
    done = carry_out(approved(alice))
    assert done.state == "completed"
    assert alice.scope.residue().clean
    assert done.run.verdict["outcome"] == "clean"
    assert done.run.verdict["ask_back"]["asked"] == 2
    assert Certificate.objects.get(request=done).tenant_digest == done.tenant_digest


def test_erasing_alice_leaves_bob_untouched(approved: Approved, alice: Person, bob: Person) -> None:
    alice.remember("Alice is vegetarian.")
    kept = bob.remember("Bob rows.", "Bob has a cat.")
    carry_out(approved(alice))
    assert sorted(memory.id for memory in bob.scope.get_all()) == sorted(kept)


def test_the_desk_forgets_the_person_too(approved: Approved, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    done = carry_out(approved(alice))
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()
    assert not Freeze.objects.exists()
    assert (done.tenant, done.narrative) == (None, "")
    assert Tombstone.objects.filter(digest=done.tenant_digest).exists()


def test_every_step_is_in_the_audit_log(approved: Approved, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    asked = carry_out(approved(alice))
    actions = list(AuditEvent.objects.filter(purpose=str(asked.pk)).order_by("seq").values_list("action", flat=True))
    assert actions == [
        "request-opened",
        "erasure-previewed",
        "erasure-submitted",
        "erasure-approved",
        "erasure-started",
        "erasure-verifying",
        "erasure-certified",
        "erasure-completed",
    ]


def test_somebody_who_was_not_known_is_erased_with_a_certificate_that_says_so(
    approved: Approved, alice: Person
) -> None:
    done = carry_out(approved(alice))
    assert (done.state, done.run.total) == ("completed", 0)
    assert connect().scope(alice.user_id).count() == 0
