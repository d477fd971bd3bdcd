"""The clock of one request: when it is due, doubts about identity, the one extension."""

from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.audit import Action
from dashboard.models import FINAL_STATES, PrivacyRequest
from dashboard.privacy import clock
from dashboard.privacy.actors import Actor
from dashboard.privacy.clock import PROFILES, Pause, Urgency
from dashboard.privacy.codes import IdentityCheck
from dashboard.privacy.moving import move, record
from dashboard.privacy.states import NotNow, Verb
from dashboard.roles import Right


def due_on(asked: PrivacyRequest) -> date | None:
    """The last day to answer; None while the clock stands."""
    return clock.due(
        asked.received_on,
        PROFILES[asked.profile],
        holidays=clock.public_holidays(settings.MEMADMIN_HOLIDAYS),
        pauses=_pauses(asked),
        extended=asked.extended_by,
    )


def urgency(asked: PrivacyRequest) -> Urgency | None:
    """How pressing a request is today; None where it has ended."""
    return None if asked.state in FINAL_STATES else clock.urgency(timezone.localdate(), asked.due_on)


def doubt_identity(asked: PrivacyRequest, by: Actor, *, reason: str) -> PrivacyRequest:
    """Ask the person to show who they are, because of reasonable doubt (Art. 12(6)); the clock stands meanwhile."""
    with transaction.atomic():
        current = _locked(asked)
        pauses = [*current.pauses, *_last_pause(current)]
        current.pauses, current.identity_asked_on, current.identity_proved_on = pauses, timezone.localdate(), None
        return move(
            asked,
            Verb.DOUBT_IDENTITY,
            by,
            note=reason,
            pauses=pauses,
            identity_asked_on=current.identity_asked_on,
            identity_proved_on=None,
            due_on=due_on(current),
        )


def confirm_identity(asked: PrivacyRequest, by: Actor, *, method: IdentityCheck) -> PrivacyRequest:
    """The person has shown who they are; the clock goes on."""
    with transaction.atomic():
        current = _locked(asked)
        current.identity_proved_on = timezone.localdate()
        return move(
            asked,
            Verb.CONFIRM_IDENTITY,
            by,
            identity_method=method.value,
            identity_label=by.label,
            identity_at=timezone.now(),
            identity_proved_on=current.identity_proved_on,
            due_on=due_on(current),
        )


def extend(asked: PrivacyRequest, by: Actor, *, units: int, reason: str) -> PrivacyRequest:
    """Extend the period once, and say that the person was told so today, with reasons (Art. 12(3)).

    Args:
        units: months (GDPR, at most two) or days (CCPA, 45).

    Raises:
        NotNow: it was extended before, or the first period is over. ValueError: an unlawful extension.
    """
    by.need(Right.APPROVE)
    if not reason.strip():
        raise NotNow("Give the reason: the person must be told it.")
    with transaction.atomic():
        current = _locked(asked)
        _check_may_extend(current)
        current.extended_by, current.extended_on = units, timezone.localdate()
        current.extension_reason = reason
        current.due_on = due_on(current)
        current.save()
        record(Action.DEADLINE_EXTENDED, current, by, note=reason, counts={"by": units})
    return current


def may_extend(asked: PrivacyRequest) -> bool:
    """Whether ``extend`` would do it today."""
    try:
        _check_may_extend(asked)
    except NotNow:
        return False
    return True


def _check_may_extend(asked: PrivacyRequest) -> None:
    if asked.state in FINAL_STATES:
        raise NotNow("This request has ended; there is nothing to extend.")
    if asked.extended_by:
        raise NotNow("This request was extended before; the law allows one extension.")
    holidays = clock.public_holidays(settings.MEMADMIN_HOLIDAYS)
    today, profile = timezone.localdate(), PROFILES[asked.profile]
    if not clock.may_extend(today, asked.received_on, profile, holidays=holidays, pauses=_pauses(asked)):
        raise NotNow("The first period is over: an extension would have had to be announced within it.")


def _locked(asked: PrivacyRequest) -> PrivacyRequest:
    return PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)


def _last_pause(asked: PrivacyRequest) -> list[list[str]]:
    """The doubt that has been settled, as it is kept when another one arises."""
    if asked.identity_asked_on is None or asked.identity_proved_on is None:
        return []
    return [[asked.identity_asked_on.isoformat(), asked.identity_proved_on.isoformat()]]


def _pauses(asked: PrivacyRequest) -> list[Pause]:
    earlier = [Pause(asked=date.fromisoformat(first), proved=date.fromisoformat(last)) for first, last in asked.pauses]
    if asked.identity_asked_on is None:
        return earlier
    return [*earlier, Pause(asked=asked.identity_asked_on, proved=asked.identity_proved_on)]
