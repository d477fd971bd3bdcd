"""What was typed into a form that was sent too late is there again: for who typed it, once, and nothing is done."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import sealing, typed
from dashboard.models import Grant, Hold, PrivacyRequest
from dashboard.roles import Role
from tests.desk.conftest import Person
from tests.factories import PASSWORD, StaffFactory

OLD, NEW = "Lives in Porto.", "Lives in Lisbon & says:\r\n“hello”"
BACK = "What you typed is here again"


def _url(name: str, person: Person, *more: object) -> str:
    return reverse(name, args=[person.tenant.reference, *more])


def _ticket(browser: Client, page: str, name: str) -> str:
    """Of the form with this name."""
    found = re.findall(rf'name="{typed.FIELD}" value="([^"]+)"', browser.get(page).text)
    return next(one for one in found if sealing.unseal(one, "form")[2] == name)


def _sign_in(browser: Client, username: str, page: str) -> str:
    """Returns the page to which it leads."""
    given = {"login": username, "password": PASSWORD, "next": page}
    return browser.post(reverse("account_login"), given, follow=True).content.decode()


def _next(answer: Any) -> str:
    return parse_qs(urlsplit(answer.headers.get("HX-Redirect") or answer["Location"]).query)["next"][0]


@pytest.fixture
def page(alice: Person) -> str:
    """Where Alice's one memory is corrected."""
    return _url("rectify-memory", alice, *alice.remember(OLD))


@pytest.fixture
def sent_too_late(petra: Client, page: str) -> Client:
    """Petra's browser, signed out, after she has pressed Save."""
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    petra.post(f"{page}save/", {"text": NEW, "reason": "ticket 4711", "token": "x", typed.FIELD: ticket})
    return petra


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole page", "htmx"])
def test_a_correction_that_is_sent_too_late_leads_back_to_its_page(
    petra: Client, page: str, headers: dict[str, str]
) -> None:
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    answer = petra.post(f"{page}save/", {"text": NEW, typed.FIELD: ticket}, headers=headers)
    assert _next(answer) == page
    assert "What you typed is kept" in petra.get(reverse("account_login")).text


def test_what_was_typed_is_there_again_after_sign_in_and_nothing_was_saved(
    sent_too_late: Client, alice: Person, page: str
) -> None:
    shown = _sign_in(sent_too_late, "petra", page)
    assert BACK in shown
    assert "Lives in Lisbon &amp; says:\r\n“hello”</textarea>" in shown
    assert '<input type="hidden" name="reason" value="ticket 4711">' in shown
    assert [one["memory"] for one in alice.scope.get_all()] == [OLD]


def test_it_is_given_back_once(sent_too_late: Client, page: str) -> None:
    _sign_in(sent_too_late, "petra", page)
    again = sent_too_late.get(page).text
    assert BACK not in again
    assert "Lisbon" not in again


def test_the_reason_goes_on_with_the_next_check(sent_too_late: Client, page: str) -> None:
    _sign_in(sent_too_late, "petra", page)
    answer = sent_too_late.post(page, {"text": NEW, "reason": "ticket 4711"})
    assert "ticket 4711</textarea>" in answer.text


def test_nobody_else_is_shown_it_and_it_is_gone_then(sent_too_late: Client, page: str) -> None:
    StaffFactory(username="pia", role=Role.PRIVACY_OFFICER)
    shown = _sign_in(sent_too_late, "pia", page)
    assert BACK not in shown
    assert "Lisbon" not in shown
    assert sent_too_late.session["typed"] == {}


