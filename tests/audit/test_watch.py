"""Unusual behaviour is flagged by counts that anybody can make again."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import audit, tasks
from dashboard.audit import Action, ActorKind, watch
from dashboard.audit.appending import appender
from dashboard.models import AuditEvent, Flag
from tests.audit.conftest import mallory

pytestmark = pytest.mark.django_db

SAM = "Sam Okafor (sam)"
TUESDAY_NOON = datetime(2026, 3, 3, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def thresholds(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR = 3
    settings.MEMADMIN_WATCH_REVEALS_PER_DAY = 0
    settings.MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY = 0
    settings.MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY = 0


def _opens(
    people: int,
    *,
    actor: str = SAM,
    at: datetime = TUESDAY_NOON,
    action: Action = Action.MEMORY_OPENED,
    counts: dict[str, int] | None = None,
) -> None:
    for number in range(people):
        audit.record(action, actor=actor, digest=audit.tenant_digest(f"u_{number}"), counts=counts)
    with mallory() as cursor:  # the clock is the database's; only she can turn it
        cursor.execute("UPDATE dashboard_auditevent SET at = %s WHERE actor_label = %s", [at, actor])


def _flags() -> list[tuple[str, str, int]]:
    watch.look(TUESDAY_NOON + timedelta(minutes=10))
    return list(Flag.objects.values_list("rule", "actor_label", "count"))


def test_opening_many_people_within_an_hour_is_flagged() -> None:
    _opens(3)
    assert _flags() == [("many-people", SAM, 3)]
    assert watch.sentence(Flag.objects.get()) == (
        "Looked up or opened 3 people within an hour (3 or more are flagged)."
    )


def test_the_hour_slides_over_the_clocks_hours() -> None:
    _opens(2, at=TUESDAY_NOON - timedelta(minutes=40))  # before twelve
    audit.record(Action.MEMORY_OPENED, actor=SAM, digest=audit.tenant_digest("u_another"))
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_auditevent SET at = %s WHERE seq = 3", [TUESDAY_NOON])
    assert _flags() == [("many-people", SAM, 3)]


@pytest.mark.parametrize("action", [Action.MEMORIES_EXPORTED, Action.TENANT_LOOKED_UP, Action.REQUEST_BEGUN])
def test_turning_to_many_people_otherwise_is_flagged_too(action: Action) -> None:
    _opens(3, action=action)
    assert _flags() == [("many-people", SAM, 3)]


def test_the_beginnings_of_user_ids_are_nobodys(sam: Client, store: None) -> None:
    for beginning in ("u", "u_", "u_a"):
        sam.post(reverse("find-tenant"), {"person": beginning})
    assert watch.look() == 0


def test_opening_one_person_many_times_is_not() -> None:
    for _ in range(5):
        _opens(1)
    assert _flags() == []


def test_fewer_than_the_threshold_are_not_flagged() -> None:
    _opens(2)
    assert _flags() == []


def test_people_are_counted_per_member_of_staff() -> None:
    _opens(2)
    _opens(2, actor="Petra Lindqvist (petra)")
    assert _flags() == []


def test_jobs_are_not_watched() -> None:
    audit.record(Action.MEMORY_OPENED, actor="job: export", kind=ActorKind.JOB)
    assert not AuditEvent.objects.filter(actor_kind=ActorKind.STAFF).exists()
    assert watch.look() == 0


def test_a_rule_with_threshold_0_is_off(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR = 0
    _opens(5)
    assert _flags() == []


def test_reveals_are_counted_over_the_day(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_REVEALS_PER_DAY = 0, 4
    one_part = {"card number": 1}
    _opens(4, at=TUESDAY_NOON - timedelta(hours=4), action=Action.MEMORY_REVEALED, counts=one_part)
    assert _flags() == [("many-reveals", SAM, 4)]


def test_each_part_that_was_revealed_at_once_counts(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_REVEALS_PER_DAY = 0, 4
    _opens(2, action=Action.MEMORY_REVEALED, counts={"card number": 1, "e-mail address": 2})
    assert _flags() == [("many-reveals", SAM, 6)]


def test_a_reveal_that_was_refused_counts_for_nothing(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_REVEALS_PER_DAY = 0, 1
    _opens(2, action=Action.MEMORY_REVEALED)
    assert _flags() == []


def test_opening_without_a_purpose_is_counted(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY = 0, 2
    audit.record(Action.MEMORY_OPENED, actor=SAM, purpose="grant-1")
    _opens(2)
    assert _flags() == [("no-purpose", SAM, 2)]


@pytest.mark.parametrize(
    ("at", "flagged"),
    [
        (datetime(2026, 3, 3, 6, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 3, 7, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 3, 19, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 3, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 7, 12, 0, tzinfo=UTC), True),  # a Saturday
    ],
)
def test_work_at_odd_hours_is_counted(settings, at: datetime, *, flagged: bool) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY = 0, 2
    _opens(2, at=at)
    watch.look(at.replace(hour=23))
    assert Flag.objects.filter(rule="odd-hours").exists() == flagged


@pytest.mark.parametrize(
    ("action", "counted"),
    [
        (Action.MEMORIES_SEARCHED, 2),
        (Action.MEMORIES_PAGED, 2),
        (Action.MEMORY_OPENED, 6),
        (Action.MEMORIES_DELETION_VIEWED, 2),
    ],
)
def test_a_search_at_every_pause_while_typing_counts_once_a_person(settings, action: Action, counted: int) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY = 0, 1
    settings.MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY = 1
    for _ in range(3):
        _opens(2, action=action, at=TUESDAY_NOON.replace(hour=3))
    watch.look(TUESDAY_NOON)
    assert dict(Flag.objects.values_list("rule", "count")) == {"no-purpose": counted, "odd-hours": counted}


def test_lists_and_searches_of_one_person_count_as_one(settings) -> None:
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_OPENS_WITHOUT_PURPOSE_PER_DAY = 0, 1
    for action in (Action.MEMORIES_PAGED, Action.MEMORIES_SEARCHED, Action.MEMORY_REVEALED):
        _opens(1, action=action)
    assert _flags() == [("no-purpose", SAM, 2)]
    assert "all lists and searches of one person once" in watch.sentence(Flag.objects.get())


def test_odd_hours_are_those_of_the_desks_time_zone(settings) -> None:
    settings.TIME_ZONE = "America/New_York"
    settings.MEMADMIN_WATCH_TENANTS_PER_HOUR, settings.MEMADMIN_WATCH_OPENS_AT_ODD_HOURS_PER_DAY = 0, 2
    _opens(2, at=datetime(2026, 3, 3, 9, 0, tzinfo=UTC))  # 4 in the morning there
    with timezone.override(ZoneInfo("America/New_York")):
        watch.look(datetime(2026, 3, 3, 18, 0, tzinfo=UTC))
    assert Flag.objects.get().rule == "odd-hours"


def test_a_flag_grows_instead_of_being_raised_twice() -> None:
    _opens(3)
    assert _flags() == [("many-people", SAM, 3)]
    _opens(5)
    assert watch.look(TUESDAY_NOON + timedelta(minutes=20)) == 0
    assert Flag.objects.get().count == 5


def test_a_reviewed_flag_does_not_grow_and_later_behaviour_is_flagged_anew() -> None:
    _opens(3)
    _flags()
    Flag.objects.update(reviewed_at=TUESDAY_NOON)
    _opens(5)
    assert watch.look(TUESDAY_NOON + timedelta(minutes=20)) == 0
    _opens(1, at=TUESDAY_NOON + timedelta(hours=2))  # moves the others there, too
    assert watch.look(TUESDAY_NOON + timedelta(hours=2, minutes=5)) == 1
    assert [flag.count for flag in Flag.objects.order_by("since")] == [3, 5]


def test_what_a_stopped_worker_missed_within_one_window_is_flagged() -> None:
    _opens(3)
    assert watch.look(TUESDAY_NOON + timedelta(minutes=110)) == 1


def test_the_job_looks() -> None:
    for number in range(3):
        audit.record(Action.MEMORY_OPENED, actor=SAM, digest=audit.tenant_digest(f"u_{number}"))
    assert tasks.watch_staff(0) == 1


def test_petra_sees_a_flag_and_reviews_it(petra: Client) -> None:
    _opens(3)
    _flags()
    assert "Looked up or opened 3 people" in petra.get(reverse("list-flags")).text
    response = petra.post(reverse("review-flag", args=[Flag.objects.get().pk]), follow=True)
    assert "reviewed" in response.text
    assert Flag.objects.get().reviewed_by.username == "petra"
    assert AuditEvent.objects.get(action=Action.FLAG_REVIEWED).purpose == str(Flag.objects.get().pk)


def test_a_review_that_is_not_recorded_is_not_done(petra: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _opens(3)
    _flags()
    monkeypatch.setattr(appender, "append", Mock(side_effect=OperationalError))
    assert petra.post(reverse("review-flag", args=[Flag.objects.get().pk])).status_code == 503
    assert Flag.objects.get().reviewed_at is None


def test_aude_sees_flags_but_does_not_review_them(aude: Client) -> None:
    _opens(3)
    _flags()
    assert "Mark as reviewed" not in aude.get(reverse("list-flags")).text
    assert aude.post(reverse("review-flag", args=[Flag.objects.get().pk])).status_code == 403


def test_a_flag_leads_to_its_events(petra: Client) -> None:
    for number in range(3):
        audit.record(Action.MEMORY_OPENED, actor=SAM, digest=audit.tenant_digest(f"u_{number}"))
    watch.look()
    page = petra.get(reverse("list-flags")).text
    (link,) = [part.split('"')[0] for part in page.split('href="')[1:] if "actor=" in part.split('"')[0]]
    rows = petra.get(link.replace("&amp;", "&")).context["rows"]
    assert len(rows) == 3
