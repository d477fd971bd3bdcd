"""Coming in with a token of the host application, once; the visit, and its end."""

import html
import re
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import access, tasks
from dashboard.audit import Action, appending, tenant_digest
from dashboard.models import AuditEvent, PersonSession, SpentToken, Tenant
from dashboard.requests import PersonRequest
from dashboard.your_data import refusals, sessions, tokens
from dashboard.your_data.tokens import Fault
from memadmin.memory import StoreUnavailable, your_data_token
from tests.desk.conftest import Person
from tests.your_data.conftest import browser, come_in, in_persons_look, last_event, token_for, visit_of

pytestmark = pytest.mark.django_db

ENTER, START, LEAVE, REFUSED = "/your-data/enter", "/your-data/", "/your-data/leave", "/your-data/enter/refused"
TEXT = "I am vegetarian."
POSTED = [
    "leave-your-data",
    "choose-language",
    "search-your-data",
    "forget-everything",
    "download-your-data",
    "fetch-export",
]


def refused(client: Client, token: str, fault: Fault, *, status: int = 403) -> None:
    """The page says that the link does not work, and not why; the audit log says why."""
    response = client.post(ENTER, {"token": token})
    assert response.status_code == status
    assert in_persons_look(response)
    assert "This link does not work" in response.text
    assert fault.value not in response.text
    assert sessions.COOKIE not in response.cookies
    event = last_event()
    assert (event.action, event.outcome, event.counts) == (Action.YOUR_DATA_REFUSED, "refused", {"fault": fault.value})


