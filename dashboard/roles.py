"""Roles: groups over one enum of rights. Being a Django superuser adds nothing here."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from dashboard.models import Staff


class Right(StrEnum):
    """What a member of staff may do in the desk."""

    LOOK_UP = "look up tenants"
    BROWSE = "browse memories"
    SEARCH = "search memories"
    PROPOSE = "propose changes"
    RECTIFY = "rectify memories"
    ERASE = "erase memories"
    APPROVE = "approve requests"
    REFUSE = "refuse requests"
    HOLD = "place holds"
    READ_AUDIT = "read the audit log"
    READ_CERTIFICATES = "read certificates"
    REVIEW_FLAGS = "review flags on unusual behaviour"
    MANAGE_ACCOUNTS = "manage accounts"
    MANAGE_STORES = "manage stores"
    MANAGE_SETTINGS = "manage settings"


class Role(StrEnum):
    """A group of staff; the value is the group's name."""

    SUPPORT = "support"
    PRIVACY_OFFICER = "privacy officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.SUPPORT: frozenset({Right.LOOK_UP, Right.BROWSE, Right.SEARCH, Right.PROPOSE}),
    Role.PRIVACY_OFFICER: frozenset(
        {
            Right.LOOK_UP,
            Right.BROWSE,
            Right.SEARCH,
            Right.PROPOSE,
            Right.RECTIFY,
            Right.ERASE,
            Right.APPROVE,
            Right.REFUSE,
            Right.HOLD,
            Right.READ_AUDIT,
            Right.READ_CERTIFICATES,
            Right.REVIEW_FLAGS,
        }
    ),
    Role.AUDITOR: frozenset({Right.READ_AUDIT, Right.READ_CERTIFICATES}),
    Role.ADMINISTRATOR: frozenset({Right.MANAGE_ACCOUNTS, Right.MANAGE_STORES, Right.MANAGE_SETTINGS}),
}


def rights_of_groups(names: set[str]) -> frozenset[Right]:
    """Everything that the groups of these names grant; unknown names grant nothing."""
    return frozenset().union(*(RIGHTS[role] for role in Role if role.value in names))


def rights_of(user: "Staff | AnonymousUser") -> frozenset[Right]:
    """What this member of staff may do; nothing if not signed in or deactivated."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return rights_of_groups(set(user.groups.values_list("name", flat=True)))


def ensure_groups(**_: Any) -> None:
    """Create the groups after migrations."""
    from django.contrib.auth.models import Group  # noqa: PLC0415 - at import the apps are not loaded

    for role in Role:
        Group.objects.get_or_create(name=role.value)
