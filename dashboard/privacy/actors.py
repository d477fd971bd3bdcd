"""Who moves a request: a member of staff, the person, a job, or an operator at the command line."""

from dataclasses import dataclass, replace
from typing import Self

from django.core.exceptions import PermissionDenied

from dashboard import roles
from dashboard.audit import ActorKind
from dashboard.models import Staff
from dashboard.requests import PersonRequest, StaffRequest
from dashboard.roles import Right


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody with rights, and how the audit log names them."""

    label: str
    kind: ActorKind
    rights: frozenset[Right]
    role: str  # in certificates, which name nobody
    staff: Staff | None = None
    request: StaffRequest | PersonRequest | None = None
    is_standing: bool = False  # nobody looked at this case: a setting decides all of them

    @classmethod
    def of(cls, request: StaffRequest) -> Self:
        """The member of staff who is signed in."""
        return replace(cls.member(request.user), request=request)

    @classmethod
    def member(cls, staff: Staff) -> Self:
        """A member of staff whose decision the worker carries on with."""
        names = ", ".join(sorted(staff.groups.values_list("name", flat=True)))
        return cls(
            label=staff.label,
            kind=ActorKind.STAFF,
            rights=roles.rights_of(staff),
            role=names,
            staff=staff,
        )

    @classmethod
    def person(cls, request: PersonRequest, *rights: Right) -> Self:
        """The person, on the "your data" pages; the rights are those of the one act that they may do there."""
        return cls(
            label=PersonRequest.LABEL,
            kind=ActorKind.PERSON,
            rights=frozenset(rights),
            role="the person",
            request=request,
        )

    @classmethod
    def correspondent(cls) -> Self:
        """Whoever reads the e-mail address on file, and asks without an account."""
        return cls(
            label="the person, by e-mail",
            kind=ActorKind.PERSON,
            rights=frozenset({Right.PROPOSE}),
            role="the person",
        )

    @classmethod
    def standing_decision(cls, setting: str) -> Self:
        """The controller, who has decided by a setting that what the person asks for is done."""
        return cls(
            label=f"job: {setting}=at-once",
            kind=ActorKind.JOB,
            rights=frozenset({Right.APPROVE}),
            role="standing decision of the controller",
            is_standing=True,
        )

    @classmethod
    def job(cls, name: str, *rights: Right) -> Self:
        """A background job: does what was approved, approves nothing."""
        return cls(label=f"job: {name}", kind=ActorKind.JOB, rights=frozenset(rights), role="job")

    @classmethod
    def operator(cls, name: str) -> Self:
        """Whoever has the shell: may do what an officer may, and is named."""
        return cls(
            label=f"command: {name}",
            kind=ActorKind.COMMAND,
            rights=frozenset(Right),
            role="operator at the command line",
        )

    @classmethod
    def holder(cls, label: str) -> Self:
        """Whoever placed a hold, when it takes effect later."""
        return cls(label=f"job: hold placed by {label}", kind=ActorKind.JOB, rights=frozenset({Right.HOLD}), role="job")

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF

    def is_same_person(self, staff: Staff | None, label: str) -> bool:
        """Whether this is who did something before; the label outlives the account."""
        return (self.staff is not None and staff == self.staff) or label == self.label

    def need(self, right: Right) -> None:
        """Raises PermissionDenied unless this actor has the right; checked again where the act is."""
        if right not in self.rights:
            raise PermissionDenied(f"This takes the right to {right.value}.")
