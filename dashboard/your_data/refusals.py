"""Tokens and forms that are refused, on record; but of one client only so many: nobody floods the audit log."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action, Outcome
from dashboard.models import AuditEvent
from dashboard.your_data.intake_rules import network
from dashboard.your_data.tokens import Fault

MOST, WITHIN = 20, timedelta(minutes=10)
"""Refusals of one client that are recorded, and over which time; one more event says that there were others."""
_LOOKED_AT = 1_000
"""Newest refusals of everybody among which those of one client are counted: the same cost under a flood."""


def record(request: HttpRequest, fault: Fault) -> bool:
    """Record that a token was refused. Who brings a good one afterwards comes in all the same.

    Returns:
        whether this one is on record; False: the client has had too many.

    Raises:
        AuditUnavailable.
    """
    return note(request, Action.YOUR_DATA_REFUSED, fault.value)


def note(request: HttpRequest, action: Action, fault: str) -> bool:
    """Record a refusal to somebody who needs no account and no visit to be refused.

    Args:
        action: what is counted together. fault: why; goes into the event.

    Returns, Raises: as :func:`record`.
    """
    before = _of_this_client(request, action)
    if before > MOST:
        return False
    said = fault if before < MOST else Fault.TOO_OFTEN.value
    audit.record(action, request=request, outcome=Outcome.REFUSED, counts={"fault": said})
    return before < MOST


def _of_this_client(request: HttpRequest, action: Action) -> int:
    client, since = network(audit.client_address(request)), timezone.now() - WITHIN
    refusals = AuditEvent.objects.filter(action=action.value, counts_json__contains='"fault"').order_by("-seq")
    newest = refusals.values_list("at", "ip")[:_LOOKED_AT]  # without what staff were denied
    return sum(at > since and network(ip) == client for at, ip in newest)
