"""Requests without an account: a code by e-mail, and the same answer for everybody."""

import logging
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import formats, timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard import audit, tasks
from dashboard.audit import Action, appending
from dashboard.models import AuditEvent, Intake, PersonSession, PrivacyRequest, Tenant
from dashboard.privacy import forgetting
from dashboard.privacy.actors import Actor
from dashboard.your_data import intake, intake_rules
from dashboard.your_data.intake_mail import NotSent
from dashboard.your_data.intake_rules import Verdict, judge, network
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

ALICE = "Alice@example.org"
WANTED = {"kind": "erasure", "ground": "17-1-b", "narrative": "Forget my bees."}
WRONG = "00000000"


@pytest.fixture(autouse=True)
def _switched_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEMADMIN_INTAKE = True
    drawn = iter(f"{number:08}" for number in range(10_000_001, 10_000_100))
    monkeypatch.setattr(intake, "draw", lambda: next(drawn))
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)  # it is the test's


@pytest.fixture
def alice() -> Tenant:
    return TenantFactory(email=ALICE.lower())


def _ask(client: Client, email: str = ALICE, **fields: str) -> Any:
    return client.post(reverse("ask-without-account"), {"email": email, **WANTED, **fields})


def _state(response: Any) -> str:
    found = re.search(r'name="state" value="([^"]+)"', response.text)
    assert found
    return found[1]


def _work() -> None:
    """What the worker does, once for each job."""
    for job in ProcrastinateJob.objects.filter(task_name="dashboard.tasks.send_intake_code").order_by("id"):
        tasks.send_intake_code(**job.args)
    connection.cursor().execute("DELETE FROM procrastinate_jobs")


def _mailed() -> str:
    """The code in the newest mail."""
    found = re.search(r"^ +(\d{4}) (\d{4})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found[1] + found[2]


def _type(client: Client, state: str, code: str) -> Any:
    return client.post(reverse("confirm-intake"), {"state": state, "code": code})


def _asked_and_proved(client: Client, email: str = ALICE, **fields: str) -> Any:
    state = _state(_ask(client, email, **fields))
    _work()
    return _type(client, state, _mailed())


def _later(**by: int) -> None:
    """As if everything had been asked so long ago."""
    for asked in Intake.objects.all():
        changed = {"asked_at": asked.asked_at - timedelta(**by), "expires_at": asked.expires_at - timedelta(**by)}
        Intake.objects.filter(pk=asked.pk).update(**changed)


def _shape(response: Any) -> str:
    """A page without what is drawn anew every time."""
    return re.sub(
        r'(name="(?:state|csrfmiddlewaretoken)" value=")([^"]+)', lambda m: m[1] + "x" * len(m[2]), response.text
    )


# Off by default.


def test_it_is_off_unless_it_is_switched_on(client: Client, settings: Any) -> None:
    settings.MEMADMIN_INTAKE = False
    assert client.get(reverse("ask-without-account")).status_code == 404
    assert _ask(client).status_code == 404
    assert client.post(reverse("confirm-intake")).status_code == 404
    assert not Intake.objects.exists()


def test_it_works_without_any_key_of_a_host_application(client: Client, settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_SECRET = settings.MEMADMIN_YOUR_DATA_KEY_FILE = ""
    assert client.get(reverse("show-your-data")).status_code == 404
    page = client.get(reverse("ask-without-account"))
    assert page.status_code == 200
    assert f'class="brand" href="{reverse("ask-without-account")}"' in page.text
    assert client.post(reverse("choose-language"), {"language": "de"}).status_code == 302
    assert _asked_and_proved(client).status_code == 200


def test_without_it_and_without_keys_everything_is_closed(client: Client, settings: Any) -> None:
    settings.MEMADMIN_YOUR_DATA_SECRET = settings.MEMADMIN_YOUR_DATA_KEY_FILE = ""
    settings.MEMADMIN_INTAKE = False
    assert client.post(reverse("choose-language"), {"language": "de"}).status_code == 404


# The same answer for everybody.


def test_the_answer_is_the_same_whether_somebody_is_known_or_not_or_has_asked_too_often(client: Client) -> None:
    unknown = _ask(client)
    TenantFactory(email=ALICE)
    known = _ask(client)
    [_ask(client) for _ in range(3)]
    _work()
    limited = _ask(client)
    assert {response.status_code for response in (unknown, known, limited)} == {200}
    assert _shape(unknown) == _shape(known) == _shape(limited)


def test_nobody_is_looked_up_before_the_code_was_typed(client: Client, alice: Tenant) -> None:
    _ask(client, "warm@example.org")
    queries = []
    for email in (ALICE, "nobody@example.org"):
        with CaptureQueriesContext(
            connection,
        ) as made:
            _ask(client, email)
        queries.append([query["sql"] for query in made.captured_queries])
    assert len(queries[0]) == len(queries[1])
    assert not any("dashboard_tenant" in sql for sql in queries[0] + queries[1])


def test_the_mail_goes_out_to_whoever_is_typed_known_or_not(client: Client, alice: Tenant) -> None:
    _ask(client), _ask(client, "nobody@example.org")
    assert mail.outbox == []
    _work()
    assert [sent.to for sent in mail.outbox] == [[ALICE], ["nobody@example.org"]]


def test_the_receipt_is_the_same_for_one_for_several_and_for_nobody(client: Client, alice: Tenant) -> None:
    known, unknown = _asked_and_proved(client), _asked_and_proved(client, "nobody@example.org")
    TenantFactory(email="twins@example.org"), TenantFactory(email="twins@example.org")
    several = _asked_and_proved(client, "twins@example.org")
    assert _shape(known) == _shape(unknown) == _shape(several)
    assert "We have received your request" in known.text


def test_the_receipt_names_the_lawful_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 1, 30))  # a month later is a Saturday
    assert intake.answer_by() == date(2026, 3, 2)
    assert formats.date_format(date(2026, 3, 2), "DATE_FORMAT") in _asked_and_proved(client).text


