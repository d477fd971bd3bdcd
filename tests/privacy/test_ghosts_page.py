"""Ghosts: counted, asked for by one, decided by another."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import AuditEvent, GhostPurge
from dashboard.privacy import ghost_purges, ghosts
from dashboard.privacy.actors import Actor
from dashboard.privacy.cached import ForAWhile
from dashboard.privacy.states import NotNow
from memadmin.memory.records import Ghosts

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def _counted(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Ghosts(memories=3, rows=7, oldest="2025-01-02T03:04:05+00:00", newest="2025-06-02T03:04:05+00:00")
    monkeypatch.setattr(ghosts, "count", ForAWhile(lambda: counted, timedelta(minutes=1)))


@pytest.fixture
def purge(officer: Actor) -> GhostPurge:
    return ghost_purges.ask(date(2026, 1, 1), officer, reason="Older than a year.")


def test_the_page_says_how_many_and_from_when(petra: Client) -> None:
    html = petra.get(reverse("list-ghosts")).content.decode()
    assert "3 that are gone" in html
    assert "2 Jan 2025" in html
    assert AuditEvent.objects.first().counts == {"rows": 7}


def test_a_store_that_cannot_tell_says_so(petra: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ghosts, "count", lambda: None)
    assert "Cannot be counted" in petra.get(reverse("list-ghosts")).content.decode()


def test_petra_asks_and_cannot_decide_on_it(petra: Client) -> None:
    petra.post(reverse("ask-for-ghost-purge"), {"before": "2026-01-01", "reason": "Older than a year."})
    asked = GhostPurge.objects.get()
    assert "Delete them" not in petra.get(reverse("list-ghosts")).content.decode()
    assert petra.post(reverse("approve-ghost-purge", args=[asked.pk])).status_code == 403
    assert petra.post(reverse("reject-ghost-purge", args=[asked.pk])).status_code == 403
    assert GhostPurge.objects.get().decided_at is None


def test_somebody_else_approves_and_the_rows_are_counted(
    purge: GhostPurge, petra: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, str]] = []
    monkeypatch.setattr(
        ghosts, "purge", lambda before, by, asked_label, asked_by: asked.append((before, asked_label)) or 4
    )
    html = petra.post(reverse("approve-ghost-purge", args=[purge.pk]), follow=True).content.decode()
    assert "4 rows were deleted." in html
    assert asked == [(purge.before, purge.requested_label)]
    assert GhostPurge.objects.get().rows == 4


def test_approved_is_really_purged(purge: GhostPurge, second_officer: Actor) -> None:
    assert ghost_purges.approve(purge, second_officer) == 0
    assert AuditEvent.objects.filter(action__in=["ghosts-purge-asked", "ghosts-purged"]).count() == 2


def test_rejected_ghosts_stay(purge: GhostPurge, petra: Client) -> None:
    html = petra.post(reverse("reject-ghost-purge", args=[purge.pk]), follow=True).content.decode()
    assert "Rejected; nothing was deleted." in html
    assert GhostPurge.objects.get().rows is None


def test_what_was_decided_is_decided(purge: GhostPurge, second_officer: Actor) -> None:
    ghost_purges.reject(purge, second_officer)
    with pytest.raises(NotNow):
        ghost_purges.approve(purge, second_officer)


def test_support_neither_asks_nor_decides(purge: GhostPurge, support: Actor) -> None:
    for act in (lambda: ghost_purges.ask(TODAY(), support, reason="x"), lambda: ghost_purges.approve(purge, support)):
        with pytest.raises(PermissionDenied):
            act()


def test_a_day_in_the_future_is_refused(petra: Client) -> None:
    given = {"before": str(TODAY() + timedelta(days=2)), "reason": "Everything."}
    assert petra.post(reverse("ask-for-ghost-purge"), given).status_code == 400
    assert not GhostPurge.objects.exists()
