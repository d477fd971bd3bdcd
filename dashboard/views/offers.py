"""What a member of staff is offered on a request's page: one small form for each thing they may do now."""

from dataclasses import dataclass
from typing import Any

from dashboard.models import PrivacyRequest
from dashboard.privacy import approving, deadlines, previewing
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.moving import has_begun
from dashboard.privacy.states import State, Verb, may, possible
from dashboard.privacy_forms import (
    ApproveForm,
    CancelForm,
    ExtendForm,
    FulfilForm,
    IdentityForm,
    ReasonForm,
    RefuseForm,
    StepForm,
)
from dashboard.roles import Right


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """Something that can be done with a request."""

    name: str  # of the URL that it is posted to
    button: str
    said: str  # afterwards
    form: type[StepForm] = StepForm
    verbs: tuple[Verb, ...] = ()  # any of them; none: see _also
    explanation: str = ""
    is_first: bool = False  # what the request waits for: shown open, not folded
    is_danger: bool = False


OFFERS = (
    Offer(
        name="submit-erasure",
        verbs=(Verb.SUBMIT,),
        button="Preview and ask for approval",
        said="Previewed and pinned.",
        explanation="Counts what would go in every place, pins it, and asks for approval. Nothing is erased yet.",
        is_first=True,
    ),
    Offer(
        name="approve-erasure",
        verbs=(Verb.APPROVE,),
        form=ApproveForm,
        button="Approve the erasure",
        said="Approved.",
        explanation="Everything that the preview lists goes, from every place. Nobody else is touched. "
        "This cannot be undone.",
        is_first=True,
        is_danger=True,
    ),
    Offer(
        name="confirm-identity",
        verbs=(Verb.CONFIRM_IDENTITY,),
        form=IdentityForm,
        button="Confirm the identity",
        said="The identity is confirmed, and the clock goes on.",
        is_first=True,
    ),
    Offer(
        name="resume-erasure",
        verbs=(Verb.RESUME,),
        button="Go on erasing",
        said="The worker goes on.",
        explanation="What is done stays done; the rest is tried again.",
        is_first=True,
    ),
    Offer(
        name="fulfil-request",
        verbs=(Verb.FULFIL,),
        form=FulfilForm,
        button="Close as fulfilled",
        said="Closed as fulfilled.",
        is_first=True,
    ),
    Offer(
        name="preview-erasure",
        button="Preview again",
        said="The preview is new. What was approved of an older one is approved no longer.",
        explanation="Counts again what would go, and pins that.",
    ),
    Offer(
        name="doubt-identity",
        verbs=(Verb.DOUBT_IDENTITY,),
        form=ReasonForm,
        button="Ask who the person is",
        said="The clock stands until the identity is confirmed. Ask the person today (Art. 12(6)).",
        explanation="Only where there is reasonable doubt. The clock stands meanwhile.",
    ),
    Offer(
        name="extend-deadline",
        form=ExtendForm,
        button="Extend the period",
        said="The period is longer. Tell the person today, with the reason (Art. 12(3)).",
        explanation="Once, because of complexity or the number of requests.",
    ),
    Offer(
        name="refuse-request",
        verbs=(Verb.REFUSE,),
        form=RefuseForm,
        button="Refuse the request",
        said="Refused. Tell the person why, and that they may complain or go to court (Art. 12(4)).",
        is_danger=True,
    ),
    Offer(
        name="cancel-request",
        verbs=(Verb.CANCEL,),
        form=CancelForm,
        button="Cancel the request",
        said="Cancelled. Nothing was erased.",
        explanation="For a mistake, or where the person has withdrawn it.",
    ),
)
NEXT = {
    State.AWAITING_APPROVAL: "It waits for approval now; tell a privacy officer, with the address of this page.",
    State.BLOCKED: "A hold stands against it; it goes on when that has ended.",
    State.SCHEDULED: "It starts by itself, and this page shows how far it has come.",
    State.RUNNING: "This page shows how far it has come.",
}
"""What comes next, by state."""
BY_NAME = {offer.name: offer for offer in OFFERS}


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer with its form, empty or as it was sent."""

    offer: Offer
    form: StepForm
    is_open: bool  # not folded


def done(name: str, moved: PrivacyRequest) -> str:
    """What happened, and what comes next."""
    return f"{BY_NAME[name].said} {NEXT.get(State(moved.state), '')}".strip()


def form_of(name: str, asked: PrivacyRequest, data: Any = None) -> StepForm:
    """The form of one offer."""
    return BY_NAME[name].form(data, asked=asked, auto_id=f"{name}-%s")


def offered(asked: PrivacyRequest, by: Actor, sent: tuple[str, StepForm] | None = None) -> list[Offered]:
    """What this actor can do now.

    Args:
        sent: name and form of what was sent and not done, to be corrected.
    """
    forms = dict([sent] if sent else [])
    names = _names(asked, by)
    return [
        Offered(offer, forms.get(offer.name) or form_of(offer.name, asked), offer.is_first or offer.name in forms)
        for offer in OFFERS
        if offer.name in names
    ]


def _names(asked: PrivacyRequest, by: Actor) -> set[str]:
    now = possible(State(asked.state), kind=Kind(asked.kind), started=has_begun(asked))
    verbs = {verb for verb in now if may(by.rights, verb)}
    names = {offer.name for offer in OFFERS if verbs.intersection(offer.verbs)} | _also(asked, by)
    if approving.takes_somebody_else(asked, by):
        names -= {"approve-erasure", "refuse-request"}
    return names


def _also(asked: PrivacyRequest, by: Actor) -> set[str]:
    """What changes no state."""
    names = set()
    if asked.kind == Kind.ERASURE and asked.preview and asked.state in previewing.PREVIEWED:
        names.add("preview-erasure")
    if Right.APPROVE in by.rights and deadlines.may_extend(asked):
        names.add("extend-deadline")
    return names if Right.PROPOSE in by.rights else names - {"preview-erasure"}
