"""Requests without an account: an e-mail address, proved with a code, in place of a token of the host application.

Until the code was typed nothing here depends on whether anybody is known, and nobody is looked up. Rules:
``intake_rules.py``; the mail: ``intake_mail.py``.
"""

import hashlib
import hmac
import uuid
from contextlib import suppress
from datetime import date

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from procrastinate.contrib.django import app

from dashboard import audit, turns
from dashboard.audit import Action
from dashboard.audit.digests import derived_key
from dashboard.models import Intake, PrivacyRequest, Tenant
from dashboard.privacy import clock, listing, moving, opening
from dashboard.privacy.actors import Actor
from dashboard.privacy.clock import PROFILES
from dashboard.privacy.codes import Channel, IdentityCheck, Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.states import NotNow
from dashboard.roles import Right
from dashboard.your_data import intake_mail, refusals
from dashboard.your_data.intake_rules import (
    ATTEMPTS,
    KEPT,
    LIFETIME,
    MOST_FORMS,
    MOST_MAILS,
    Verdict,
    draw,
    judge,
    network,
)

_SALT = "request without an account"
RECEIVED_NOTE = "By e-mail, without an account."


class TooOften(Exception):
    """This client has sent the form too often within an hour."""


def ask(request: HttpRequest, *, email: str, kind: Kind, narrative: str = "", ground: str = "") -> Intake:
    """Take in what somebody asks for, and have a code sent to the address; the same for every address.

    Args:
        email: valid; the language of the mail is the one that is active now.

    Raises:
        TooOften: the refusal is on record. AuditUnavailable: nothing was asked.
    """
    origin = _digest("client", network(audit.client_address(request)))
    try:
        with transaction.atomic():
            _check_share(origin)
            asked = Intake.objects.create(
                email=email,
                address=_digest("e-mail address", email.casefold()),
                origin=origin,
                kind=kind.value,
                ground=ground,
                narrative=narrative,
                language=translation.get_language() or settings.LANGUAGE_CODE,
                expires_at=timezone.now() + LIFETIME,
            )
            app.configure_task("dashboard.tasks.send_intake_code").defer(intake_id=str(asked.pk))
            audit.record(Action.INTAKE_ASKED, request=request)
    except TooOften:
        _refuse(request, "too-often")
        raise
    return asked


def send_code(intake_id: str) -> bool:
    """Draw a code, which stands nowhere else, and send it; tried again, another one.

    Returns:
        whether it was sent: not if the address has had its share, and not if nobody can be waiting any more.

    Raises:
        NotSent
    """
    with transaction.atomic():
        unproved = Intake.objects.filter(verified_at=None, expires_at__gt=timezone.now(), attempts__lt=ATTEMPTS)
        asked = unproved.exclude(email="").select_for_update().filter(pk=intake_id).first()
        if asked is None or _has_had_its_share(asked):
            return False
        code = draw()
        asked.code, asked.expires_at = _code_digest(asked, code), timezone.now() + LIFETIME
        asked.save()
    intake_mail.send(code, to=asked.email, language=asked.language)
    return True


def sealed(asked: Intake) -> str:
    """What the page with the code hands back: which request it is about."""
    return signing.dumps(str(asked.pk), salt=_SALT)


def unsealed(text: str) -> uuid.UUID:
    """Raises BadSignature: made up, or too old."""
    return uuid.UUID(signing.loads(text, salt=_SALT, max_age=KEPT))


def confirm(request: HttpRequest, intake_id: uuid.UUID, code: str) -> Verdict:
    """Somebody types a code. The right one makes it a request of the one person with this address, else staff's.

    Raises:
        AuditUnavailable: it does not count as typed.
    """
    with transaction.atomic():
        asked = Intake.objects.select_for_update().filter(pk=intake_id).first()
        verdict = _judged(asked, code) if asked else Verdict.DEAD
        if asked is None or verdict is not Verdict.RIGHT:
            _refuse(request, verdict.value)
            return verdict
        asked.verified_at = timezone.now()
        asked.save()
        audit.record(Action.INTAKE_VERIFIED, request=request)
        _bring_to_its_person(asked)
    return verdict


def answer_by() -> date:
    """Until when somebody who asks today gets an answer; the same for everybody."""
    return _last_day(timezone.localdate())


def due_on(asked: Intake) -> date:
    """Until when an answer was promised, once the address was proved."""
    return _last_day(timezone.localdate(asked.verified_at))


def waiting() -> QuerySet[Intake]:
    """What is proved and belongs to nobody yet, oldest first: for staff."""
    return Intake.objects.filter(verified_at__isnull=False, closed_at=None).order_by("verified_at")


def route(asked: Intake, tenant: Tenant, by: Actor) -> PrivacyRequest:
    """Make it a request of this person; that they asked it themselves is proved only by their own address.

    Raises:
        NotNow: somebody was faster. PermissionDenied. AuditUnavailable: nothing was done.
    """
    by.need(Right.PROPOSE)
    with transaction.atomic():
        return _make_request(_still_open(asked), tenant, by)


def close(asked: Intake, by: Actor, *, note: str) -> None:
    """It was answered without becoming a request.

    Args:
        note: what was answered.

    Raises:
        NotNow: somebody was faster. PermissionDenied. AuditUnavailable: nothing was done.
    """
    by.need(Right.PROPOSE)
    with transaction.atomic():
        current = _still_open(asked)
        current.closed_note = note
        _settle(current, by)
        audit.record(Action.INTAKE_CLOSED, request=by.request, reason=note)