# What comes of it.


def test_the_right_code_opens_a_request_of_the_one_person_with_that_address(client: Client, alice: Tenant) -> None:
    assert _asked_and_proved(client).status_code == 200
    made = PrivacyRequest.objects.get()
    assert made.tenant == alice
    assert (made.kind, made.ground, made.narrative) == ("erasure", "17-1-b", "Forget my bees.")
    assert (made.channel, made.identity_method, made.state) == ("person", "contact", "received")
    assert made.requested_label == "the person, by e-mail"
    asked = Intake.objects.get()
    assert (asked.request, asked.email, asked.narrative) == (made, "", "")
    assert asked.closed_at


LOOKALIKES = {
    "the Kelvin sign": "\u212aenji@example.net",
    "a dotted I": "KENJ\u0130@example.net",
    "a dotless i": "kenj\u0131@example.net",
    "a long s": "\u017fato@example.net",
    "fullwidth letters": "kenji@\uff45xample.net",
}


@pytest.mark.parametrize("kind", ["access", "rectification", "restriction"])
def test_the_other_kinds_have_no_ground(client: Client, alice: Tenant, kind: str) -> None:
    _asked_and_proved(client, kind=kind)
    assert (PrivacyRequest.objects.get().kind, PrivacyRequest.objects.get().ground) == (kind, "")


@pytest.mark.parametrize("others", [0, 2])
def test_what_fits_nobody_or_several_waits_for_staff(client: Client, others: int) -> None:
    for _ in range(others):
        TenantFactory(email=ALICE)
    _asked_and_proved(client)
    assert not PrivacyRequest.objects.exists()
    assert intake.waiting().get().email == ALICE