class Later(datetime):
    """The clock, a minute later."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return super().now(tz) + timedelta(minutes=1)


def looks_in(client: Client) -> str:
    return client.get(START).text


def broken(*_: Any, **__: Any) -> Any:
    raise OperationalError("disk full")


# Coming in.


def test_a_posted_token_lets_alice_in(alice: Person) -> None:
    alice.remember(TEXT)
    assert TEXT in looks_in(come_in(browser(), alice))


def test_a_link_lets_alice_in_and_the_token_is_not_in_the_next_address(alice: Person) -> None:
    alice.remember(TEXT)
    client = browser()
    response = client.get(ENTER, {"token": token_for(alice.user_id)})
    assert (response.status_code, response.headers["Location"], response.content) == (302, START, b"")
    assert TEXT in looks_in(client)


def test_whoever_enters_is_on_record_as_the_person(alice: Person) -> None:
    come_in(browser(), alice)
    event = last_event()
    assert (event.action, event.actor_kind, event.actor_label) == ("your-data-entered", "person", PersonRequest.LABEL)
    assert event.tenant_digest == tenant_digest(alice.user_id)
    assert alice.user_id not in str(event.__dict__)


def test_somebody_whom_the_store_knows_is_taken_into_the_directory(alice: Person) -> None:
    alice.remember(TEXT)
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()
    assert visit_of(come_in(browser(), alice)).tenant == alice.tenant


def test_somebody_about_whom_nothing_is_remembered_is_told_so_and_not_taken_into_the_directory(alice: Person) -> None:
    client = come_in(browser(), alice)
    assert "Nothing is remembered about you" in looks_in(client)
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()


def test_the_cookie_is_for_these_pages_only(alice: Person, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = come_in(browser(), alice).cookies[sessions.COOKIE]
    assert (cookie["httponly"], cookie["path"], cookie["samesite"], cookie["secure"]) == (
        True, "/your-data/", "Lax", True,
    )  # fmt: skip
    assert cookie["max-age"] == 30 * 60
    assert len(cookie.value) >= 43
    assert cookie["domain"] == ""


def test_the_database_does_not_hold_what_the_cookie_holds(alice: Person) -> None:
    cookie = come_in(browser(), alice).cookies[sessions.COOKIE]
    assert cookie.value not in str(PersonSession.objects.values())


def test_in_a_frame_of_another_site_the_cookies_may_go_along(alice: Person, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE, settings.MEMADMIN_YOUR_DATA_FRAMES = True, ["https://app.example"]
    client = come_in(browser(), alice)
    assert client.cookies[sessions.COOKIE]["samesite"] == "None"
    client.post(reverse("choose-language"), {"language": "de"})
    assert client.cookies["memadmin_language"]["samesite"] == "None"
    dropped = client.post(LEAVE).cookies[sessions.COOKIE]
    assert (dropped["samesite"], bool(dropped["secure"]), dropped["max-age"]) == ("None", True, 0)


def test_without_keys_the_pages_are_closed(alice: Person, settings: Any) -> None:
    client = come_in(browser(), alice)
    settings.MEMADMIN_YOUR_DATA_SECRET = ""
    for path in (ENTER, START, LEAVE, "/your-data/who-looked/"):
        assert client.get(path).status_code == 404
    assert browser().post(ENTER, {"token": "x"}).status_code == 404


def test_a_public_key_lets_in_whom_its_private_key_names(alice: Person, settings: Any, tmp_path: Any) -> None:
    from tests.your_data.test_tokens import ED25519, pem, private_pem

    (tmp_path / "key.pem").write_text(pem(ED25519))
    settings.MEMADMIN_YOUR_DATA_SECRET, settings.MEMADMIN_YOUR_DATA_KEY_FILE = "", str(tmp_path / "key.pem")
    client = browser()
    token = your_data_token(alice.user_id, private_key=private_pem(ED25519))
    assert client.post(ENTER, {"token": token}).status_code == 302
    refused(client, your_data_token(alice.user_id, secret=pem(ED25519).replace("-----", "+++++")), Fault.SIGNATURE)


# Tokens that let nobody in.


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"audience": "another"}, Fault.AUDIENCE),
        ({"lifetime": timedelta(seconds=1)}, Fault.EXPIRED),
        ({"private_key": "ED25519"}, Fault.SIGNATURE),
    ],
    ids=["another audience", "expired", "another algorithm"],
)
def test_a_token_that_is_refused_is_on_record_with_the_fault(
    alice: Person, options: dict[str, Any], fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.your_data.test_tokens import ED25519, private_pem

    if "private_key" in options:
        token = your_data_token(alice.user_id, private_key=private_pem(ED25519))
    else:
        token = token_for(alice.user_id, **options)
    if fault is Fault.EXPIRED:
        monkeypatch.setattr(tokens, "datetime", Later)
    client = browser()
    refused(client, token, fault)
    assert client.get(START).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\0", "é" * 4_096])
def test_what_is_no_token_is_on_record_too(token: str) -> None:
    refused(browser(), token, Fault.MALFORMED if token else Fault.MISSING)


def test_a_token_lets_in_once(alice: Person) -> None:
    token, client = token_for(alice.user_id), browser()
    assert client.post(ENTER, {"token": token}).status_code == 302
    refused(browser(), token, Fault.SPENT)
    refused(client, token, Fault.SPENT)


def test_a_link_lets_in_once(alice: Person) -> None:
    token = token_for(alice.user_id)
    assert browser().get(ENTER, {"token": token}).status_code == 302
    response = browser().get(ENTER, {"token": token})
    assert (response.status_code, response.headers["Location"]) == (302, REFUSED)


def test_a_link_that_lets_nobody_in_leaves_no_token_in_the_address_and_one_event(alice: Person) -> None:
    client = come_in(browser(), alice)
    page = client.get(ENTER, {"token": "x"}, follow=True)
    assert (page.request["PATH_INFO"], page.request["QUERY_STRING"], page.status_code) == (REFUSED, "", 403)
    assert ("This link does not work" in page.text, reverse("leave-your-data") in page.text) == (True, False)
    assert AuditEvent.objects.filter(action=Action.YOUR_DATA_REFUSED).count() == 1
    back = client.post(reverse("choose-language"), {"language": "de", "next": REFUSED}, follow=True)
    assert (back.status_code, back.headers["Content-Language"]) == (403, "de")


def refusals_from(address: str, number: int) -> list[int]:
    client = browser(REMOTE_ADDR=address)
    return [client.post(ENTER, {"token": "x"}).status_code for _ in range(number)]


def test_refused_tokens_of_one_client_do_not_flood_the_log(alice: Person) -> None:
    assert refusals_from("203.0.113.7", 24) == [403] * 20 + [429] * 4
    assert AuditEvent.objects.filter(action=Action.YOUR_DATA_REFUSED).count() == 21
    assert last_event().counts == {"fault": "too-often"}
    come_in(browser(REMOTE_ADDR="203.0.113.7"), alice)


def test_refused_forms_of_one_client_do_not_flood_the_log(db: None) -> None:
    client = browser(REMOTE_ADDR="203.0.113.7", enforce_csrf_checks=True)
    assert {client.post(LEAVE).status_code for _ in range(24)} == {403}
    assert AuditEvent.objects.filter(action=Action.DENIED).count() == 21
    assert last_event().counts == {"fault": "too-often"}


def test_one_client_is_a_network_and_says_nothing_of_others(db: None) -> None:
    assert refusals_from("2001:db8::1", 20) == [403] * 20
    assert refusals_from("2001:db8::2", 1) == [429]
    assert refusals_from("203.0.113.8", 1) == [403]


def test_refusals_count_for_ten_minutes(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals_from("203.0.113.7", 22)
    monkeypatch.setattr(refusals, "WITHIN", timedelta(0))
    assert refusals_from("203.0.113.7", 1) == [403]


def test_a_spent_token_is_noted_until_after_it_could_be_used(alice: Person) -> None:
    come_in(browser(), alice)
    spent = SpentToken.objects.get()
    assert spent.expires_at > timezone.now() + timedelta(minutes=2)
    assert alice.user_id not in str(SpentToken.objects.values())


def test_a_token_is_not_forgotten_while_the_store_keeps_somebody_waiting_with_it(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come in time; between reading the token and spending it, the second waits until it has expired."""
    token = token_for(alice.user_id)
    assert browser().post(ENTER, {"token": token}).status_code == 302
    discover = access.discover

    def slowly(user_id: Any) -> Tenant | None:
        SpentToken.objects.update(expires_at=timezone.now() - timedelta(seconds=20))
        return discover(user_id)

    monkeypatch.setattr(access, "discover", slowly)
    refused(browser(), token, Fault.SPENT)