def sweep() -> int:
    """Forget addresses and words for which no code was typed in time, and after an hour that there was anything.

    Returns:
        how many were deleted.
    """
    now = timezone.now()
    unproved, an_hour_ago = Intake.objects.filter(verified_at=None), now - KEPT
    unproved.filter(expires_at__lt=now).exclude(email="", narrative="").update(email="", narrative="")
    counted_no_more = Intake.objects.filter(asked_at__lt=an_hour_ago).exclude(address="", origin="")
    counted_no_more.update(address="", origin="")
    return unproved.filter(asked_at__lt=an_hour_ago).delete()[0]


def _judged(asked: Intake, code: str) -> Verdict:
    verdict = judge(
        fits=constant_time_compare(asked.code, _code_digest(asked, code)),
        attempts=asked.attempts,
        in_time=asked.expires_at > timezone.now(),
        verified=asked.verified_at is not None,
    )
    asked.attempts = min(asked.attempts + 1, ATTEMPTS)
    asked.save(update_fields=["attempts"])
    return verdict


def _bring_to_its_person(asked: Intake) -> None:
    folded = Lower(Value(asked.email))
    people = list(Tenant.objects.exclude(email="").alias(folded=Lower("email")).filter(folded=folded)[:2])
    if len(people) == 1 and _is_address_of(asked, people[0]):  # the database folds some other letters into ASCII ones
        with suppress(NotNow):  # staff find out why
            _make_request(asked, people[0], Actor.correspondent())


def _make_request(asked: Intake, tenant: Tenant, by: Actor) -> PrivacyRequest:
    made = _added_to_open_erasure(asked, tenant) or opening.open_request(tenant, by, _as_asked(asked, tenant))
    asked.request = made
    _settle(asked, by)
    moving.record(Action.INTAKE_ROUTED, made, by)
    return made


def _added_to_open_erasure(asked: Intake, tenant: Tenant) -> PrivacyRequest | None:
    """There is one erasure of a person at a time: what they say now is added to what was said then.

    A stranger's words are not: ``opening`` refuses a second erasure, and staff see to it.
    """
    if asked.kind != Kind.ERASURE or not _is_address_of(asked, tenant):
        return None
    made = listing.queue().select_for_update().filter(tenant=tenant, kind=Kind.ERASURE.value).first()
    if made is not None:
        opening.add_words(made, asked.narrative)
    return made


def _as_asked(asked: Intake, tenant: Tenant) -> Asked:
    proved = _is_address_of(asked, tenant)
    return Asked(
        kind=Kind(asked.kind),
        channel=Channel.PERSON,
        ground=asked.ground,
        narrative=asked.narrative,
        received_on=timezone.localdate(asked.verified_at),
        received_note=_received_note(asked, proved=proved),
        identity=IdentityCheck.CONTACT if proved else IdentityCheck.NONE,
    )


def _received_note(asked: Intake, *, proved: bool) -> str:
    """For staff alone: where to, if the answer was promised to another address than the person's."""
    return RECEIVED_NOTE if proved else f"{RECEIVED_NOTE} Answer to {asked.email}."


def _is_address_of(asked: Intake, tenant: Tenant) -> bool:
    """Whether the code went to this person's mailbox.

    Only ASCII letters are compared whatever their case: "K", the Kelvin sign, and "k" are the same letter to Unicode,
    but two mailboxes.
    """
    one, other = tenant.email, asked.email
    return bool(one) and (one == other or (one.isascii() and other.isascii() and one.lower() == other.lower()))


def _last_day(received: date) -> date:
    holidays = clock.public_holidays(settings.MEMADMIN_HOLIDAYS)
    last = clock.due(received, PROFILES[settings.MEMADMIN_CLOCK], holidays=holidays)
    assert last is not None  # noqa: S101 - nothing suspends it
    return last


def _settle(asked: Intake, by: Actor) -> None:
    asked.email = asked.narrative = ""
    asked.closed_at, asked.closed_label = timezone.now(), by.label
    asked.save()


def _still_open(asked: Intake) -> Intake:
    current = waiting().select_for_update().filter(pk=asked.pk).first()
    if current is None:
        raise NotNow("Somebody has dealt with this already.")
    return current


def _check_share(origin: str) -> None:
    turns.take(f"intake {origin}")  # of a hundred at the same moment, none is counted before the one ahead of it
    if Intake.objects.filter(origin=origin, asked_at__gt=timezone.now() - KEPT).count() >= MOST_FORMS:
        raise TooOften


def _has_had_its_share(asked: Intake) -> bool:
    turns.take(f"intake {asked.address}")
    same = Intake.objects.filter(address=asked.address, asked_at__gt=timezone.now() - KEPT).exclude(pk=asked.pk)
    return same.exclude(code="").count() >= MOST_MAILS


def _code_digest(asked: Intake, code: str) -> str:
    return _digest("code", f"{asked.pk} {code}")


def _digest(of: str, text: str) -> str:
    return hmac.new(derived_key(f"intake {of}"), text.encode(), hashlib.sha256).hexdigest()


def _refuse(request: HttpRequest, fault: str) -> None:
    refusals.note(request, Action.INTAKE_REFUSED, fault)
