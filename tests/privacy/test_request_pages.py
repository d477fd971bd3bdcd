"""The pages of privacy requests: who may do what, what is said, and what is refused."""

import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from dashboard.audit import Action
from dashboard.models import AuditEvent, Drill, Hold, Mention, PrivacyRequest
from dashboard.privacy import previewing, progress
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Exemption, Kind
from dashboard.privacy.ledger import Step
from dashboard.privacy.states import BY_VERB
from dashboard.templatetags.privacy import in_days
from dashboard.views import offers
from memadmin.memory import StoreUnavailable
from tests.desk.conftest import Person
from tests.factories import TenantFactory
from tests.privacy.conftest import carry_out
from tests.privacy.erased import certified

pytestmark = pytest.mark.django_db

Ask = Callable[..., PrivacyRequest]
Approved = Callable[[Person], PrivacyRequest]
TODAY = date(2026, 3, 5)
STEPS = [offer.name for offer in offers.OFFERS]
POSTED = [*STEPS, "find-mentions"]


def _form(**fields: str) -> dict[str, str]:
    """What Sam types to take an erasure in."""
    return {
        "kind": "erasure",
        "ground": "17-1-b",
        "channel": "staff",
        "identity": "contact",
        "received_on": timezone.localdate().isoformat(),
        "ticket": "T-4711",
        "narrative": "Please forget me.",
        **fields,
    }


def _open(client: Client, person: Person, **fields: str) -> HttpResponse:
    return client.post(reverse("open-request", args=[person.tenant.reference]), _form(**fields), follow=True)


def _step(client: Client, name: str, asked: PrivacyRequest, **typed: str) -> HttpResponse:
    return client.post(reverse(name, args=[asked.pk]), typed, follow=True)


def _show(client: Client, asked: PrivacyRequest) -> HttpResponse:
    return client.get(reverse("show-request", args=[asked.pk]))


def _now(asked: PrivacyRequest) -> PrivacyRequest:
    return PrivacyRequest.objects.get(pk=asked.pk)


def _offered(response: HttpResponse) -> set[str]:
    return {offered.offer.name for offered in response.context["offered"]}


# Taking a request in.


def test_sam_takes_an_erasure_in(sam: Client, alice: Person) -> None:
    response = _open(sam, alice)
    asked = PrivacyRequest.objects.get(tenant=alice.tenant)
    assert (asked.state, asked.ground, asked.identity_method, asked.requested_label) == (
        "received", "17-1-b", "contact", "sam",
    )  # fmt: skip
    assert response.redirect_chain == [(reverse("show-request", args=[asked.pk]), 302)]


def test_an_erasure_needs_a_ground_and_other_kinds_do_not(sam: Client, alice: Person) -> None:
    assert _open(sam, alice, ground="").status_code == 400
    assert _open(sam, alice, ground="", kind="access").status_code == 200


def test_a_date_in_the_past_needs_a_note(sam: Client, alice: Person) -> None:
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert "in the past" in _open(sam, alice, received_on=yesterday).text
    assert not PrivacyRequest.objects.exists()
    assert _open(sam, alice, received_on=yesterday, received_note="Came by post.").status_code == 200


