"""What was typed into a form that was sent too late is there again: for who typed it, once, and nothing is done."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django import forms
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.template import Context
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import sealing, typed
from dashboard.models import Grant, Hold, PrivacyRequest
from dashboard.roles import Role
from dashboard.templatetags.typed import typed_into
from tests.desk.conftest import Person
from tests.factories import PASSWORD, StaffFactory

OLD, NEW = "Lives in Porto.", "Lives in Lisbon & says:\r\n“hello”"
BACK = "What you typed is here again"


class ConfirmedForm(forms.Form):
    """A reason, and a reference that is typed to confirm."""

    confirmations = ("reference",)
    reference, reason = forms.CharField(), forms.CharField()


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
    sign_in = reverse("account_login")
    assert "What you typed is kept" in petra.get(f"{sign_in}?next={page}").text
    assert "What you typed is kept" in petra.post(f"{sign_in}?next={page}", {"login": "petra", "next": page}).text
    assert "What you typed is kept" not in petra.get(f"{sign_in}?next={reverse('list-requests')}").text


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


@pytest.fixture
def strict(petra: Client) -> Client:
    """Petra's browser, at a desk that checks where forms come from."""
    petra.handler.enforce_csrf_checks = True
    return petra


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole page", "htmx"])
def test_signing_in_again_in_another_tab_loses_nothing(
    strict: Client, alice: Person, page: str, headers: dict[str, str]
) -> None:
    form = {"text": NEW, typed.FIELD: _ticket(strict, page, "rectify"), "csrfmiddlewaretoken": "x" * 64}
    answer = strict.post(f"{page}save/", form, headers=headers)  # with the token of before
    assert (answer.headers.get("HX-Redirect") or answer["Location"]) == page
    shown = strict.get(page).text
    assert (BACK in shown, "Lives in Lisbon" in shown) == (True, True)
    assert [one["memory"] for one in alice.scope.get_all()] == [OLD]


@pytest.mark.parametrize("whose", ["nobody's", "forged", "sam's"])
def test_another_site_can_have_nothing_kept(strict: Client, sam: Client, alice: Person, whose: str) -> None:
    page = _url("open-request", alice)
    ticket = {"nobody's": "", "forged": "A" * 80, "sam's": _ticket(sam, page, "new")}[whose]
    assert strict.post(page, {"narrative": NEW, typed.FIELD: ticket}).status_code == 403
    assert "typed" not in strict.session


def test_who_is_not_signed_in_has_nothing_kept_by_another_site(petra: Client, page: str) -> None:
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
    (row,) = Session.objects.all()
    assert len(row.session_data) < 2_000


def test_what_was_too_long_to_be_kept_is_said_in_its_form_once(petra: Client, page: str) -> None:
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    petra.post(page, {"text": "x" * typed.LONGEST, typed.FIELD: ticket})
    assert "What you typed is kept" not in petra.get(f"{reverse('account_login')}?next={page}").text
    assert "What you typed was too long to be kept" in _sign_in(petra, "petra", page)
    assert "too long to be kept" not in petra.get(page).text


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
    assert "is there again after this" in asked
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


def test_the_note_and_the_selection_of_a_deletion_come_back(petra: Client, alice: Person) -> None:
    ids = alice.remember("One.", "Two.")
    page = petra.post(_url("check-deletion", alice), {"ids": ids})["Location"]
    ticket = _ticket(petra, page, "delete")
    petra.handler.enforce_csrf_checks = True
    again = petra.post(_url("delete-memories", alice), {"ids": ids, "note": "ticket 4711", typed.FIELD: ticket})
    assert again["Location"] == page
    shown = petra.get(page).text
    assert 'value="ticket 4711"' in shown
    assert shown.count('name="ids"') == 2
    assert len(alice.scope.get_all()) == 2