def test_tokens_that_were_spent_long_ago_are_forgotten(alice: Person, bob: Person) -> None:
    come_in(browser(), alice)
    SpentToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    come_in(browser(), bob)
    assert SpentToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_bring_the_same_token_at_the_same_moment_one_comes_in(alice: Person) -> None:
    token, both, statuses = token_for(alice.user_id), threading.Barrier(4), []

    def bring() -> None:
        both.wait()
        statuses.append(browser().post(ENTER, {"token": token}).status_code)
        connection.close()

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 403, 403, 403]
    assert PersonSession.objects.count() == 1


def test_a_body_that_is_too_large_is_refused_and_on_record() -> None:
    response = browser().post(ENTER, {"token": "x" * 1_000_000})
    assert (response.status_code, in_persons_look(response)) == (413, True)
    assert last_event().counts == {"fault": "too-long"}


def test_a_token_of_a_megabyte_in_a_link_is_refused_and_on_record() -> None:
    assert browser().get(ENTER, {"token": "x" * 1_000_000}, follow=True).status_code == 403
    assert last_event().counts == {"fault": "too-long"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("&".join(f"a{number}=" for number in range(1_500)), "application/x-www-form-urlencoded"),
        ("--x\r\nnonsense", "multipart/form-data"),
        ("--x\r\nnonsense", "multipart/form-data; boundary=" + "x" * 300),
        ("token=é".encode("latin-1"), "application/x-www-form-urlencoded; charset=nonsense"),
        ("token=x", "application/x-www-form-urlencoded; charset=latin-1"),
        ('{"token": "x"}', "application/json"),
    ],
    ids=["many fields", "no boundary", "long boundary", "odd charset", "another charset", "JSON"],
)
def test_a_form_that_cannot_be_read_is_refused_and_on_record(body: Any, content_type: str) -> None:
    response = browser().generic("POST", ENTER, body, content_type=content_type)
    assert response.status_code in {400, 403}
    assert in_persons_look(response)
    assert last_event().action == Action.YOUR_DATA_REFUSED


