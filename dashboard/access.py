"""Who may open which scope. Only this module, the middleware and the jobs open one."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

from dashboard.models import Tenant
from dashboard.roles import Right
from memadmin.memory import ConfigurationError, MemoryScopeError, ScopedMemory, UserId, connect

ANY_STAFF = "any staff"

MOST_FOUND = 20
"""Tenants shown for one look-up."""

_View = TypeVar("_View", bound=Callable[..., Any])


def requires(right: Right) -> Callable[[_View], _View]:
    """Declare which right a view needs; ``middleware.TenantScope`` enforces it and refuses views without one."""

    def declare(view: _View) -> _View:
        view.required_right = right  # type: ignore[attr-defined]
        return view

    return declare


def any_staff(view: _View) -> _View:
    """Declare that a view is for everybody who is signed in, whatever their role."""
    view.required_right = ANY_STAFF  # type: ignore[attr-defined]
    return view


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found."""

    exact: Tenant | None
    similar: list[Tenant]  # user_ids that begin with what was typed
    more: bool  # there are further ones that are not listed


def find_tenants(typed: str) -> Found:
    """Look up a tenant by user_id or by the beginning of one.

    An id that the store knows and the directory does not is taken into the directory.

    Args:
        typed: what staff typed, without surrounding white space.

    Raises:
        InvalidUserId: what was typed cannot be (the beginning of) a user_id. StoreUnavailable.
    """
    user_id = UserId.parse(typed)
    exact = Tenant.objects.filter(user_id=user_id).first() or _discover(user_id)
    similar = list(_beginning_with(user_id)[: MOST_FOUND + 1])
    return Found(exact, similar[:MOST_FOUND], len(similar) > MOST_FOUND)


def open_scope(tenant: Tenant) -> ScopedMemory:
    """The right to touch this tenant's memories."""
    return connect().scope(tenant.user_id)


def store_label() -> str:
    """Which store the desk looks into, for the foot of the page; "" if none can be chosen."""
    try:
        return connect().label
    except ConfigurationError:
        return ""


def warm_up() -> None:
    """Open the store in the background, so that the first person does not wait for mem0 to be imported."""

    def open_store() -> None:
        with suppress(MemoryScopeError):  # whoever asks first is told
            connect().user_ids(limit=1)

    threading.Thread(target=open_store, name="open-store", daemon=True).start()


def _discover(user_id: UserId) -> Tenant | None:
    if connect().scope(user_id).count() == 0:
        return None
    return Tenant.objects.get_or_create(user_id=user_id)[0]


def _beginning_with(prefix: str) -> QuerySet[Tenant]:
    return Tenant.objects.filter(user_id__startswith=prefix).exclude(user_id=prefix).order_by("user_id")