def test_it_waits_half_an_hour(sent_too_late: Client, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + typed.KEPT_FOR + timedelta(seconds=1)
    monkeypatch.setattr("dashboard.typed.timezone.now", lambda: later)
    assert "Lisbon" not in _sign_in(sent_too_late, "petra", page)


def test_the_database_alone_cannot_read_it(sent_too_late: Client, page: str) -> None:
    (row,) = Session.objects.all()
    kept = str(SessionStore().decode(row.session_data))
    assert "Lisbon" not in kept
    cookie = sent_too_late.cookies[typed.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 1800)
    del sent_too_late.cookies[typed.COOKIE]
    assert "Lisbon" not in _sign_in(sent_too_late, "petra", page)


def test_another_site_can_have_nothing_kept(petra: Client, page: str) -> None:
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(page, {"text": NEW, typed.FIELD: ticket}).status_code == 403
    assert not Session.objects.exists()


@pytest.mark.parametrize("ticket", ["", "x", "A" * 80])
def test_a_form_without_a_ticket_of_the_desk_is_not_kept(client: Client, page: str, ticket: str) -> None:
    client.post(page, {"text": NEW, typed.FIELD: ticket})
    assert not Session.objects.exists()


def test_a_ticket_is_good_for_its_own_account_only(petra: Client, sam: Client, alice: Person) -> None:
    page = _url("open-request", alice)
    ticket = _ticket(petra, page, "new")
    request = sam.get(page).wsgi_request
    request.POST = {typed.FIELD: ticket, "narrative": NEW}  # type: ignore[assignment]
    assert typed.keep(request) == ""


def test_what_is_too_long_for_any_memory_is_not_kept(petra: Client, page: str) -> None:
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    answer = petra.post(page, {"text": "x" * typed.LONGEST, typed.FIELD: ticket})
    assert _next(answer) == page
    assert not Session.objects.exists()


def test_three_forms_wait_at_once_and_the_oldest_makes_room(petra: Client, alice: Person) -> None:
    pages = [_url("rectify-memory", alice, one) for one in alice.remember("One.", "Two.", "Three.", "Four.")]
    tickets = [_ticket(petra, page, "rectify") for page in pages]
    Session.objects.all().delete()
    for page, ticket in zip(pages, tickets, strict=True):
        petra.post(page, {"text": f"Corrected: {page}", typed.FIELD: ticket})
    _sign_in(petra, "petra", reverse("show-home"))
    assert [BACK in petra.get(page).text for page in pages] == [False, True, True, True]


@pytest.mark.purpose
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole page", "htmx"])
def test_after_the_time_for_a_person_the_purpose_comes_first(
    petra: Client, alice: Person, page: str, headers: dict[str, str]
) -> None:
    purpose, given = _url("state-purpose", alice), {"category": "support-case", "ticket": "T-2"}
    petra.post(purpose, given)
    ticket = _ticket(petra, page, "rectify")
    Grant.objects.update(expires_at=timezone.now())
    answer = petra.post(page, {"text": NEW, typed.FIELD: ticket}, headers=headers)
    asked = petra.get(answer.headers.get("HX-Redirect") or answer["Location"]).text
    assert "is back in its form after this" in asked
    assert "Lisbon" not in asked
    assert "Lives in Lisbon" in petra.post(purpose, {**given, "next": _next(answer)}, follow=True).text


@pytest.mark.purpose
def test_after_session_and_time_both_the_purpose_comes_first_too(petra: Client, alice: Person, page: str) -> None:
    purpose, given = _url("state-purpose", alice), {"category": "support-case", "ticket": "T-2"}
    petra.post(purpose, given)
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    Grant.objects.update(expires_at=timezone.now())
    asked = _sign_in(petra, "petra", _next(petra.post(page, {"text": NEW, typed.FIELD: ticket})))
    assert "Why do you open this person?" in asked
    assert "Lives in Lisbon" in petra.post(purpose, {**given, "next": page}, follow=True).text


# --- The other forms in which staff type more than a line


def _sent_too_late(browser: Client, page: str, action: str, name: str, **fields: str) -> str:
    """The page after sign-in."""
    ticket = _ticket(browser, page, name)
    Session.objects.all().delete()
    return _sign_in(browser, "petra", _next(browser.post(action, {**fields, typed.FIELD: ticket})))


def test_the_words_of_a_new_request_come_back(petra: Client, alice: Person) -> None:
    page = _url("open-request", alice)
    shown = _sent_too_late(petra, page, page, "new", kind="rectification", narrative="I moved to Lisbon.")
    assert "I moved to Lisbon.</textarea>" in shown
    assert '<option value="rectification" selected>' in shown
    assert not PrivacyRequest.objects.exists()


def test_why_a_request_is_refused_comes_back_into_that_form_alone(petra: Client, sam: Client, alice: Person) -> None:
    sam.post(_url("open-request", alice), {"kind": "access", "channel": "staff", "identity": "none"} | _today())
    asked = PrivacyRequest.objects.get()
    page, refuse = reverse("show-request", args=[asked.pk]), reverse("refuse-request", args=[asked.pk])
    shown = _sent_too_late(petra, page, refuse, "refuse-request", code="", reason="Not this person.")
    assert shown.count("Not this person.</textarea>") == 1
    assert '<details class="panel" id="refuse-request" open>' in shown
    assert PrivacyRequest.objects.get().state == asked.state


def _today() -> dict[str, str]:
    return {"received_on": timezone.localdate().isoformat()}


def test_why_a_hold_ends_comes_back_beside_that_hold(petra: Client, alice: Person) -> None:
    place = {"code": "17-3-e", "reason": "A court case.", "owner": "Legal"}
    page = _url("list-holds", alice)
    petra.post(_url("place-hold", alice), place)
    hold = Hold.objects.get()
    release = _url("release-hold", alice, hold.pk)
    shown = _sent_too_late(petra, page, release, str(hold.pk), reason="It is settled.")
    assert 'value="It is settled."' in shown
    assert Hold.objects.get().released_at is None


def test_the_reason_of_a_hold_and_of_a_restriction_come_back(petra: Client, alice: Person) -> None:
    holds, place = _url("list-holds", alice), _url("place-hold", alice)
    assert "A court case.</textarea>" in _sent_too_late(petra, holds, place, "place", reason="A court case.")
    (memory_id,) = alice.remember(OLD)
    memory, restrict = _url("show-memory", alice, memory_id), _url("restrict-memory", alice, memory_id)
    shown = _sent_too_late(petra, memory, restrict, "restrict", reason="She disputes it.")
    assert "She disputes it.</textarea>" in shown
    assert not alice.scope.get(memory_id).restricted