@pytest.mark.parametrize("email", LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_an_address_that_only_looks_like_somebodys_is_refused(client: Client, email: str) -> None:
    TenantFactory(email="kenji@example.net"), TenantFactory(email="sato@example.net")
    assert _ask(client, email).status_code == 400
    assert not Intake.objects.exists()


@pytest.mark.parametrize("email", LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_an_address_that_only_looks_like_somebodys_is_not_theirs(email: str) -> None:
    person = TenantFactory(email="sato@example.net" if "ato@" in email else "kenji@example.net")
    asked = Intake.objects.create(email=email, kind="access", verified_at=timezone.now(), expires_at=timezone.now())
    intake._bring_to_its_person(asked)
    assert not PrivacyRequest.objects.exists()
    assert intake.route(asked, person, Actor.correspondent()).identity_method == "none"


def test_an_address_with_letters_of_another_alphabet_is_its_own(client: Client) -> None:
    alice = TenantFactory(email="alice@bücher.example")
    assert _asked_and_proved(client, "alice@bücher.example").status_code == 200
    assert PrivacyRequest.objects.get().tenant == alice


def test_an_erasure_that_is_open_already_gets_what_was_said(client: Client, alice: Tenant) -> None:
    _asked_and_proved(client), _asked_and_proved(client, narrative="And my hives.")
    made = PrivacyRequest.objects.get()
    assert made.narrative == "Forget my bees.\n\nAnd my hives."
    assert set(Intake.objects.values_list("request", flat=True)) == {made.pk}


def test_nobody_is_signed_in_and_no_memory_is_shown(client: Client, alice: Tenant) -> None:
    response = _asked_and_proved(client)
    assert not PersonSession.objects.exists()
    assert set(client.cookies) <= {"memadmin_csrf"}
    assert alice.user_id not in response.text
    assert alice.reference not in response.text
    assert client.get(reverse("show-your-data")).status_code == 403


def test_a_visit_in_the_same_browser_has_nothing_to_do_with_it(client: Client, alice: Tenant) -> None:
    from dashboard.your_data import sessions

    client.cookies[sessions.COOKIE] = "somebody"
    later = timezone.now() + timedelta(hours=1)
    digest = audit.tenant_digest(alice.user_id)
    PersonSession.objects.create(key=sessions._digest("somebody"), tenant=alice, tenant_digest=digest, expires_at=later)
    response = _ask(client, "somebody.else@example.org")
    event = AuditEvent.objects.get(action=Action.INTAKE_ASKED)
    assert (event.actor_label, event.tenant_digest) == ("nobody signed in", "")
    assert reverse("list-looks") not in response.text


# The code.


def test_a_code_dies_with_the_third_wrong_one(client: Client, alice: Tenant) -> None:
    state = _state(_ask(client))
    _work()
    answers = [_type(client, state, WRONG) for _ in range(3)]
    assert ["does not work any more" in answer.text for answer in answers] == [False, False, True]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "does not work any more" in _type(client, state, _mailed()).text
    assert not PrivacyRequest.objects.exists()


def test_the_third_attempt_may_be_the_right_one(client: Client, alice: Tenant) -> None:
    state = _state(_ask(client))
    _work()
    _type(client, state, WRONG), _type(client, state, WRONG)
    code = _mailed()
    assert _type(client, state, f" {code[:4]}-{code[4:]} ").status_code == 200


def test_something_that_is_no_code_is_not_counted(client: Client) -> None:
    state = _state(_ask(client))
    assert _type(client, state, "12345").status_code == 400
    assert _type(client, state, "").status_code == 400
    assert Intake.objects.get().attempts == 0


def test_a_code_is_good_for_a_quarter_of_an_hour(client: Client, alice: Tenant) -> None:
    state = _state(_ask(client))
    _work()
    _later(minutes=15)
    assert _type(client, state, _mailed()).status_code == 400
    assert not PrivacyRequest.objects.exists()


def test_a_code_that_is_sent_twice_is_acted_on_once(client: Client, alice: Tenant) -> None:
    state = _state(_ask(client, kind="access"))
    _work()
    first, second = _type(client, state, _mailed()), _type(client, state, _mailed())
    assert _shape(first) == _shape(second)
    assert PrivacyRequest.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.INTAKE_VERIFIED).count() == 1
    assert _type(client, state, WRONG).status_code == 400


def test_a_code_belongs_to_the_page_it_was_asked_on(client: Client, alice: Tenant) -> None:
    one, other = _state(_ask(client)), _state(_ask(client))
    _work()
    newest = _mailed()
    assert _type(client, one, newest).status_code == 400
    assert _type(client, other, newest).status_code == 200


@pytest.mark.parametrize("state", ["", "made-up", "made:up:too", "x" * 100_000])
def test_a_state_that_was_not_handed_out_is_refused(client: Client, state: str) -> None:
    assert _type(client, state, WRONG).status_code == 400


def test_the_id_of_a_request_alone_is_no_state(client: Client) -> None:
    _ask(client)
    assert _type(client, str(Intake.objects.get().pk), WRONG).status_code == 400
    assert Intake.objects.get().attempts == 0


def test_an_old_page_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state = _state(_ask(client))
    monkeypatch.setattr(intake, "KEPT", timedelta(seconds=-1))
    assert "does not work any more" in _type(client, state, WRONG).text


def test_the_code_stands_nowhere_but_in_the_mail(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _ask(client)
    job = ProcrastinateJob.objects.get()
    assert job.args == {"intake_id": str(Intake.objects.get().pk)}
    _work()
    kept = [str(vars(asked)) for asked in Intake.objects.all()] + [
        str(vars(event)) for event in AuditEvent.objects.all()
    ]
    assert not any(_mailed() in text or "10000001" in text for text in [*kept, str(job.args), caplog.text])
    assert len(Intake.objects.get().code) == 64


def test_a_second_try_draws_another_code(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    state = _state(_ask(client))
    pk = str(Intake.objects.get().pk)
    tasks.send_intake_code(intake_id=pk)
    first = _mailed()
    tasks.send_intake_code(intake_id=pk)
    assert _mailed() != first
    assert _type(client, state, first).status_code == 400
    assert _type(client, state, _mailed()).status_code == 200


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_a_mail_server_that_refuses_is_tried_again_and_its_words_are_not_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(*_: Any) -> int:
        raise error(f"550 {ALICE} unknown")

    _ask(client)
    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    with pytest.raises(NotSent) as refused:
        _work()
    assert ALICE not in str(refused.value)
    assert refused.value.__suppress_context__


def test_nothing_is_sent_to_somebody_who_cannot_be_waiting_any_more(client: Client) -> None:
    _ask(client)
    _later(minutes=16)
    _work()
    assert mail.outbox == []


# Limits.


def test_one_address_gets_three_codes_an_hour(client: Client) -> None:
    for email in (ALICE, ALICE.lower(), ALICE.upper(), ALICE):
        assert _ask(client, email).status_code == 200
    _work()
    assert len(mail.outbox) == 3
    _later(hours=1)
    _ask(client)
    _work()
    assert len(mail.outbox) == 4


def test_one_client_sends_ten_forms_an_hour(client: Client) -> None:
    statuses = [_ask(client, f"somebody{number}@example.org").status_code for number in range(11)]
    assert statuses == [200] * 10 + [429]
    assert Intake.objects.count() == 10
    assert AuditEvent.objects.get(action=Action.INTAKE_REFUSED).counts == {"fault": "too-often"}
    assert (
        client.post(reverse("ask-without-account"), {"email": ALICE, **WANTED}, REMOTE_ADDR="192.0.2.7").status_code
        == 200
    )


def test_refused_forms_of_one_client_do_not_flood_the_log(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_FORMS", 0)
    assert {_ask(client).status_code for _ in range(24)} == {429}
    assert AuditEvent.objects.filter(action=Action.INTAKE_REFUSED).count() == 21


def test_the_refusal_looks_like_the_persons_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_FORMS", 0)
    response = _ask(client)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3600")
    assert 'class="yours"' in response.text


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_client_is_an_address_or_the_network_that_one_customer_has(address: str, client: str) -> None:
    assert network(address) == client


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"fits": True}, Verdict.RIGHT),
        ({"fits": True, "attempts": 2}, Verdict.RIGHT),
        ({"fits": True, "attempts": 3}, Verdict.DEAD),
        ({"fits": True, "in_time": False}, Verdict.DEAD),
        ({"fits": False, "attempts": 1}, Verdict.WRONG),
        ({"fits": False, "attempts": 2}, Verdict.DEAD),
        ({"fits": True, "attempts": 3, "in_time": False, "verified": True}, Verdict.REPEATED),
        ({"fits": False, "verified": True}, Verdict.DEAD),
    ],
)
def test_what_a_code_is_worth(given: dict[str, Any], verdict: Verdict) -> None:
    assert judge(**{"attempts": 0, "in_time": True, "verified": False, **given}) is verdict


