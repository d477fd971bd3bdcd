"""The page of one request, as several views show it."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from dashboard import audit, grounds
from dashboard.audit import Action
from dashboard.audit.rows import rows_of
from dashboard.models import PrivacyRequest
from dashboard.privacy import approving, holds, listing, lookalikes, previewing, progress
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.states import State
from dashboard.privacy_forms import MentionTermsForm, StepForm
from dashboard.requests import StaffRequest
from dashboard.roles import Right
from dashboard.views import offers
from dashboard.views.render import page
from memadmin.memory import StoreUnavailable

LONGEST_TIMELINE = 200
MOST_MENTIONS = 100


def show(
    request: StaffRequest,
    asked: PrivacyRequest,
    *,
    sent: tuple[str, StepForm] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page; looking at it is on record before it is shown.

    Args:
        sent: name and form of a step that was not done.
        problem: why it was not.
    """
    context = _whole(asked, Actor.of(request), sent)
    audit.record(
        Action.REQUEST_VIEWED,
        request=request,
        digest=asked.tenant_digest,
        purpose=str(asked.pk),
        counts={"shown": len(context["sample"])},
    )
    return page(request, "requests/show.html", {**context, "problem": problem}, status=status)


def progress_context(asked: PrivacyRequest) -> dict[str, Any]:
    """What the part that refreshes needs."""
    return {
        "asked": asked,
        "progress": progress.of(asked),
        "is_live": asked.state in progress.LIVE,
        "cooling_off": asked.scheduled_for is not None and asked.scheduled_for > timezone.now(),
    }


def _whole(asked: PrivacyRequest, by: Actor, sent: tuple[str, StepForm] | None) -> dict[str, Any]:
    return {
        "asked": asked,
        "offered": offers.offered(asked, by, sent),
        "is_own": asked.state == State.AWAITING_APPROVAL and approving.takes_somebody_else(asked, by),
        "ground": grounds.in_words(asked.ground),
        **_of_the_erasure(asked),
        **_of_the_person(asked),
        **_mentions(asked, by),
        **_timeline(asked, by),
    }


def _of_the_erasure(asked: PrivacyRequest) -> dict[str, Any]:
    certificate = getattr(asked, "certificate", None)
    return {**progress_context(asked), "certificate": certificate, "is_erasure": asked.kind == Kind.ERASURE}


def _of_the_person(asked: PrivacyRequest) -> dict[str, Any]:
    """Nothing, once they were erased."""
    if asked.tenant is None:
        return {"holds": [], "lookalikes": [], "sample": []}
    found = {"holds": list(holds.active(asked.tenant)), "lookalikes": lookalikes.of(asked.tenant)}
    if not asked.preview or asked.state not in previewing.PREVIEWED:
        return {**found, "sample": []}
    try:
        return {**found, "sample": previewing.sample(asked)}
    except StoreUnavailable:
        return {**found, "sample": [], "sample_missing": True}


def _mentions(asked: PrivacyRequest, by: Actor) -> dict[str, Any]:
    mentions = list(asked.mentions.select_related("tenant").order_by("decision", "pk")[: MOST_MENTIONS + 1])
    may_decide = Right.ERASE in by.rights
    return {
        "mentions": mentions[:MOST_MENTIONS],
        "more_mentions": len(mentions) > MOST_MENTIONS,
        "may_decide": may_decide,
        "mention_form": MentionTermsForm() if may_decide and asked.tenant and asked.kind == Kind.ERASURE else None,
    }


def _timeline(asked: PrivacyRequest, by: Actor) -> dict[str, Any]:
    if Right.READ_AUDIT not in by.rights:
        return {}
    events = listing.events(asked, most=LONGEST_TIMELINE)
    return {"timeline": rows_of(events), "longest_timeline": LONGEST_TIMELINE}
