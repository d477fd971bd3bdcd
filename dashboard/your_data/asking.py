"""What the person asks staff for, or has the desk do by the controller's standing decision."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard import turns
from dashboard.audit import Action
from dashboard.models import FINAL_STATES, Certificate, ErasureRun, Freeze, PersonSession, PrivacyRequest, Tenant
from dashboard.privacy import approving, moving, opening, previewing
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, IdentityCheck, Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.states import State, Verb, allowed
from dashboard.requests import PersonRequest
from dashboard.roles import Right
from dashboard.your_data.acts import ASKED_AS, Act, Way, way

WITHDRAWN = "Withdrawn by the person."
AGREED_FOR = timedelta(days=30)
"""How long a copy can be made after staff have fulfilled the request for one."""
SETTING = "MEMADMIN_YOUR_DATA_FORGET_EVERYTHING"


def requests_of(person: PersonSession) -> QuerySet[PrivacyRequest]:
    """Everything that was ever asked for in this person's name, newest first; also after they were erased."""
    return PrivacyRequest.objects.filter(tenant_digest=person.tenant_digest).select_related("tenant")


def certificates_of(person: PersonSession) -> QuerySet[Certificate]:
    """The certificates of this person's erasures, newest first."""
    return Certificate.objects.filter(tenant_digest=person.tenant_digest)


def last_erasure(person: PersonSession) -> PrivacyRequest | None:
    """The request by which everything of this person was erased before, if there is one; the newest."""
    ended = [State.COMPLETED.value, State.COMPLETED_WITH_RESIDUE.value]
    return requests_of(person).filter(kind=Kind.ERASURE.value, state__in=ended).first()


def verdict_of(asked: PrivacyRequest | None) -> dict[str, Any]:
    """What the search after an erasure found; empty where nobody has searched."""
    run = ErasureRun.objects.filter(request=asked).first() if asked else None
    return run.verdict if run else {}


def is_being_erased(tenant: Tenant) -> bool:
    """Whether agents store nothing of this person at the moment, because everything goes."""
    return Freeze.objects.filter(user_id=tenant.user_id).exists()


def may_download(person: PersonSession) -> bool:
    """Whether a copy is made at once: by the setting, or for a month after staff have agreed to it.

    Likewise as long as nothing is remembered: then it holds what these pages show anyway, requests and who looked.
    """
    if way(Act.DOWNLOAD) is Way.ASK and person.tenant is None:
        return True
    if way(Act.DOWNLOAD) is not Way.ASK:
        return way(Act.DOWNLOAD) is Way.AT_ONCE
    agreed = requests_of(person).filter(kind=Kind.ACCESS.value, state=State.COMPLETED.value)
    return agreed.filter(ended_at__gt=timezone.now() - AGREED_FOR).exists()


def own_words(asked: PrivacyRequest) -> str:
    """What the person wrote on these pages; "" where it was noted by staff or came without an account."""
    is_own = asked.channel == Channel.PERSON and asked.identity_method == IdentityCheck.SIGNED_IN
    return asked.narrative if is_own else ""


def open_about(person: PersonSession, memory_id: str) -> QuerySet[PrivacyRequest]:
    """What is open about one memory."""
    return requests_of(person).filter(memory_id=memory_id).exclude(state__in=FINAL_STATES)


def erasure_under_way(person: PersonSession) -> QuerySet[PrivacyRequest]:
    """The erasure of everything that is open, if there is one."""
    return requests_of(person).filter(kind=Kind.ERASURE.value).exclude(state__in=FINAL_STATES)


def ask(request: PersonRequest, act: Act, *, narrative: str = "", memory_id: str = "") -> PrivacyRequest:
    """Open a request for staff; what is said again is added to one that is open for the same.

    Raises:
        NotNow: an erasure is open already. AuditUnavailable: nothing was asked.
    """
    kind = ASKED_AS[act]
    with transaction.atomic():
        turns.take(f"{kind.value} for {request.person.tenant_digest}")  # two clicks open one request
        if same := open_about(request.person, memory_id).filter(kind=kind.value).first():
            return _added(request, same, narrative)
        return _open(request, _asked(kind, memory_id=memory_id, narrative=narrative))


def forget_everything(request: PersonRequest, *, ground: str, narrative: str = "") -> PrivacyRequest:
    """Ask for everything to be erased: approved by the controller's standing decision where the setting says so.

    A hold blocks it either way, and a cooling-off is kept.

    Raises:
        NotNow: an erasure is open already. StoreUnavailable: it is asked for, but not previewed yet.
    """
    return _submitted(request, _open(request, _asked(Kind.ERASURE, ground=ground, narrative=narrative)))


def can_try_again(asked: PrivacyRequest) -> bool:
    """Whether the person can have it go on: an erasure that failed, or one of theirs that could not be previewed."""
    return _waits_for_preview(asked) or allowed(State(asked.state), Verb.RESUME, kind=Kind(asked.kind))


def _waits_for_preview(asked: PrivacyRequest) -> bool:
    """Asked for on these pages, by a person who was signed in, while the store was down."""
    theirs = asked.channel == Channel.PERSON and asked.identity_method == IdentityCheck.SIGNED_IN
    is_allowed = way(Act.FORGET_EVERYTHING) is not Way.OFF
    return theirs and is_allowed and asked.kind == Kind.ERASURE and asked.state == State.RECEIVED


def _submitted(request: PersonRequest, asked: PrivacyRequest) -> PrivacyRequest:
    submitted = previewing.submit(asked, Actor.person(request, Right.PROPOSE))
    if way(Act.FORGET_EVERYTHING) is not Way.AT_ONCE or submitted.state != State.AWAITING_APPROVAL:
        return submitted
    standing = Actor.standing_decision(SETTING)
    return approving.approve(submitted, standing, digest=submitted.pinned_digest, reference=submitted.reference)


def withdraw(request: PersonRequest, asked: PrivacyRequest) -> PrivacyRequest:
    """Take a request back before anything was erased. Raises NotNow."""
    return approving.cancel(asked, Actor.person(request, Right.REFUSE), reason=WITHDRAWN)


def try_again(request: PersonRequest, asked: PrivacyRequest) -> PrivacyRequest:
    """Have an erasure go on that stopped with an error, or that the store was down for.

    Raises:
        NotNow; PermissionDenied: it has to be approved anew. StoreUnavailable: it cannot be previewed yet.
    """
    if _waits_for_preview(asked):
        return _submitted(request, asked)
    return approving.resume(asked, Actor.person(request, Right.ERASE))


def _asked(kind: Kind, *, ground: str = "", narrative: str = "", memory_id: str = "") -> Asked:
    """By the person, who is signed in to their account at the host application."""
    return Asked(
        kind=kind,
        channel=Channel.PERSON,
        identity=IdentityCheck.SIGNED_IN,
        ground=ground,
        narrative=narrative,
        memory_id=memory_id,
    )


def _added(request: PersonRequest, same: PrivacyRequest, narrative: str) -> PrivacyRequest:
    current = PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=same.pk)
    if narrative and f"\n\n{narrative}\n\n" not in f"\n\n{current.narrative}\n\n":  # whole paragraphs
        opening.add_words(current, narrative)
        moving.record(Action.REQUEST_ADDED_TO, current, Actor.person(request), note=narrative)
    return current


def _open(request: PersonRequest, asked: Asked) -> PrivacyRequest:
    return opening.open_request(request.tenant, Actor.person(request, Right.PROPOSE), asked)