def test_a_code_has_eight_digits() -> None:
    assert all(re.fullmatch("[0-9]{8}", intake_rules.draw()) for _ in range(50))


# Bad input.


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "a@b",
        "alice@example.org\nBcc: bob@example.org",
        "alice@example.org\r\nSubject: x",
        "alice@example.org,bob@example.org",
        "alice@example.org bob@example.org",
        '"a\x01b"@example.org',
        "alice@example.org\0",
        f"{'a' * 250}@example.org",
    ],
)
def test_what_is_not_one_address_is_refused(client: Client, email: str) -> None:
    response = _ask(client, email)
    assert response.status_code == 400
    assert 'class="problem"' in response.text
    assert not Intake.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "removal"},
        {"kind": "*"},
        {"ground": "made-up"},
        {"narrative": "x" * 5_001},
        {"kind": "rectification", "narrative": ""},
        {"kind": "restriction", "narrative": " "},
    ],
)
def test_a_form_that_is_not_understood_is_shown_again(client: Client, fields: dict[str, str]) -> None:
    assert _ask(client, **fields).status_code == 400
    assert not Intake.objects.exists()


def test_a_form_of_another_site_is_refused() -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert _ask(stranger).status_code == 403
    assert _type(stranger, "x", WRONG).status_code == 403
    assert not Intake.objects.exists()


