"""Rules that point out unusual behaviour to the privacy officer. Each is a count that anybody can make again.

A flag is a reason to ask, not a finding. Counted is per member of staff and clock hour or day, over the events that
open a person's data; thresholds are settings, and 0 turns a rule off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils import timezone

from dashboard.audit.actions import Action, ActorKind
from dashboard.models import AuditEvent, Flag

OPENING = (Action.MEMORIES_PAGED, Action.MEMORIES_SEARCHED, Action.MEMORY_OPENED, Action.MEMORY_REVEALED)
"""What shows memory text."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_FRIDAY = 5  # ISO weekday


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing that is counted."""

    code: str
    sentence: str  # for readers; {count} and {threshold} are filled in
    setting: str  # name of the threshold's setting: from this many on
    window: timedelta
    counted: Callable[[QuerySet[AuditEvent]], QuerySet[AuditEvent]]
    distinct: str = "id"

    @property
    def threshold(self) -> int:
        """From how many on; 0 if the rule is off."""
        return int(getattr(settings, self.setting))


def _at_odd_hours(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    first, last = settings.MEMADMIN_WATCH_WORKING_HOURS
    return events.alias(hour=ExtractHour("at"), weekday=ExtractIsoWeekDay("at")).filter(
        Q(hour__lt=first) | Q(hour__gte=last) | Q(weekday__gt=_FRIDAY)
    )


RULES = (
    Rule(
        code="many-people",
        sentence="Opened the memories of {count} people within an hour ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_TENANTS_PER_HOUR",
        window=HOUR,
        counted=lambda events: events.exclude(tenant_digest=""),
        distinct="tenant_digest",
    ),
    Rule(
        code="many-reveals",
        sentence="Unveiled sensitive text {count} times within a day ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_REVEALS_PER_DAY",
        window=DAY,
        counted=lambda events: events.filter(action=Action.MEMORY_REVEALED),
    ),
    Rule(
        code="no-purpose",
        sentence="Opened memories {count} times within a day without a ticket ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY",
        window=DAY,
        counted=lambda events: events.filter(purpose=""),
    ),
    Rule(
        code="odd-hours",
        sentence="Opened memories {count} times within a day outside working hours ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY",
        window=DAY,
        counted=_at_odd_hours,
    ),
)


def look(now: datetime | None = None) -> int:
    """Count the window that runs and the one before it; returns how many flags are new.

    Args:
        now: default: the present.
    """
    moment = now or timezone.now()
    return sum(_flag(rule, since) for rule in RULES if rule.threshold for since in windows(moment, rule.window))


def windows(now: datetime, length: timedelta) -> tuple[datetime, datetime]:
    """Beginnings of the window before the one that runs, and of that one, by the desk's clock."""
    local = timezone.localtime(now)
    begun = local.replace(minute=0, second=0, microsecond=0)
    if length == DAY:
        begun = begun.replace(hour=0)
    return begun - length, begun


def sentence(flag: Flag) -> str:
    """What a flag says."""
    rule = next(rule for rule in RULES if rule.code == flag.rule)
    return rule.sentence.format(count=flag.count, threshold=flag.threshold)


def _flag(rule: Rule, since: datetime) -> int:
    new = 0
    for actor, count in _exceeding(rule, since):
        _, created = Flag.objects.update_or_create(
            rule=rule.code,
            actor_label=actor,
            since=since,
            defaults={"until": since + rule.window, "count": count, "threshold": rule.threshold},
        )
        new += created
    return new


def _exceeding(rule: Rule, since: datetime) -> list[tuple[str, int]]:
    events = AuditEvent.objects.filter(
        at__gte=since, at__lt=since + rule.window, actor_kind=ActorKind.STAFF, action__in=OPENING
    )
    counts = (
        rule.counted(events)
        .order_by("actor_label")
        .values("actor_label")
        .annotate(number=Count(rule.distinct, distinct=True))
    )
    return [(row["actor_label"], row["number"]) for row in counts if row["number"] >= rule.threshold]