def test_a_length_that_is_no_number_is_not_believed(alice: Person) -> None:
    response = browser().get(ENTER, {"token": token_for(alice.user_id)}, CONTENT_LENGTH="many")
    assert response.status_code == 302


@pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options"])
def test_a_token_is_brought_by_a_form_or_a_link_only(alice: Person, method: str) -> None:
    response = getattr(browser(), method)(f"{ENTER}?token={token_for(alice.user_id)}")
    assert response.status_code == 405
    assert not PersonSession.objects.exists()


def test_the_store_down_keeps_the_token_good(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_user_id: str) -> None:
        raise StoreUnavailable("It does not answer.")

    token, client = token_for(alice.user_id), browser()
    with monkeypatch.context() as patched:
        patched.setattr(access, "discover", down)
        response = client.post(ENTER, {"token": token})
    assert (response.status_code, in_persons_look(response)) == (503, True)
    assert sessions.COOKIE not in response.cookies
    assert client.post(ENTER, {"token": token}).status_code == 302


def test_the_audit_log_down_lets_nobody_in_and_keeps_the_token_good(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, client = token_for(alice.user_id), browser()
    with monkeypatch.context() as patched:
        patched.setattr(appending, "_insert", broken)
        response = client.post(ENTER, {"token": token})
    assert (response.status_code, in_persons_look(response)) == (503, True)
    assert sessions.COOKIE not in response.cookies
    assert not PersonSession.objects.exists()
    assert client.post(ENTER, {"token": token}).status_code == 302


def test_a_refusal_that_cannot_be_recorded_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "_insert", broken)
    response = browser().post(ENTER, {"token": "x"})
    assert (response.status_code, in_persons_look(response)) == (503, True)


# Two people in one browser.


def test_the_second_person_replaces_the_first_completely(alice: Person, bob: Person) -> None:
    (alices_memory,), _ = alice.remember("Alice keeps bees."), bob.remember("Bob plays the cello.")
    client = come_in(browser(), alice)
    first = client.cookies[sessions.COOKIE].value
    come_in(client, bob)
    assert ("Bob plays the cello." in looks_in(client), "Alice keeps bees." in looks_in(client)) == (True, False)
    assert client.get(reverse("show-your-memory", args=[alices_memory])).status_code == 404
    client.cookies[sessions.COOKIE] = first
    assert client.get(START).status_code == 403
    assert PersonSession.objects.count() == 1


def test_a_form_of_another_site_to_which_no_cookie_is_sent_along_replaces_the_first_person_too(
    alice: Person, bob: Person
) -> None:
    alice.remember("Alice keeps bees.")
    client = come_in(browser(), alice)
    first = client.cookies[sessions.COOKIE]
    second = come_in(browser(), bob).cookies[sessions.COOKIE]  # as SameSite=Lax has it for a form of another site
    assert [(cookie["path"], cookie["domain"]) for cookie in (first, second)] == [("/your-data/", "")] * 2
    client.cookies[sessions.COOKIE] = second.value  # of the same name and place: the browser keeps one
    assert "Alice keeps bees." not in looks_in(client)
    assert visit_of(client).tenant_digest == tenant_digest(bob.user_id)


