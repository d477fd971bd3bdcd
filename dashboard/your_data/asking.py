"""What the person asks staff for, or has the desk do by the controller's standing decision."""

from django.db import transaction
from django.db.models import QuerySet

from dashboard import turns
from dashboard.audit import Action
from dashboard.models import FINAL_STATES, Certificate, Freeze, PersonSession, PrivacyRequest, Tenant
from dashboard.privacy import approving, moving, opening, previewing
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, IdentityCheck, Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.states import State
from dashboard.requests import PersonRequest
from dashboard.roles import Right
from dashboard.your_data.acts import ASKED_AS, Act, Way, way

SETTING = "MEMADMIN_YOUR_DATA_FORGET_EVERYTHING"


def requests_of(person: PersonSession) -> QuerySet[PrivacyRequest]:
    """Everything that was ever asked for in this person's name, newest first; also after they were erased."""
    return PrivacyRequest.objects.filter(tenant_digest=person.tenant_digest).select_related("tenant")


def certificates_of(person: PersonSession) -> QuerySet[Certificate]:
    """The certificates of this person's erasures, newest first."""
    return Certificate.objects.filter(tenant_digest=person.tenant_digest)


def was_erased(person: PersonSession) -> bool:
    """Whether everything of this person was erased before; the certificate follows within minutes."""
    return requests_of(person).filter(kind=Kind.ERASURE.value, state=State.COMPLETED.value).exists()


def is_being_erased(tenant: Tenant) -> bool:
    """Whether agents store nothing of this person at the moment, because everything goes."""
    return Freeze.objects.filter(user_id=tenant.user_id).exists()


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
    asked = _open(request, _asked(Kind.ERASURE, ground=ground, narrative=narrative))
    submitted = previewing.submit(asked, Actor.person(request, Right.PROPOSE))
    if way(Act.FORGET_EVERYTHING) is not Way.AT_ONCE or submitted.state != State.AWAITING_APPROVAL:
        return submitted
    standing = Actor.standing_decision(SETTING)
    return approving.approve(submitted, standing, digest=submitted.pinned_digest, reference=submitted.reference)


def withdraw(request: PersonRequest, asked: PrivacyRequest) -> PrivacyRequest:
    """Take a request back before anything was erased. Raises NotNow."""
    return approving.cancel(asked, Actor.person(request, Right.REFUSE), reason="Withdrawn by the person.")


def try_again(request: PersonRequest, asked: PrivacyRequest) -> PrivacyRequest:
    """Have an erasure that stopped with an error go on. Raises NotNow; PermissionDenied: it has to be approved anew."""
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
    if narrative and narrative not in current.narrative:
        opening.add_words(current, narrative)
        moving.record(Action.REQUEST_ADDED_TO, current, Actor.person(request), note=narrative)
    return current


def _open(request: PersonRequest, asked: Asked) -> PrivacyRequest:
    return opening.open_request(request.tenant, Actor.person(request, Right.PROPOSE), asked)
