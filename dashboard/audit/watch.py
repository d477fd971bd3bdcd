"""Rules that point out unusual behaviour to the privacy officer. Each is a count that anybody can make again.

A flag is a reason to ask, not a finding. Counted is per member of staff, within an hour or a day that slides with the
present, over the events that open a person's data; thresholds are settings, and 0 turns a rule off.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Aggregate, Case, Count, F, Func, IntegerField, Q, QuerySet, Sum, TextField, When
from django.db.models.functions import Cast, ExtractHour, ExtractIsoWeekDay
from django.utils import timezone

from dashboard.audit.actions import Action, ActorKind
from dashboard.models import AuditEvent, Flag

OPENING = (
    Action.MEMORIES_PAGED,
    Action.MEMORIES_SEARCHED,
    Action.MEMORY_OPENED,
    Action.MEMORY_REVEALED,
    Action.MEMORIES_EXPORTED,
    Action.MEMORIES_DELETION_VIEWED,
)
"""What shows memory text."""

LISTING = (Action.MEMORIES_PAGED, Action.MEMORIES_SEARCHED, Action.MEMORIES_DELETION_VIEWED)
"""What shows many memories at once. A search while typing is an event at every pause."""

EACH_OPENING = Case(
    When(action__in=LISTING, then=F("tenant_digest")), default=Cast("pk", TextField()), output_field=TextField()
)
"""Each memory that was opened; of the lists and searches, each person once."""

PARTS = Func(
    F("counts_json"),
    template="(SELECT COALESCE(SUM(n::int), 0) FROM jsonb_each_text(%(expressions)s::jsonb) AS kind(name, n))",
    output_field=IntegerField(),
)
"""Parts that an event unveiled: its counts are by kind. Whoever corrects a wording sees all that is veiled in it."""

TURNING_TO = (
    *OPENING,
    Action.OVERVIEW_VIEWED,
    Action.TENANT_LOOKED_UP,
    Action.ALL_DELETION_PREVIEWED,
    Action.REQUEST_BEGUN,
)
"""What is done about a person whom one is curious about."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEPS = 6
"""How many times a window slides until it has left its first place."""

_FRIDAY = 5  # ISO weekday


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing that is counted."""

    code: str
    sentence: str  # for readers; {count} and {threshold} are filled in
    setting: str  # name of the threshold's setting: from this many on
    window: timedelta
    counted: Callable[[QuerySet[AuditEvent]], QuerySet[AuditEvent]]
    actions: tuple[Action, ...] = OPENING
    number: Aggregate = field(default_factory=lambda: Count("id"))  # per member of staff

    @property
    def threshold(self) -> int:
        """From how many on; 0 if the rule is off."""
        return int(getattr(settings, self.setting))


def _at_odd_hours(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    first, last = settings.MEMADMIN_WATCH_WORKING_HOURS
    return events.alias(hour=ExtractHour("at"), weekday=ExtractIsoWeekDay("at")).filter(
        Q(hour__lt=first) | Q(hour__gte=last) | Q(weekday__gt=_FRIDAY)
    )


def _about_somebody(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    beginnings = Q(action=Action.TENANT_LOOKED_UP, counts_json__contains='"exact":0')  # of a user_id: nobody's
    return events.exclude(tenant_digest="").exclude(beginnings)


RULES = (
    Rule(
        code="many-people",
        sentence="Looked up or opened {count} people within an hour ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_TENANTS_PER_HOUR",
        window=HOUR,
        counted=_about_somebody,
        actions=TURNING_TO,
        number=Count("tenant_digest", distinct=True),
    ),
    Rule(
        code="many-reveals",
        sentence="Unveiled {count} pieces of sensitive text within a day ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_REVEALS_PER_DAY",
        window=DAY,
        counted=lambda events: events.filter(action=Action.MEMORY_REVEALED),
        number=Sum(PARTS),
    ),
    Rule(
        code="no-purpose",
        sentence="Opened memories {count} times within a day without a ticket, "
        "counting all lists and searches of one person once ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY",
        window=DAY,
        counted=lambda events: events.filter(purpose=""),
        number=Count(EACH_OPENING, distinct=True),
    ),
    Rule(
        code="odd-hours",
        sentence="Opened memories {count} times within a day outside working hours, "
        "counting all lists and searches of one person once ({threshold} or more are flagged).",
        setting="MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY",
        window=DAY,
        counted=_at_odd_hours,
        number=Count(EACH_OPENING, distinct=True),
    ),
)


def look(now: datetime | None = None) -> int:
    """Count the windows that end now and a little earlier; returns how many flags are new.

    Args:
        now: default: the present.
    """
    moment = now or timezone.now()
    return sum(
        _flag(rule, since, since + rule.window)
        for rule in RULES
        if rule.threshold
        for since in windows(moment, rule.window)
    )


def windows(now: datetime, length: timedelta) -> list[datetime]:
    """Beginnings of the windows to count, in whole minutes as the page shows them.

    The last one ends with this minute; the first ended one window ago, for what a worker that was stopped has missed.
    """
    last = now.replace(second=0, microsecond=0) + MINUTE - length
    return [last - length * step / STEPS for step in reversed(range(STEPS + 1))]


def sentence(flag: Flag) -> str:
    """What a flag says."""
    rule = next(rule for rule in RULES if rule.code == flag.rule)
    return rule.sentence.format(count=flag.count, threshold=flag.threshold)


def _flag(rule: Rule, since: datetime, until: datetime) -> int:
    return sum(_raise_or_grow(rule, actor, count, since, until) for actor, count in _exceeding(rule, since, until))


def _raise_or_grow(rule: Rule, actor: str, count: int, since: datetime, until: datetime) -> bool:
    """Flag a window, once: of windows that overlap the highest count stays, until somebody has reviewed it."""
    values = {"since": since, "until": until, "count": count, "threshold": rule.threshold}
    flags = Flag.objects.filter(rule=rule.code, actor_label=actor)
    raised = flags.filter(since__lt=until, until__gt=since).first()
    if raised is None:
        flags.create(rule=rule.code, actor_label=actor, **values)
    elif count > raised.count and raised.reviewed_at is None:
        flags.filter(pk=raised.pk).update(**values)
    return raised is None


def _exceeding(rule: Rule, since: datetime, until: datetime) -> list[tuple[str, int]]:
    events = AuditEvent.objects.filter(at__gte=since, at__lt=until, actor_kind=ActorKind.STAFF, action__in=rule.actions)
    counts = rule.counted(events).order_by("actor_label").values("actor_label").annotate(number=rule.number)
    return [(row["actor_label"], row["number"]) for row in counts if row["number"] >= rule.threshold]