def test_a_second_token_that_is_refused_shows_nothing_of_the_first_person(alice: Person, bob: Person) -> None:
    client = come_in(browser(), alice)
    response = client.post(ENTER, {"token": token_for(bob.user_id, audience="another")})
    assert response.status_code == 403
    assert reverse("list-looks") not in response.text
    assert reverse("leave-your-data") not in response.text
    event = last_event()
    assert (event.actor_kind, event.tenant_digest) == ("nobody", "")


def test_coming_in_twice_ends_the_first_visit(alice: Person) -> None:
    client = come_in(browser(), alice)
    first = visit_of(client)
    come_in(client, alice)
    assert visit_of(client) != first
    assert not PersonSession.objects.filter(pk=first.pk).exists()


def test_two_browsers_are_two_visits(alice: Person, bob: Person) -> None:
    alice.remember("Alice keeps bees.")
    bob.remember("Bob plays the cello.")
    hers, his = come_in(browser(), alice), come_in(browser(), bob)
    assert "Alice keeps bees." in looks_in(hers)
    assert "Bob plays the cello." in looks_in(his)


# The end of a visit.


def test_leaving_ends_the_visit_here_and_in_the_browser(alices: Client) -> None:
    value = alices.cookies[sessions.COOKIE].value
    response = alices.post(LEAVE)
    assert (response.status_code, "You have left" in response.text) == (200, True)
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert reverse("list-looks") not in response.text
    assert (response.cookies[sessions.COOKIE].value, response.cookies[sessions.COOKIE]["path"]) == ("", "/your-data/")
    assert last_event().action == Action.YOUR_DATA_LEFT
    alices.cookies[sessions.COOKIE] = value
    assert alices.get(START).status_code == 403
    assert not PersonSession.objects.exists()


def test_nobody_leaves_by_a_link(alices: Client) -> None:
    assert alices.get(LEAVE).status_code == 405
    assert alices.get(START).status_code == 200


def test_a_visit_ends_by_itself_whatever_is_done_in_it(alices: Client) -> None:
    assert alices.get(START).status_code == 200
    ends = visit_of(alices).expires_at
    assert timedelta(minutes=29) < ends - timezone.now() <= timedelta(minutes=30)
    alices.get(START)
    assert visit_of(alices).expires_at == ends
    PersonSession.objects.update(expires_at=timezone.now())
    response = alices.get(START)
    assert (response.status_code, "Your visit is over" in response.text) == (403, True)