def test_a_second_erasure_leads_to_the_first(sam: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    response = _open(sam, alice)
    assert response.status_code == 400
    assert reverse("show-request", args=[asked.pk]) in response.text
    assert PrivacyRequest.objects.count() == 1


def test_opening_the_form_is_on_record(sam: Client, alice: Person) -> None:
    sam.get(reverse("open-request", args=[alice.tenant.reference]))
    assert AuditEvent.objects.latest("seq").action == Action.REQUEST_BEGUN


# Who may.


@pytest.mark.parametrize("name", POSTED)
def test_steps_are_posted(petra: Client, ask: Ask, alice: Person, name: str) -> None:
    assert petra.get(reverse(name, args=[ask(alice).pk])).status_code == 405


@pytest.mark.parametrize("name", ["show-request", "show-progress"])
def test_an_unknown_request_is_not_found(petra: Client, name: str) -> None:
    assert petra.get(reverse(name, args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("name", POSTED)
def test_a_step_of_an_unknown_request_is_not_found(petra: Client, name: str) -> None:
    assert petra.post(reverse(name, args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("name", ["approve-erasure", "refuse-request", "cancel-request", "resume-erasure"])
def test_support_decides_nothing(sam: Client, ask: Ask, alice: Person, name: str) -> None:
    asked = ask(alice)
    assert _step(sam, name, asked, reason="No.", reference=asked.reference).status_code == 403
    assert _now(asked).state == "received"


@pytest.mark.parametrize("name", [*POSTED, "show-request", "show-progress"])
def test_auditors_and_administrators_have_no_part_in_requests(
    aude: Client, ada: Client, ask: Ask, alice: Person, name: str
) -> None:
    url = reverse(name, args=[ask(alice).pk])
    assert [client.post(url).status_code for client in (aude, ada)] == [403, 403]


@pytest.mark.parametrize("offer", [offer for offer in offers.OFFERS if offer.verbs], ids=lambda offer: offer.name)
def test_each_view_asks_for_the_right_of_its_transition(offer: offers.Offer) -> None:
    view = resolve(reverse(offer.name, args=[uuid.uuid4()])).func
    assert {view.required_right} == {BY_VERB[verb].right for verb in offer.verbs}  # type: ignore[attr-defined]


# The page of one request.


def test_looking_at_a_request_is_on_record_with_the_person(sam: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    assert _show(sam, asked).status_code == 200
    event = AuditEvent.objects.latest("seq")
    assert (event.action, event.tenant_digest) == (Action.REQUEST_VIEWED, asked.tenant_digest)


def test_sam_previews_and_sees_numbers_and_veiled_words(sam: Client, ask: Ask, alice: Person) -> None:
    alice.remember("Alice is vegetarian.", "Has a cat.")
    response = _step(sam, "submit-erasure", ask(alice))
    assert response.context["asked"].preview["memories"] == 2
    assert "A•••• i• v•••••••••." in response.text
    assert "vegetarian" not in response.text


def test_only_the_first_letter_of_a_word_is_shown() -> None:
    assert previewing.hinted("Ella wohnt in Graz, 8010!") == "E••• w•••• i• G•••, 8•••!"


def test_a_store_that_is_down_leaves_the_page_open(
    sam: Client, ask: Ask, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(alice)
    _step(sam, "submit-erasure", asked)

    def fail(_asked: PrivacyRequest) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(previewing, "sample", fail)
    assert "The memory store does not answer." in _show(sam, asked).text


def test_look_alikes_are_shown_and_not_part_of_it(sam: Client, ask: Ask, alice: Person) -> None:
    other = TenantFactory(user_id=alice.user_id.upper())
    response = _step(sam, "submit-erasure", ask(alice))
    assert other.reference in response.text


def test_the_timeline_is_for_those_who_may_read_the_audit_log(
    sam: Client, petra: Client, ask: Ask, alice: Person
) -> None:
    asked = ask(alice)
    assert "timeline" not in _show(sam, asked).context
    assert [row.event.action for row in _show(petra, asked).context["timeline"]] == ["request-opened"]


def test_no_url_names_the_person(sam: Client, ask: Ask, alice: Person) -> None:
    html = _show(sam, ask(alice)).text
    assert [url for url in re.findall(r'(?:href|action|hx-get)="([^"]*)"', html) if alice.user_id in url] == []


def test_each_is_offered_what_they_may_do(sam: Client, petra: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    assert _offered(_show(sam, asked)) == {"submit-erasure", "doubt-identity"}
    assert _offered(_show(petra, asked)) == {
        "submit-erasure", "doubt-identity", "extend-deadline", "refuse-request", "cancel-request",
    }  # fmt: skip


# Deciding.


def _submitted(asked: PrivacyRequest, by: Actor) -> PrivacyRequest:
    return previewing.submit(asked, by)


def _approve(client: Client, asked: PrivacyRequest, **typed: str) -> HttpResponse:
    given = {"digest": asked.pinned_digest, "reference": asked.reference, **typed}
    return _step(client, "approve-erasure", asked, **given)


def test_petra_approves_what_sam_asked_for(petra: Client, ask: Ask, support: Actor, alice: Person) -> None:
    alice.remember("One.")
    asked = _submitted(ask(alice), support)
    assert "Approved." in _approve(petra, asked, reference=asked.reference.lower()).text
    assert (_now(asked).state, _now(asked).approved_label) == ("scheduled", "petra")


def test_nobody_approves_their_own_request_and_the_try_is_on_record(petra: Client, alice: Person) -> None:
    alice.remember("One.")
    _open(petra, alice)
    asked = PrivacyRequest.objects.get(tenant=alice.tenant)
    shown = _step(petra, "submit-erasure", asked)
    assert "approve-erasure" not in _offered(shown)
    response = _approve(petra, _now(asked))
    assert response.status_code == 403
    assert "somebody else has to decide" in response.text
    assert (_now(asked).state, AuditEvent.objects.latest("seq").action) == ("awaiting-approval", Action.DENIED)


def test_nothing_is_approved_without_the_typed_reference(
    petra: Client, ask: Ask, support: Actor, alice: Person, bob: Person
) -> None:
    asked = _submitted(ask(alice), support)
    response = _approve(petra, asked, reference=bob.tenant.reference)
    assert response.status_code == 400
    assert "Nothing was approved." in response.text
    assert _now(asked).state == "awaiting-approval"


def test_a_preview_that_is_not_the_newest_cannot_be_approved(
    petra: Client, ask: Ask, support: Actor, alice: Person
) -> None:
    asked = _submitted(ask(alice), support)
    alice.remember("Written since.")
    previewing.preview(asked, support)
    response = _approve(petra, asked)
    assert (response.status_code, _now(asked).state) == (400, "awaiting-approval")
    assert "newer preview" in response.text


def test_after_a_refused_step_the_form_has_the_newest_digest(
    petra: Client, ask: Ask, support: Actor, alice: Person
) -> None:
    asked = _submitted(ask(alice), support)
    alice.remember("Written since.")
    newest = previewing.preview(asked, support)
    assert f'value="{newest.pinned_digest}"' in _approve(petra, asked).text


def test_petra_refuses_with_an_article_and_a_reason(petra: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    assert _step(petra, "refuse-request", asked, code="17-3-e").status_code == 400
    _step(petra, "refuse-request", asked, code="17-3-e", reason="A law suit is pending.")
    assert (_now(asked).state, _now(asked).decision_code) == ("refused", "17-3-e")


def test_petra_cancels_with_a_reason(petra: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    _step(petra, "cancel-request", asked, reason="Taken in twice.")
    assert _now(asked).state == "cancelled"


def test_a_step_that_is_not_possible_now_says_why(petra: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    response = _step(petra, "resume-erasure", asked)
    assert response.status_code == 400
    assert response.context["problem"]


def test_a_request_of_another_kind_is_fulfilled_by_hand(petra: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice, kind=Kind.ACCESS)
    _step(petra, "fulfil-request", asked, note="Sent as a file.")
    assert _now(asked).state == "completed"


# The clock.


def test_a_doubt_stops_the_clock_until_identity_is_confirmed(sam: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    assert "the clock stands" in _step(sam, "doubt-identity", asked, reason="Another address.").text
    assert _step(sam, "confirm-identity", asked, method="none").status_code == 400
    _step(sam, "confirm-identity", asked, method="document")
    assert (_now(asked).state, _now(asked).identity_method) == ("received", "document")


def test_the_period_is_extended_once(petra: Client, ask: Ask, alice: Person) -> None:
    asked = ask(alice)
    before = asked.due_on
    _step(petra, "extend-deadline", asked, units="2", reason="Many requests.")
    assert _now(asked).due_on > before
    assert _step(petra, "extend-deadline", asked, units="1", reason="Again.").status_code == 400
    assert _step(petra, "extend-deadline", asked, units="3", reason="Again.").status_code == 400


@pytest.mark.parametrize(
    ("days", "words"),
    [(-2, "overdue by 2 days"), (-1, "overdue by 1 day"), (0, "due today"), (1, "due tomorrow"), (9, "due in 9 days")],
)
def test_a_due_date_is_said_in_words(days: int, words: str) -> None:
    assert in_days(TODAY + timedelta(days=days), today=TODAY) == words


# The queue.


def _queued(client: Client, **query: Any) -> list[str]:
    return [asked.reference for asked in client.get(reverse("list-requests"), query).context["shown"]]


def test_the_most_pressing_comes_first_and_a_standing_clock_last(sam: Client, ask: Ask) -> None:
    pressing, standing, later = (ask(Person(name)) for name in ("u_a", "u_b", "u_c"))
    PrivacyRequest.objects.filter(pk=pressing.pk).update(due_on=TODAY)
    PrivacyRequest.objects.filter(pk=standing.pk).update(due_on=None)
    assert _queued(sam) == [pressing.reference, later.reference, standing.reference]


def test_what_has_ended_is_listed_apart(sam: Client, petra: Client, ask: Ask, alice: Person, bob: Person) -> None:
    ended, waiting = ask(alice), ask(bob)
    _step(petra, "cancel-request", ended, reason="Taken in twice.")
    assert (_queued(sam), _queued(sam, state="ended")) == ([waiting.reference], [ended.reference])


def test_a_long_queue_has_pages_and_says_so(sam: Client, ask: Ask) -> None:
    for number in range(51):
        ask(Person(f"u_{number}"))
    response = sam.get(reverse("list-requests"))
    assert "1 to 50 on this page" in response.text
    assert len(_queued(sam, page=2)) == 1


@pytest.mark.parametrize(
    ("outcome", "words"), [("clean", "Last proven erasure"), ("residue", "left data"), ("failed", "rehearsal failed")]
)
def test_the_queue_says_how_the_last_rehearsal_went(sam: Client, outcome: str, words: str) -> None:
    Drill.objects.create(outcome=outcome, residue=3, versions={"mem0ai": "2.2.1"})
    response = sam.get(reverse("list-requests"))
    assert words in response.text
    assert "mem0 2.2.1" in response.text


# Progress.


def _poll(client: Client, asked: PrivacyRequest, state: str) -> HttpResponse:
    url = reverse("show-progress", args=[asked.pk])
    return client.get(f"{url}?state={state}", headers={"HX-Request": "true"})


def test_a_poll_brings_the_part_that_refreshes_and_records_nothing(
    sam: Client, approved: Approved, alice: Person
) -> None:
    asked, before = approved(alice), AuditEvent.objects.count()
    response = _poll(sam, asked, "scheduled")
    assert "<html" not in response.text
    assert "Waiting for the worker" in response.text
    assert AuditEvent.objects.count() == before


def test_during_the_cooling_off_the_page_says_until_when(
    sam: Client, approved: Approved, alice: Person, settings: Any
) -> None:
    settings.MEMADMIN_COOLING_OFF_HOURS = 24
    assert "Cooling off" in _poll(sam, approved(alice), "scheduled").text


def test_a_poll_after_the_state_has_changed_reloads_the_page(sam: Client, approved: Approved, alice: Person) -> None:
    assert _poll(sam, approved(alice), "running").headers["HX-Refresh"] == "true"


def test_without_javascript_progress_is_on_the_page(sam: Client, approved: Approved, alice: Person) -> None:
    asked = approved(alice)
    response = sam.get(reverse("show-progress", args=[asked.pk]))
    assert response.headers["Location"] == reverse("show-request", args=[asked.pk])


def test_the_time_left_is_told_from_the_time_gone() -> None:
    assert progress.time_left(timedelta(minutes=2), done=1_000, total=4_000) == timedelta(minutes=6)
    assert progress.time_left(timedelta(minutes=2), done=0, total=4_000) is None
    assert progress.time_left(timedelta(minutes=2), done=4_000, total=4_000) is None


def test_the_step_after_the_last_one_done_is_under_way() -> None:
    rows = progress.steps(Step.COLLECTED)
    assert [row.is_done for row in rows] == [True] * 3 + [False] * 6
    assert [row.is_next for row in rows].index(True) == 3


def test_a_certified_erasure_shows_its_verdict_and_leads_to_the_certificate(petra: Client, sam: Client) -> None:
    certificate = certified()
    asked = certificate.request
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="completed")
    link = reverse("show-certificate", args=[certificate.pk])
    assert link in _show(petra, asked).text
    shown = _show(sam, asked)
    assert link not in shown.text
    assert shown.text.count('<span class="badge good">clean</span>') == 4
    assert "hx-get" not in shown.text


@pytest.mark.django_db(transaction=True)
def test_after_the_erasure_the_page_knows_the_person_no_more(petra: Client, approved: Approved, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    html = _show(petra, carry_out(approved(alice))).text
    assert "The desk has forgotten who this was." in html
    assert alice.user_id not in html


# Holds.


def _place(client: Client, person: Person, **fields: str) -> HttpResponse:
    typed = {"code": Exemption.LEGAL_CLAIMS.value, "reason": "A law suit.", "owner": "Legal", **fields}
    return client.post(reverse("place-hold", args=[person.tenant.reference]), typed, follow=True)


def test_a_hold_blocks_and_its_release_lets_go_on(petra: Client, ask: Ask, support: Actor, alice: Person) -> None:
    asked = _submitted(ask(alice), support)
    assert _place(petra, alice).status_code == 200
    assert _now(asked).state == "blocked"
    hold = Hold.objects.get(tenant=alice.tenant)
    petra.post(reverse("release-hold", args=[alice.tenant.reference, hold.pk]), {"reason": "Settled."})
    assert _now(asked).state == "awaiting-approval"


def test_a_hold_needs_an_article_a_reason_and_somebody_to_ask(petra: Client, alice: Person) -> None:
    for field in ("code", "reason", "owner"):
        assert _place(petra, alice, **{field: ""}).status_code == 400
    assert not Hold.objects.exists()


def test_a_hold_that_has_expired_cannot_be_placed(petra: Client, alice: Person) -> None:
    assert "expired already" in _place(petra, alice, expires_on="2020-01-01").text


def test_a_hold_on_alice_is_not_found_under_bob(petra: Client, alice: Person, bob: Person) -> None:
    _place(petra, alice)
    url = reverse("release-hold", args=[bob.tenant.reference, Hold.objects.get().pk])
    assert petra.post(url).status_code == 404


def test_a_persons_page_says_that_a_hold_stands(petra: Client, sam: Client, alice: Person) -> None:
    _place(petra, alice)
    page = reverse("browse-memories", args=[alice.tenant.reference])
    assert "on hold" in petra.get(page).text
    assert "on hold" not in sam.get(page).text


def test_support_sees_and_places_no_holds(sam: Client, alice: Person) -> None:
    statuses = [sam.get(reverse("list-holds", args=[alice.tenant.reference])).status_code]
    assert [*statuses, _place(sam, alice).status_code] == [403, 403]


# Mentions.


@pytest.fixture
def name() -> str:
    """What Alice is called by Bob, in this test only: tests share the store."""
    return f"Nadia {uuid.uuid4().hex}"


@pytest.fixture
def mention(petra: Client, ask: Ask, alice: Person, bob: Person, name: str) -> Mention:
    bob.remember(f"Bob plays tennis with {name}.")
    asked = ask(alice)
    _step(petra, "find-mentions", asked, terms=name)
    return asked.mentions.get()


def test_petra_finds_who_mentions_the_person_and_what_she_typed_is_not_kept(petra: Client, mention: Mention) -> None:
    html = _show(petra, mention.request).text
    assert reverse("show-memory", args=[mention.tenant.reference, mention.memory_id]) in html
    assert "Nadia" not in html


@pytest.mark.parametrize(("decision", "texts"), [("keep", 1), ("delete", 0)])
def test_petra_keeps_or_deletes_it(petra: Client, mention: Mention, bob: Person, decision: str, texts: int) -> None:
    petra.post(reverse("decide-mention", args=[mention.request_id, mention.pk]), {"decision": decision})
    mention.refresh_from_db()
    assert (mention.decision, bob.scope.count()) == (decision, texts)


def test_petra_redacts_what_she_types(petra: Client, mention: Mention, bob: Person, name: str) -> None:
    url = reverse("decide-mention", args=[mention.request_id, mention.pk])
    petra.post(url, {"decision": "redact", "terms": name})
    assert [memory.text for memory in bob.scope.get_all()] == ["Bob plays tennis with [removed]."]


def test_a_mention_of_another_request_is_not_found(petra: Client, mention: Mention, ask: Ask, bob: Person) -> None:
    url = reverse("decide-mention", args=[ask(bob).pk, mention.pk])
    assert petra.post(url, {"decision": "delete"}).status_code == 404
