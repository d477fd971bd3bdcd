"""The daily reminder: which requests are due within a week or overdue. Names nobody."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from dashboard.models import FINAL_STATES, PrivacyRequest

AHEAD = timedelta(days=7)


def pressing(today: date) -> list[PrivacyRequest]:
    """Open requests that are overdue or due within a week, the most urgent first; not those whose clock stands."""
    still_open = PrivacyRequest.objects.exclude(state__in=FINAL_STATES)
    return list(still_open.filter(due_on__lte=today + AHEAD).order_by("due_on", "reference"))


def remind() -> int:
    """Write to MEMADMIN_PRIVACY_EMAIL, if there is somebody and something to remind of; returns how many requests.

    Raises:
        OSError: the mail server did not take it.
    """
    today = timezone.localdate()
    if not settings.MEMADMIN_PRIVACY_EMAIL or not (requests := pressing(today)):
        return 0
    send_mail(
        subject=subject(requests, today),
        message=message(requests, today),
        from_email=None,
        recipient_list=settings.MEMADMIN_PRIVACY_EMAIL,
    )
    return len(requests)


def subject(requests: Sequence[PrivacyRequest], today: date) -> str:
    """The numbers in a line."""
    overdue = sum(asked.due_on < today for asked in requests if asked.due_on)
    return f"Privacy requests: {overdue} overdue, {len(requests) - overdue} due within {AHEAD.days} days"


def message(requests: Sequence[PrivacyRequest], today: date) -> str:
    """One line a request: reference, kind, date. Who it is, is on the desk."""
    lines = [f"{asked.reference}  {asked.kind:<13}  {_due(asked, today)}" for asked in requests]
    return "\n".join(["These requests have to be answered:", "", *lines, "", "Look them up at the privacy desk.", ""])


def _due(asked: PrivacyRequest, today: date) -> str:
    assert asked.due_on is not None  # noqa: S101 - chosen by it
    return f"due on {asked.due_on}" if asked.due_on >= today else f"OVERDUE since {asked.due_on}"