def test_how_long_a_visit_lasts_is_a_setting(alice: Person, settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_MINUTES = 5
    assert visit_of(come_in(browser(), alice)).expires_at < timezone.now() + timedelta(minutes=5)


def test_visits_and_tokens_are_forgotten_every_night_too(alices: Client) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    PersonSession.objects.update(expires_at=long_ago), SpentToken.objects.update(expires_at=long_ago)
    tasks.clear_sessions(0)
    assert not PersonSession.objects.exists()
    assert not SpentToken.objects.exists()


def test_visits_that_are_over_are_forgotten(alice: Person, bob: Person) -> None:
    come_in(browser(), alice)
    PersonSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    come_in(browser(), bob)
    assert PersonSession.objects.count() == 1


def test_a_part_of_a_page_that_refreshes_after_the_end_has_the_whole_page_say_so(alices: Client) -> None:
    PersonSession.objects.update(expires_at=timezone.now())
    assert alices.get(START, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("value", ["", "x", "*", "%", "é", "\\777", "a" * 10_000])
def test_a_made_up_cookie_is_no_visit(db: None, value: str) -> None:
    client = browser()
    client.cookies[sessions.COOKIE] = value
    assert client.get(START).status_code == 403


# Staff in the same browser.


def test_an_officer_who_is_signed_in_has_no_visit(petra: Client, alice: Person) -> None:
    alice.remember(TEXT)
    response = petra.get(START)
    assert (response.status_code, "Your visit is over" in response.text) == (403, True)
    assert TEXT not in response.text


def test_a_person_in_a_visit_is_nobody_to_the_desk(alices: Client, alice: Person) -> None:
    response = alices.get(reverse("browse-memories", args=[alice.tenant.reference]))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_the_cookie_of_a_visit_is_no_staff_session(alice: Person, settings: Any) -> None:
    client = come_in(browser(), alice)
    client.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[sessions.COOKIE].value
    assert client.get(reverse("show-home")).status_code == 302


def test_both_at_once_work_in_one_browser_and_each_is_on_record_as_who_they_are(
    petra: Client, alice: Person, bob: Person
) -> None:
    alice.remember("Alice keeps bees.")
    bob.remember("Bob plays the cello.")
    come_in(petra, alice)
    assert "Alice keeps bees." in petra.get(START).text
    event = last_event()
    assert (event.actor_kind, event.actor_label, event.purpose) == ("person", "the person", "")
    assert "Bob plays the cello." in petra.get(reverse("browse-memories", args=[bob.tenant.reference])).text
    event = last_event()
    assert (event.actor_kind, event.tenant_digest) == ("staff", tenant_digest(bob.user_id))
    assert petra.post(LEAVE).status_code == 200
    assert petra.get(reverse("find-tenant")).status_code == 200


def test_pages_of_the_person_say_nothing_of_staff(petra: Client, alice: Person) -> None:
    come_in(petra, alice)
    assert "petra" not in petra.get(START).text
    assert reverse("account_logout") not in petra.get(START).text


# Forms of another site.


@pytest.mark.parametrize("name", POSTED)
def test_a_form_of_another_site_is_refused_on_a_clear_page_and_on_record(alice: Person, name: str) -> None:
    alice.remember(TEXT)
    client = come_in(browser(enforce_csrf_checks=True), alice)
    response = client.post(reverse(name), {"sure": "on", "ground": "17-1-b", "language": "de", "query": "x"})
    assert (response.status_code, in_persons_look(response)) == (403, True)
    assert "Nothing was done" in response.text
    event = last_event()
    assert (event.action, event.outcome, event.counts) == (Action.DENIED, "refused", {"fault": "csrf"})
    assert (event.actor_kind, event.tenant_digest) == ("person", tenant_digest(alice.user_id))
    assert visit_of(client) is not None


@pytest.mark.parametrize("name", ["save-correction", "forget-memory", "stop-using-memory", "use-memory-again"])
def test_a_form_of_another_site_changes_no_memory(alice: Person, name: str) -> None:
    (memory_id,) = alice.remember(TEXT)
    client = come_in(browser(enforce_csrf_checks=True), alice)
    assert client.post(reverse(name, args=[memory_id]), {"text": "I eat meat."}).status_code == 403
    memory = alice.scope.get(memory_id)
    assert (memory.text, memory.restricted) == (TEXT, False)


def test_the_page_says_that_a_form_is_out_of_date_where_even_that_cannot_be_recorded(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = come_in(browser(enforce_csrf_checks=True), alice)
    monkeypatch.setattr(appending, "_insert", broken)
    response = client.post(LEAVE)
    assert (response.status_code, in_persons_look(response)) == (503, True)


# Languages.


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("de-AT,de;q=0.9", "de"), ("fr", "fr"), ("es-MX", "es"), ("en", "en"), ("tlh, it;q=0.5", "en"), ("", "en")],
)
def test_the_language_is_the_browsers(alices: Client, accepted: str, language: str) -> None:
    response = alices.get(START, headers={"Accept-Language": accepted})
    assert response.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in response.text
    assert {"Accept-Language", "Cookie"} <= set(re.split(r",\s*", response.headers["Vary"]))


def test_the_language_that_was_chosen_goes_before_the_browsers(alices: Client) -> None:
    response = alices.post(reverse("choose-language"), {"language": "fr", "next": "/your-data/who-looked/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/your-data/who-looked/")
    cookie = response.cookies["memadmin_language"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/your-data/", True, "Lax")
    assert alices.get(START, headers={"Accept-Language": "de"}).headers["Content-Language"] == "fr"


@pytest.mark.parametrize(
    "back",
    [
        "", "https://evil.example/", "//evil.example/", "/your-data//../../\\evil.example", "/audit/",
        "javascript:alert(1)", "/your-data\\@evil.example", "https:/your-data/",
    ],
)  # fmt: skip
def test_the_language_switch_leads_nowhere_else(alices: Client, back: str) -> None:
    target = alices.post(reverse("choose-language"), {"language": "de", "next": back}).headers["Location"]
    assert target == START or (target.startswith("/your-data/") and "evil" not in target.partition("/your-data/")[0])


@pytest.mark.parametrize("language", ["", "xx", "it", "../de", "de\r\nSet-Cookie: a=b"])
def test_a_language_that_nobody_offers_is_refused(alices: Client, language: str) -> None:
    response = alices.post(reverse("choose-language"), {"language": language})
    assert (response.status_code, "memadmin_language" in response.cookies) == (404, False)


def test_the_language_can_be_switched_on_a_page_that_came_of_a_form(alice: Person) -> None:
    (memory_id,) = alice.remember(TEXT)
    client = come_in(browser(), alice)
    for name, arguments in (("search-your-data", []), ("save-correction", [memory_id])):
        page = client.post(reverse(name, args=arguments), {"query": "", "text": "I eat meat.", "token": "old"})
        back = re.search(r'name="next" value="([^"]*)"', page.text)[1]
        response = client.post(reverse("choose-language"), {"language": "de", "next": back}, follow=True)
        assert (response.status_code, response.headers["Content-Language"]) == (200, "de")


def test_the_language_switch_keeps_what_was_searched_for(alice: Person) -> None:
    alice.remember(TEXT)
    client = come_in(browser(), alice)
    found = client.post(reverse("search-your-data"), {"query": "food"}).headers["Location"]
    for address in (found, START + "?cursor=x", reverse("list-looks") + "?own=yes"):
        back = html.unescape(re.search(r'name="next" value="([^"]*)"', client.get(address).text)[1])
        assert client.post(reverse("choose-language"), {"language": "de", "next": back}).headers["Location"] == address


def test_a_token_is_in_no_form_of_a_page(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "_insert", broken)
    token = token_for(alice.user_id)
    response = browser().get(ENTER, {"token": token})
    assert (response.status_code, token in response.text) == (503, False)


def test_errors_are_in_the_persons_language(alice: Person) -> None:
    alice.remember(TEXT)
    alices = come_in(browser(), alice)
    for path, status in (("/your-data/nowhere", 404), ("/your-data/memories/unknown/", 404)):
        response = alices.get(path, headers={"Accept-Language": "de"})
        assert (response.status_code, response.headers["Content-Language"]) == (status, "de")
        assert in_persons_look(response)


def test_the_desk_stays_in_english(petra: Client) -> None:
    petra.cookies["memadmin_language"] = "de"
    response = petra.get(reverse("find-tenant"), headers={"Accept-Language": "de"})
    assert '<html lang="en"' in response.text


# Records.


def test_no_event_of_a_refused_token_names_anybody(alice: Person) -> None:
    browser().post(ENTER, {"token": token_for(alice.user_id, audience="another")})
    event = AuditEvent.objects.order_by("-seq")[0]
    assert (event.actor_kind, event.tenant_digest, event.purpose) == ("nobody", "", "")


def test_who_is_signed_in_to_the_desk_is_nobody_to_these_pages(petra: Client) -> None:
    petra.post(reverse("enter-your-data"), {"token": "forged"})
    event = last_event()
    assert (event.action, event.actor_kind, event.actor_label) == ("your-data-refused", "nobody", "nobody signed in")
