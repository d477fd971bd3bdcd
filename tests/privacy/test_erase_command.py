"""``manage.py erase``: the whole act at the command line, and how it exits."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.audit import ActorKind
from dashboard.models import AuditEvent, Certificate, PrivacyRequest, Tenant
from dashboard.privacy import foreground, holds, running
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption
from memadmin.memory import ErasureScope, StoreUnavailable
from tests.desk.conftest import Person
from tests.desk.test_commands import _run
from tests.privacy.conftest import JOB

pytestmark = pytest.mark.django_db(transaction=True)

OF_NINA = ("--reason", "17-1-b", "--actor", "Nina")
BY_OTTO = (*OF_NINA, "--approved-by", "Otto")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreground.time, "sleep", lambda _seconds: None)


def test_it_erases_verifies_and_certifies(alice: Person, bob: Person) -> None:
    alice.remember("Alice is vegetarian.", "Alice lives in Graz.")
    kept = bob.remember("Bob rows.")
    code, printed = _run("erase", alice.user_id, *BY_OTTO, "--ticket", "T-1", "--json")
    told = json.loads(printed)
    assert (code, told["state"], told["verdict"], told["removed"]["vectors"]) == (0, "completed", "clean", 2)
    assert alice.user_id not in printed
    assert Certificate.objects.get(pk=told["certificate"]).request.ticket == "T-1"
    assert [memory.id for memory in bob.scope.get_all()] == kept


def test_nina_and_otto_are_in_the_log_as_two_people_at_the_command_line(alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    _run("erase", alice.user_id, *BY_OTTO)
    by = dict(AuditEvent.objects.filter(actor_kind=ActorKind.COMMAND).values_list("action", "actor_label"))
    assert by["request-opened"] == "command: Nina"
    assert by["erasure-approved"] == "command: Otto"


@pytest.mark.parametrize("approver", [(), ("--approved-by", "Nina")])
def test_nina_alone_erases_nobody_and_leaves_nothing_open(alice: Person, approver: tuple[str, ...]) -> None:
    alice.remember("Alice is vegetarian.")
    code, says = _run("erase", alice.user_id, *OF_NINA, *approver)
    assert (code, "--approved-by" in says) == (1, True)
    assert alice.scope.count() == 1
    assert not PrivacyRequest.objects.exists()


def test_somebody_nobody_knows_is_erased_by_one_person_with_a_certificate(store: None) -> None:
    code, printed = _run("erase", "u_never_seen", *OF_NINA, "--json")
    told = json.loads(printed)
    assert (code, told["state"], sum(told["removed"].values())) == (0, "completed", 0)
    assert json.loads(Certificate.objects.get(pk=told["certificate"]).document)["memories"]["total"] == 0


def test_a_dry_run_says_what_would_go_and_changes_nothing(alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    twin = Tenant.objects.create(user_id=alice.user_id.upper())
    code, printed = _run("erase", alice.user_id, *OF_NINA, "--dry-run", "--json")
    seen = json.loads(printed)
    assert (code, seen["places"]["vectors"], seen["memories"]) == (0, 1, 1)
    assert (seen["lookalikes"], seen["holds"]) == ([twin.reference], [])
    assert alice.scope.count() == 1
    assert not PrivacyRequest.objects.exists()
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()


def test_a_dry_run_names_the_hold_that_would_block_it(alice: Person) -> None:
    _hold(alice)
    code, printed = _run("erase", alice.user_id, *OF_NINA, "--dry-run")
    assert (code, "A hold blocks it (17-3-e); ask Legal." in printed) == (0, True)


def test_a_hold_blocks_it(alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    _hold(alice)
    code, printed = _run("erase", alice.user_id, *BY_OTTO, "--json")
    assert (code, json.loads(printed)["state"]) == (1, "blocked")
    assert alice.scope.count() == 1


def test_a_store_that_does_not_answer_for_a_while_is_waited_for(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.remember("Alice is vegetarian.")
    _fail(monkeypatch, times=3)
    assert _run("erase", alice.user_id, *BY_OTTO)[0] == 0


def test_what_failed_is_gone_on_with_by_the_next_run(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.remember("Alice is vegetarian.")
    with monkeypatch.context() as patch:
        _fail(patch, times=99)
        code, says = _run("erase", alice.user_id, *BY_OTTO)
    assert (code, "it goes on" in says) == (2, True)
    assert PrivacyRequest.objects.get().state == "failed"
    assert _run("erase", alice.user_id, *OF_NINA)[0] == 0
    assert PrivacyRequest.objects.get().state == "completed"


def test_a_worker_that_takes_it_first_is_watched(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.remember("Alice is vegetarian.")
    real: Callable[..., Any] = running.run

    def taken(asked: PrivacyRequest, by: Actor, **options: Any) -> PrivacyRequest:
        if by is not JOB:
            monkeypatch.setattr(foreground.running, "run", real)
            real(asked, JOB)  # the worker was quicker
            raise running.ledger.Busy
        return real(asked, by, **options)

    monkeypatch.setattr(foreground.running, "run", taken)
    assert _run("erase", alice.user_id, *BY_OTTO)[0] == 0


@pytest.mark.parametrize("user_id", ["*", "two words"])
def test_what_is_no_user_id_is_2(store: None, user_id: str) -> None:
    assert _run("erase", user_id, *BY_OTTO)[0] == 2


def _hold(person: Person) -> None:
    holds.place(person.tenant, Actor.operator("Petra"), code=Exemption.LEGAL_CLAIMS, reason="A suit.", owner="Legal")


def _fail(patch: pytest.MonkeyPatch, *, times: int) -> None:
    real, left = ErasureScope.erase, [times]

    def erase(scope: ErasureScope, memory_ids: list[str]) -> Any:
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable("The store does not answer.")
        return real(scope, memory_ids)

    patch.setattr(ErasureScope, "erase", erase)
