"""What a killed worker left behind. The ledger says how far it came; nothing else needs to be known."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from dashboard.models import PrivacyRequest
from dashboard.privacy import queueing
from dashboard.privacy.ledger import Step
from dashboard.privacy.states import State

SILENCE = timedelta(minutes=2)
"""How long an erasure may be silent before another worker looks after it. One that is alive is left alone: ``Busy``."""
_FINISHING = {Step.FORGOTTEN.value, Step.SCRUBBED.value}


def queue_again() -> int:
    """Queue what is due or under way but silent, and the finishing of what waits for it; returns how many."""
    before = timezone.now() - SILENCE
    silent = Q(run=None) | Q(run__alive_at__lt=before)
    due = Q(state=State.SCHEDULED.value, scheduled_for__lt=before)
    under_way = Q(state__in=[State.RUNNING.value, State.VERIFYING.value])
    found = PrivacyRequest.objects.filter(silent & (due | under_way), kind="erasure").select_related("run")
    half_done = [asked for asked in found if not hasattr(asked, "run") or asked.run.step not in _FINISHING]
    for asked in half_done:
        queueing.queue(asked)
    if len(half_done) < len(found):
        queueing.queue_finishing()
    return len(found)