def test_nothing_that_was_typed_is_in_an_address_or_a_form_to_come(client: Client) -> None:
    page = _ask(client)
    assert ALICE not in "".join(re.findall(r'(?:href|action|value)="[^"]*"', page.text))
    assert str(Intake.objects.get().pk) not in page.text


def test_the_mail_is_in_the_language_of_the_form(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.your_data import intake_mail

    spoken = []
    monkeypatch.setattr(intake_mail, "subject", lambda: spoken.append(intake_mail.translation.get_language()) or "x")
    client.post(reverse("ask-without-account"), {"email": ALICE, **WANTED}, headers={"accept-language": "fr"})
    _work()
    assert (Intake.objects.get().language, spoken) == ("fr", ["fr"])


# On record, and forgotten.


def test_neither_address_nor_words_are_in_the_audit_log(client: Client, alice: Tenant) -> None:
    state = _state(_ask(client))
    _work()
    _type(client, state, WRONG), _type(client, state, _mailed())
    actions = [event.action for event in AuditEvent.objects.order_by("seq")]
    assert actions == ["intake-asked", "intake-refused", "intake-verified", "request-opened", "intake-routed"]
    rows = "".join(str(vars(event)) for event in AuditEvent.objects.all())
    assert ALICE.casefold() not in rows.casefold()
    assert "bees" not in rows


@pytest.mark.parametrize("step", ["ask", "confirm"])
def test_without_a_record_nothing_is_done(client: Client, alice: Tenant, monkeypatch: Any, step: str) -> None:
    from django.db import OperationalError

    def refuse(*_: Any) -> None:
        raise OperationalError("disk full")

    state = _state(_ask(client)) if step == "confirm" else ""
    _work()
    monkeypatch.setattr(appending, "_insert", refuse)
    response = _type(client, state, _mailed()) if step == "confirm" else _ask(client)
    assert response.status_code == 503
    assert not ProcrastinateJob.objects.exists()
    assert not Intake.objects.filter(verified_at__isnull=False).exists()


def test_an_address_that_nobody_proved_is_forgotten_with_its_code_and_the_rest_after_an_hour(client: Client) -> None:
    _ask(client)
    assert tasks.sweep_intakes(timestamp=0) == 0
    assert Intake.objects.get().email
    _later(minutes=16)
    tasks.sweep_intakes(timestamp=0)
    assert (Intake.objects.get().email, Intake.objects.get().narrative) == ("", "")
    _later(minutes=45)
    assert tasks.sweep_intakes(timestamp=0) == 1
    assert not Intake.objects.exists()


def test_what_was_proved_stays_but_not_what_limits_are_counted_by(client: Client) -> None:
    _asked_and_proved(client)
    _later(hours=2)
    tasks.sweep_intakes(timestamp=0)
    asked = Intake.objects.get()
    assert (asked.email, asked.address, asked.origin) == (ALICE, "", "")


def test_erasing_alice_forgets_what_she_asked_without_an_account(client: Client, alice: Tenant) -> None:
    _asked_and_proved(client)
    Intake.objects.update(email=ALICE, narrative="Forget my bees.", closed_note="Alice called.")
    forgetting.blank(alice, audit.tenant_digest(alice.user_id))
    asked = Intake.objects.get()
    assert {asked.email, asked.narrative, asked.address, asked.origin, asked.closed_note} == {""}
