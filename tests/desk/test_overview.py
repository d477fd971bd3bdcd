"""The overview: one tenant at a glance, at the same cost whatever their size."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import audit, overview
from dashboard.models import AuditEvent, Hold, PrivacyRequest, Tenant
from memadmin.memory import ScopedMemory
from tests.desk.conftest import Person


def _page(client: Client, person: Person) -> str:
    return client.get(reverse("show-overview", args=[person.tenant.reference])).text


def _asked(person: Person, **fields: object) -> PrivacyRequest:
    given = {"kind": "erasure", "state": "received", "received_on": timezone.localdate(), "channel": "staff"}
    return PrivacyRequest.objects.create(
        tenant=person.tenant,
        reference=person.tenant.reference,
        tenant_digest=audit.tenant_digest(person.user_id),
        profile="gdpr",
        **{**given, **fields},
    )


def test_it_counts_what_is_remembered_and_by_whom(sam: Client, alice: Person, bob: Person) -> None:
    alice.scope.add("Alice is vegetarian.", agent_id="waiter", metadata={"category": "food"})
    alice.scope.add("Alice drives.", agent_id="driver", run_id="r-1")
    bob.scope.add("Bob eats.", agent_id="bobs-agent")
    page = _page(sam, alice)
    assert "<strong>2</strong>" in page
    assert all(name in page for name in ("?agent=waiter", "?agent=driver", "?run=r-1", "food"))
    assert "bobs-agent" not in page


def test_a_category_leads_to_its_memories_by_an_address_that_does_not_name_it(sam: Client, alice: Person) -> None:
    alice.scope.add("Hers.", metadata={"category": "divorce & custody"})
    alice.remember("Another.")
    (query,) = re.findall(r'\?(sealed-category=[^"]+)"', _page(sam, alice))
    page = sam.get(f"{reverse('browse-memories', args=[alice.tenant.reference])}?{query}")
    assert [memory.text for memory in page.context["memories"]] == ["Hers."]
    assert "category: divorce &amp; custody" in page.text
    assert "=divorce" not in page.text


def test_it_tells_what_is_over_and_what_soon_will_be(sam: Client, alice: Person) -> None:
    today = timezone.now().date()
    alice.scope.add("Over.", expires_on=today - timedelta(days=2))
    alice.scope.add("Soon over.", expires_on=today + timedelta(days=5))
    [memory_id] = alice.remember("Frozen.")
    alice.scope.restrict(memory_id)
    page = _page(sam, alice)
    assert "2 expired" in page
    assert "1 restricted" in page
    assert "1 expiring within 30 days" in page


def test_the_histogram_is_drawn_for_eyes_and_for_ears(sam: Client, alice: Person) -> None:
    alice.remember("One.", "Two.")
    page = _page(sam, alice)
    month = timezone.now().strftime("%b %Y")
    assert f"<title>{month}: 2</title></rect>" in page
    assert f'<tr><th scope="row">{month}</th><td>2</td></tr>' in page
    assert "style=" not in page


def test_it_names_open_requests_holds_and_ended_erasures(sam: Client, alice: Person) -> None:
    open_one = _asked(alice, kind="access")
    ended = _asked(alice, state="completed", ended_at=timezone.now())
    Hold.objects.create(tenant=alice.tenant, reference=alice.tenant.reference, code="17-3-e", reason="r", owner="o")
    page = _page(sam, alice)
    assert reverse("show-request", args=[open_one.pk]) in page
    assert reverse("show-request", args=[ended.pk]) in page
    assert "Art. 17(3)(e)" in page


def test_an_erasure_of_whom_the_directory_forgot_is_told_by_digest(sam: Client, alice: Person) -> None:
    ended = _asked(alice, state="completed", ended_at=timezone.now())
    PrivacyRequest.objects.update(tenant=None)
    assert reverse("show-request", args=[ended.pk]) in _page(sam, alice)


def test_more_than_it_lists_is_said(sam: Client, alice: Person) -> None:
    for _ in range(overview.MOST_SHOWN + 1):
        _asked(alice, kind="access")
    assert "and more" in _page(sam, alice)


def test_nothing_of_anybody_else_is_listed(sam: Client, alice: Person, bob: Person) -> None:
    asked = _asked(bob, kind="access")
    assert str(asked.pk) not in _page(sam, alice)


def test_look_alikes_are_named(sam: Client, alice: Person) -> None:
    other = Tenant.objects.create(user_id=alice.user_id.upper())
    assert other.reference in _page(sam, alice)


def test_it_costs_the_same_however_much_there_is(
    sam: Client, alice: Person, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    asked_of_the_store: Counter[str] = Counter()
    for name in ("overview", "page", "count", "get", "search", "get_all"):
        method = getattr(ScopedMemory, name)

        def counted(*arguments: object, _name: str = name, _method: object = method, **options: object) -> object:
            asked_of_the_store[_name] += 1
            return _method(*arguments, **options)  # type: ignore[operator]

        monkeypatch.setattr(ScopedMemory, name, counted)
    scope, tenant = alice.scope, alice.tenant
    costs = []
    for number in (1, 60):
        for at in range(number):
            scope.add(f"Fact {at} of {number}.", agent_id=f"agent-{at}", run_id=f"run-{at}")
            _asked(alice, kind="access")
        asked_of_the_store.clear()
        with django_assert_num_queries(4):  # type: ignore[operator]
            overview.of(tenant, scope)
        costs.append(dict(asked_of_the_store))
    assert costs == [{"overview": 1}, {"overview": 1}]


def test_drawing_it_costs_the_same_however_much_there_is(petra: Client, alice: Person) -> None:
    _page(petra, alice)  # states the purpose
    costs = set()
    for number in (1, 30):
        for at in range(number):
            alice.scope.add(f"Fact {at} of {number}.", agent_id=f"agent-{at}", run_id=f"run-{at}")
            _asked(alice, kind="access")
            _asked(alice, state="completed", ended_at=timezone.now())
            Tenant.objects.create(user_id=f"{alice.user_id}{' ' * (at + number)}")
        with CaptureQueriesContext(connection) as asked:
            _page(petra, alice)
        costs.add(len(asked))
    assert len(costs) == 1


def test_it_is_on_record(sam: Client, alice: Person) -> None:
    alice.remember("One.")
    _page(sam, alice)
    event = AuditEvent.objects.get(action="overview-viewed")
    assert event.tenant_digest == audit.tenant_digest(alice.user_id)


def test_htmx_gets_the_part_and_everybody_else_a_page(sam: Client, alice: Person) -> None:
    address = reverse("show-overview", args=[alice.tenant.reference])
    assert "<html" in sam.get(address).text
    assert "<html" not in sam.get(address, headers={"HX-Request": "true"}).text


def test_a_store_that_fails_leaves_the_overview_out_and_the_list_alone(
    sam: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = reverse("show-overview", args=[alice.tenant.reference])
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    fragment = sam.get(path, headers={"HX-Request": "true"})
    assert (fragment.status_code, "left out" in fragment.text) == (200, True)
    assert sam.get(path).status_code == 503
