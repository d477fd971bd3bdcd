"""Aude reads the log: filters, pages, timelines. Reading is an event too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action, search
from dashboard.audit.search import Wanted
from dashboard.models import AuditEvent
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

LIST = "list-audit-events"


def _shown(client: Client, **query: Any) -> list[AuditEvent]:
    return [row.event for row in client.get(reverse(LIST), query).context["rows"]]


def test_reading_the_log_is_in_the_log(aude: Client) -> None:
    aude.get(reverse(LIST))
    event = AuditEvent.objects.first()
    assert (event.action, event.actor_label) == (Action.AUDIT_VIEWED, "aude")


def test_pages_follow_each_other_without_gap_or_overlap(aude: Client, log: Callable[[int], Any]) -> None:
    events = log(120)
    seen: list[int] = []
    older: int | None = 10**9
    while older is not None:
        response = aude.get(reverse(LIST), {"actor": events[0].actor_label, "older": older})
        seen += [row.event.seq for row in response.context["rows"]]
        older = response.context["found"].older_than
    assert seen == [event.seq for event in reversed(events)]


def test_newer_leads_back_to_the_page_before(log: Callable[[int], Any]) -> None:
    log(120)
    first = search.page(Wanted())
    second = search.page(Wanted(), older_than=first.older_than)
    assert search.page(Wanted(), newer_than=second.newer_than).events == first.events


def test_events_are_filtered_by_actor_and_action(aude: Client, log: Callable[[int], Any]) -> None:
    log(3)
    other = audit.record(Action.MEMORY_OPENED, actor="petra")
    assert _shown(aude, actor="petra") == [other]
    assert _shown(aude, action="memory-opened") == [other]
    assert _shown(aude, actor="petra", action="memories-paged") == []


def test_events_of_a_person_are_found_by_the_typed_user_id(aude: Client) -> None:
    event = audit.record(Action.MEMORY_OPENED, actor="sam", tenant=TenantFactory(user_id="u_alice"))
    audit.record(Action.MEMORY_OPENED, actor="sam", tenant=TenantFactory(user_id="u_bob"))
    response = aude.post(reverse("filter-audit-events"), {"user_id": "u_alice"}, follow=True)
    assert [row.event for row in response.context["rows"]] == [event]


def test_that_somebody_read_a_persons_events_is_among_them(aude: Client) -> None:
    tenant = TenantFactory(user_id="u_alice")
    audit.record(Action.MEMORY_OPENED, actor="sam", tenant=tenant)
    aude.post(reverse("filter-audit-events"), {"user_id": "u_alice"}, follow=True)
    assert AuditEvent.objects.first().tenant_digest == audit.tenant_digest("u_alice")


def test_events_are_filtered_by_time(log: Callable[[int], Any]) -> None:
    events = log(5)
    since = Wanted(since=events[1].at, until=events[3].at)
    assert [event.seq for event in search.page(since).events] == [3, 2]
    assert search.page(Wanted(since=timezone.now() + timedelta(days=1))).events == []
    assert search.page(Wanted(until=events[0].at)).events == []
    assert len(search.page(Wanted(until=timezone.now() + timedelta(days=1))).events) == 5


@pytest.mark.parametrize(
    "query",
    [{"tenant": "u_alice"}, {"action": "nonsense"}, {"request_id": "x"}, {"since": "yesterday"}, {"older": "-1"}],
    ids=lambda query: next(iter(query)),
)
def test_a_filter_that_makes_no_sense_is_refused(aude: Client, query: dict[str, str]) -> None:
    assert aude.get(reverse(LIST), query).status_code == 400


def test_a_user_id_that_cannot_be_one_is_refused(aude: Client) -> None:
    assert aude.post(reverse("filter-audit-events"), {"user_id": "*"}).status_code == 400


def test_a_persons_timeline_is_oldest_first(aude: Client) -> None:
    tenant = TenantFactory(user_id="u_alice")
    events = [audit.record(Action.MEMORY_OPENED, actor="sam", tenant=tenant) for _ in range(3)]
    response = aude.get(reverse("show-tenant-timeline", args=[audit.tenant_digest("u_alice")]))
    assert [row.event for row in response.context["rows"]] == events


def test_a_requests_timeline_has_what_it_did(aude: Client) -> None:
    aude.get(reverse(LIST))
    event = AuditEvent.objects.first()
    response = aude.get(reverse("show-request-timeline", args=[event.request_id]))
    assert [row.event for row in response.context["rows"]] == [event]


def test_typed_text_is_shown_to_aude_until_it_is_erased(aude: Client) -> None:
    audit.record(
        Action.MEMORIES_SEARCHED, actor="sam", tenant=TenantFactory(user_id="u_alice"), reason="<b>allergies</b>"
    )
    assert "&lt;b&gt;allergies" in aude.get(reverse(LIST)).text
    audit.erase_notes("u_alice", actor="petra")
    page = aude.get(reverse(LIST)).text
    assert "allergies" not in page
    assert "has been erased" in page


def test_a_page_costs_the_same_number_of_queries_however_long_the_log(aude: Client, log: Callable[[int], Any]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            aude.get(reverse(LIST))
        return len(captured)

    log(3)
    few = queries()
    log(100)
    assert queries() == few


def test_a_page_shows_the_number_the_exact_time_and_the_sentence(aude: Client, log: Callable[[int], Any]) -> None:
    log(1)
    page = aude.get(reverse(LIST)).text
    assert "Read a page of a person" in page
    assert "Sam Okafor (sam)" in page


def test_an_empty_result_says_so(aude: Client) -> None:
    assert "Nothing matches this filter" in aude.get(reverse(LIST), {"actor": "nobody of this name"}).text


def test_the_tour_of_actors_lists_each_once(log: Callable[[int], Any]) -> None:
    log(5)
    audit.record(Action.MEMORY_OPENED, actor="petra")
    assert search.actors() == ["Sam Okafor (sam)", "petra"]
