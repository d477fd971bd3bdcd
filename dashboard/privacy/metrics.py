"""How the desk is doing, in numbers that name nobody: for Prometheus and for a health check."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import Error, connection
from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dashboard.models import FINAL_STATES, AuditCheckpoint, Drill, Freeze, PrivacyRequest, Tombstone
from dashboard.privacy import tombstones
from dashboard.privacy.drill import Outcome
from dashboard.privacy.states import State
from memadmin.memory import MemoryScopeError

_OPEN = [state.value for state in State if state.value not in FINAL_STATES]


@dataclass(frozen=True, slots=True)
class Health:
    """What a health check says. None: could not be told, or never happened."""

    database: bool
    drill: str | None  # how the newest one ended: clean, residue, failed
    store_restored: bool | None  # True: the store holds people whom the desk erased; reapply the erasures

    @property
    def ok(self) -> bool:
        """Not what cannot be told, but what is known to be wrong, turns it red."""
        return self.database and self.drill != Outcome.RESIDUE and not self.store_restored

    def as_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}


def health() -> Health:
    """Look now; of the store an answer at most ten minutes old."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        drill = Drill.objects.values_list("outcome", flat=True).first()
        return Health(database=True, drill=drill, store_restored=_store_restored())
    except Error:
        return Health(database=False, drill=None, store_restored=None)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Desk())
    return generate_latest(registry)


class _Desk(Collector):
    """Asks the database when it is asked; a gauge whose time never came is left out."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        yield _by_state()
        overdue = PrivacyRequest.objects.filter(state__in=_OPEN, due_on__lt=timezone.localdate(now)).count()
        yield _gauge("memadmin_requests_overdue", "Open privacy requests past their due date.", overdue)
        yield from _drills(now)
        again = Tombstone.objects.filter(relearned_at__isnull=False, reported_at=None).count()
        yield _gauge("memadmin_people_learned_again", "Erased people who are in the store again, unreported.", again)
        checkpoints = AuditCheckpoint.objects.order_by("-seq").values_list("at", flat=True)[:1]
        yield from _age(
            "memadmin_audit_checkpoint_age_seconds", "Since the audit log was last signed.", checkpoints, now
        )
        yield _gauge("memadmin_frozen_tenants", "People of whom nothing is stored at present.", Freeze.objects.count())

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []  # registering must not ask the database


def _by_state() -> GaugeMetricFamily:
    counted = PrivacyRequest.objects.filter(state__in=_OPEN).values_list("state").annotate(Count("pk")).order_by()
    numbers = dict(counted)
    metric = GaugeMetricFamily("memadmin_requests_open", "Privacy requests that have not ended.", labels=["state"])
    for state in _OPEN:
        metric.add_metric([state], numbers.get(state, 0))
    return metric


def _drills(now: datetime) -> Iterator[GaugeMetricFamily]:
    proven = Drill.objects.filter(outcome=Outcome.CLEAN.value).values_list("at", flat=True)[:1]
    yield from _age("memadmin_proven_erasure_age_seconds", "Since an erasure was last proven by a drill.", proven, now)
    if newest := Drill.objects.first():
        yield _gauge("memadmin_drill_residue_rows", "Rows that the newest drill found left.", newest.residue)
        metric = GaugeMetricFamily(
            "memadmin_drill_info",
            "The newest drill: how it ended, and with what.",
            labels=["outcome", *newest.versions],
        )
        metric.add_metric([newest.outcome, *newest.versions.values()], 1)
        yield metric


def _age(name: str, meaning: str, moments: Iterable[datetime], now: datetime) -> Iterator[GaugeMetricFamily]:
    for moment in moments:
        yield _gauge(name, meaning, (now - moment).total_seconds())


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _store_restored() -> bool | None:
    try:
        return tombstones.store_is_older_than_newest_erasure()
    except MemoryScopeError:
        return None
