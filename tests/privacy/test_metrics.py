"""Numbers for machines: none names a person, and only who has the token sees them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dashboard.models import Drill, Freeze, PrivacyRequest, Tombstone
from dashboard.privacy import metrics, tombstones
from tests.desk.conftest import Person

Ask = Callable[..., PrivacyRequest]
VERSIONS = {"mem0ai": "2.2.1", "memadmin": "0.1.0"}


@pytest.fixture(autouse=True)
def _looked_anew(store: None) -> Iterator[None]:
    tombstones.store_is_older_than_newest_erasure.forget()
    yield
    tombstones.store_is_older_than_newest_erasure.forget()


def _samples() -> dict[str, float]:
    """Value by name, with the state if there is one."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        sample.name.removeprefix("memadmin_") + sample.labels.get("state", ""): sample.value
        for family in families
        for sample in family.samples
    }


def _drill(outcome: str, residue: int = 0) -> Drill:
    return Drill.objects.create(outcome=outcome, residue=residue, versions=VERSIONS)


def test_open_and_overdue_requests_are_counted(alice: Person, bob: Person, ask: Ask) -> None:
    ask(alice)
    ask(bob)
    PrivacyRequest.objects.filter(tenant=bob.tenant).update(due_on=timezone.localdate() - timedelta(days=1))
    samples = _samples()
    assert (samples["requests_openreceived"], samples["requests_openrunning"]) == (2, 0)
    assert samples["requests_overdue"] == 1


def test_a_request_that_has_ended_is_neither_open_nor_overdue(alice: Person, ask: Ask) -> None:
    ask(alice)
    PrivacyRequest.objects.update(due_on=timezone.localdate() - timedelta(days=1), state="refused")
    samples = _samples()
    assert samples["requests_overdue"] == samples["requests_openreceived"] == 0


def test_the_last_proven_erasure_is_the_last_clean_drill() -> None:
    Drill.objects.filter(pk=_drill("clean").pk).update(at=timezone.now() - timedelta(hours=2))
    _drill("residue", 3)
    samples = _samples()
    assert 7_200 <= samples["proven_erasure_age_seconds"] < 7_260
    assert samples["drill_residue_rows"] == 3
    assert 'memadmin_drill_info{mem0ai="2.2.1",memadmin="0.1.0",outcome="residue"} 1.0' in metrics.exposition().decode()


def test_what_never_happened_has_no_age() -> None:
    assert "proven_erasure_age_seconds" not in _samples()


def test_people_who_were_learned_again_and_frozen_ones_are_counted() -> None:
    now = timezone.now()
    Tombstone.objects.create(digest="a" * 64, erased_at=now, relearned_at=now)
    Tombstone.objects.create(digest="b" * 64, erased_at=now, relearned_at=now, reported_at=now)
    Freeze.objects.create(user_id="u_alice")
    samples = _samples()
    assert (samples["people_learned_again"], samples["frozen_tenants"]) == (1, 1)


def test_metrics_name_nobody(alice: Person, ask: Ask) -> None:
    asked = ask(alice)
    text = metrics.exposition().decode()
    assert all(word not in text for word in (alice.user_id, asked.reference, asked.tenant_digest))


def test_without_a_token_there_are_no_metrics(client: Client) -> None:
    assert client.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"), [("Bearer s3cret", 200), ("Bearer wrong", 401), ("s3cret", 401), ("", 401)]
)
def test_metrics_are_for_whoever_has_the_token(client: Client, settings: Any, sent: str, status: int) -> None:
    settings.MEMADMIN_METRICS_TOKEN = "s3cret"
    assert client.get("/metrics/", headers={"Authorization": sent}).status_code == status


@pytest.mark.parametrize(("outcome", "status"), [("clean", 200), ("failed", 200), ("residue", 503)])
def test_health_turns_red_when_a_drill_finds_residue(client: Client, outcome: str, status: int) -> None:
    _drill(outcome)
    response = client.get("/health/")
    assert response.status_code == status
    assert response.json() == {"ok": status == 200, "database": True, "drill": outcome, "store_restored": False}


def test_health_turns_red_when_a_backup_brought_somebody_back(client: Client, alice: Person, ask: Ask) -> None:
    alice.remember("I am vegetarian.")
    tombstones.lay(ask(alice), timezone.now() + timedelta(hours=1))
    response = client.get("/health/")
    assert (response.status_code, response.json()["store_restored"]) == (503, True)
    assert alice.user_id not in response.content.decode()


def test_health_turns_red_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", down)
        response = client.get("/health/")
    assert (response.status_code, response.json()["database"]) == (503, False)