def test_a_deletion_that_was_refused_has_a_page_to_come_back_to(petra: Client, alice: Person) -> None:
    ids = alice.remember("One.")
    shown = petra.post(_url("delete-memories", alice), {"ids": ids, "reason": "none of these"})
    (ticket,) = re.findall(rf'name="{typed.FIELD}" value="([^"]+)"', shown.text)
    assert petra.get(sealing.unseal(ticket, "form")[1]).status_code == 200


# --- What can not be given back into its form


def test_what_is_typed_to_confirm_is_typed_again_and_no_token_comes_back(petra: Client) -> None:
    form = ConfirmedForm()
    request = petra.get(reverse("show-home")).wsgi_request
    request.method, ticket = "GET", typed.ticket(request, "/x/", "approve")
    request.POST = {typed.FIELD: ticket, "reference": "R", "reason": "W", "csrfmiddlewaretoken": "c"}  # type: ignore[assignment]
    assert typed.keep(request) == "/x/"
    request.COOKIES[typed.COOKIE] = request.typed_secret  # type: ignore[attr-defined]
    given = typed_into(Context({"request": request}), form, "approve", "/x/")
    assert given.fields == {"reference": "R", "reason": "W"}
    assert form.initial == {"reason": "W"}


def test_only_opening_the_page_takes_it(sent_too_late: Client, page: str) -> None:
    _sign_in(sent_too_late, "petra", reverse("show-home"))
    assert BACK not in sent_too_late.post(page, {"text": OLD}).text
    assert BACK in sent_too_late.get(page).text


def test_what_was_typed_for_a_request_that_is_decided_is_shown_beside_no_form_once(
    petra: Client, sam: Client, alice: Person
) -> None:
    sam.post(_url("open-request", alice), {"kind": "access", "channel": "staff", "identity": "none"} | _today())
    asked = PrivacyRequest.objects.get()
    page, refuse = reverse("show-request", args=[asked.pk]), reverse("refuse-request", args=[asked.pk])
    ticket = _ticket(petra, page, "refuse-request")
    PrivacyRequest.objects.update(state="refused")
    petra.handler.enforce_csrf_checks = True
    assert petra.post(refuse, {"code": "", "reason": "Not <she>.", typed.FIELD: ticket})["Location"] == page
    shown = petra.get(page).text
    assert "no longer offered" in shown
    assert "Not &lt;she&gt;.</blockquote>" in shown
    assert "Not &lt;she&gt;." not in petra.get(page).text


def test_what_was_typed_about_a_memory_that_is_gone_is_shown_on_the_page_that_says_so(
    sent_too_late: Client, alice: Person, page: str
) -> None:
    alice.scope.delete(alice.scope.get_all()[0]["id"])
    shown = _sign_in(sent_too_late, "petra", page)
    assert "Lives in Lisbon &amp; says:" in shown
    assert "ticket 4711</blockquote>" in shown
    assert ">x</blockquote>" not in shown  # the token


def test_what_was_too_long_about_a_memory_that_is_gone_is_said_too(petra: Client, alice: Person, page: str) -> None:
    ticket = _ticket(petra, page, "rectify")
    Session.objects.all().delete()
    petra.post(page, {"text": "x" * typed.LONGEST, typed.FIELD: ticket})
    alice.scope.delete(alice.scope.get_all()[0]["id"])
    assert "too long to be kept" in _sign_in(petra, "petra", page)


def test_a_page_that_failed_leaves_it_for_later(
    sent_too_late: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
        assert "Lisbon" not in _sign_in(sent_too_late, "petra", page)
    assert BACK in sent_too_late.get(page).text


@pytest.mark.parametrize(("username", "said"), [("petra", True), ("pia", False)])
def test_that_something_waits_is_said_to_its_owner_before_its_page_alone(
    sent_too_late: Client, alice: Person, page: str, username: str, *, said: bool
) -> None:
    asked = _url("state-purpose", alice)
    StaffFactory(username="pia", role=Role.PRIVACY_OFFICER)
    assert ("What you typed is kept" in _sign_in(sent_too_late, username, f"{asked}?next={page}")) is said
    assert "What you typed is kept" not in sent_too_late.get(f"{asked}?next={_url('list-holds', alice)}").text
