"""What an event holds, and what it never holds."""

import os
import subprocess
import sys
import uuid

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from dashboard import audit
from dashboard.audit import Action, ActorKind
from dashboard.models import AuditEvent, AuditNote
from tests.factories import StaffFactory, TenantFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("action", Action)
def test_every_action_says_what_was_done(action: Action) -> None:
    assert action.sentence.endswith(".")
    assert len({other.sentence for other in Action}) == len(Action)


def test_the_tenant_is_a_keyed_digest(settings) -> None:
    alice = TenantFactory(user_id="u_alice")
    event = audit.record(Action.MEMORY_OPENED, actor="sam", tenant=alice)
    assert event.tenant_digest == audit.tenant_digest("u_alice")
    settings.MEMADMIN_AUDIT_KEY = "another key"
    assert event.tenant_digest != audit.tenant_digest("u_alice")


def test_whoever_knows_the_user_id_finds_the_events_after_the_tenant_is_gone() -> None:
    alice = TenantFactory(user_id="u_alice")
    event = audit.record(Action.ALL_DELETED, actor="petra", tenant=alice)
    alice.delete()
    assert list(AuditEvent.objects.filter(tenant_digest=audit.tenant_digest("u_alice"))) == [event]


def test_the_actors_name_survives_the_account() -> None:
    sam = StaffFactory(username="sam", first_name="Sam", last_name="Okafor")
    request = RequestFactory().get("/")
    request.user = sam
    event = audit.record(Action.TENANT_LOOKED_UP, request=request)
    sam.delete()
    kept = AuditEvent.objects.get(pk=event.pk)
    assert (kept.actor_label, kept.actor_kind) == ("Sam Okafor (sam)", ActorKind.STAFF)


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ("job: erase", ActorKind.JOB),
        ("command: erase", ActorKind.COMMAND),
        ("sam", ActorKind.STAFF),
        ("", ActorKind.NOBODY),
    ],
)
def test_the_kind_of_actor_is_told_from_the_label(actor: str, kind: ActorKind) -> None:
    assert audit.record(Action.MEMORY_DELETED, actor=actor).actor_kind == kind


def test_an_event_says_where_the_request_came_from() -> None:
    request = RequestFactory().get("/", headers={"User-Agent": "Firefox"}, REMOTE_ADDR="2001:DB8::1")
    request.request_id = uuid.uuid4()
    event = AuditEvent.objects.get(pk=audit.record(Action.TENANT_LOOKED_UP, request=request).pk)
    assert (event.ip, event.user_agent, event.request_id) == ("2001:db8::1", "Firefox", request.request_id)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (0, "203.0.113.7", "192.0.2.1"),
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.9, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (3, "198.51.100.9, 203.0.113.7", "192.0.2.1"),
        (1, "2001:DB8::1%" + "x" * 100, "2001:db8::1"),
        (1, "<script>", "192.0.2.1"),
        (1, "1" * 10_000, "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_behind_proxies_the_address_is_the_one_that_the_outermost_trusted_one_saw(
    settings, proxies: int, forwarded: str, ip: str
) -> None:
    settings.MEMADMIN_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")
    assert audit.record(Action.TENANT_LOOKED_UP, request=request).ip == ip


@pytest.mark.parametrize(
    ("environment", "proxies"), [({}, "0"), ({"MEMADMIN_BEHIND_PROXY": "on"}, "1"), ({"MEMADMIN_PROXIES": "2"}, "0")]
)
def test_a_forwarded_address_is_believed_only_behind_a_proxy(environment: dict[str, str], proxies: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", "from memadmin import settings; print(settings.MEMADMIN_PROXIES)"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == proxies


def test_a_look_up_that_fits_nobody_is_counted_and_what_was_typed_is_not_kept(sam: Client, store: None) -> None:
    sam.post(reverse("find-tenant"), {"person": "u_nobody_at_all"})
    event = AuditEvent.objects.first()
    assert (event.tenant_digest, event.counts) == ("", {"exact": 0, "similar": 0})
    assert (event.commitment, audit.note_of(event)) == ("", "")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 1_000, "тест", "'; DROP TABLE dashboard_auditevent; --"])
def test_hostile_text_is_recorded_and_the_chain_holds(text: str) -> None:
    event = audit.record(Action.MEMORIES_SEARCHED, actor=text, reason=text)
    assert AuditEvent.objects.get(pk=event.pk).hash == event.hash
    assert audit.verify().intact


def test_typed_text_is_in_no_table_in_the_clear() -> None:
    event = audit.record(Action.MEMORIES_SEARCHED, actor="sam", reason="the marker text")
    note = AuditNote.objects.get(pk=event.pk)
    assert "the marker text" not in f"{note.salt}{note.sealed}{event.__dict__}"
    assert audit.note_of(event) == "the marker text"


def test_erasing_a_note_does_not_break_the_chain() -> None:
    alice = TenantFactory(user_id="u_alice")
    event = audit.record(Action.MEMORIES_SEARCHED, actor="sam", tenant=alice, reason="her new address")
    bobs = audit.record(Action.MEMORIES_SEARCHED, actor="sam", tenant=TenantFactory(), reason="his")
    assert audit.erase_notes(alice.user_id, actor="petra") == 1
    assert audit.note_of(event) == ""
    assert audit.note_of(bobs) == "his"
    assert audit.verify().intact
    assert AuditEvent.objects.first().action == Action.NOTES_ERASED


def test_numbers_that_are_no_json_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        audit.record(Action.MEMORIES_PAGED, actor="sam", counts={"shown": float("nan")})


def test_a_failed_sign_in_is_recorded_without_what_was_typed(client: Client) -> None:
    client.post("/accounts/login/", {"login": "u_alice", "password": "hunter2hunter2"})
    event = AuditEvent.objects.first()
    assert (event.action, event.actor_kind, event.outcome) == (Action.SIGN_IN_FAILED, "nobody", "refused")
    assert "u_alice" not in str(event.__dict__)
