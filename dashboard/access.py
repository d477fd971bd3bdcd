"""Who may open which scope. Only this module, the middleware and the jobs open one."""

import threading
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any, TypeVar

from dashboard.models import Tenant
from dashboard.roles import Right
from memadmin.memory import ConfigurationError, ErasureScope, MemoryScopeError, ScopedMemory, UserId, connect

ANY_STAFF = "any staff"

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


def without_purpose(view: _View) -> _View:
    """Declare that a tenant view shows nothing of the tenant's content and needs no stated purpose."""
    view.needs_purpose = False  # type: ignore[attr-defined]
    return view


class Visit(StrEnum):
    """What a page for the person needs; ``person_middleware.PersonScope`` enforces it."""

    NONE = "none"  # for whoever comes; shows nothing of anybody
    WITHOUT_ACCOUNT = (
        "without account"  # likewise, where MEMADMIN_INTAKE is on; a visit in this browser is not looked at
    )
    NUMBERS = "numbers"  # a visit that lasts; shows how far something has come, and nothing of anybody's memories
    BEGUN = "begun"  # a visit that lasts; ``request.memory`` is there if ``request.person.tenant`` is
    WITH_MEMORIES = "with memories"  # a visit of somebody about whom something is remembered


def for_person(visit: Visit) -> Callable[[_View], _View]:
    """Declare that a view is for the person, not for staff: a staff session counts for nothing there."""

    def declare(view: _View) -> _View:
        view.for_person = visit  # type: ignore[attr-defined]
        view.login_required = False  # type: ignore[attr-defined]  # read by Django's LoginRequiredMiddleware
        return view

    return declare


def discover(user_id: UserId) -> Tenant | None:
    """Take a tenant into the directory whom the store knows already; None if it knows nobody of that user_id.

    Raises:
        StoreUnavailable.
    """
    if connect().scope(user_id).count() == 0:
        return None
    return Tenant.objects.get_or_create(user_id=user_id)[0]


def open_scope(tenant: Tenant) -> ScopedMemory:
    """The right to touch this tenant's memories."""
    return connect().scope(tenant.user_id)


def open_scope_for_erasure(tenant: Tenant) -> ErasureScope:
    """The right to erase this tenant, piece by piece. For ``dashboard.privacy`` only."""
    return connect().scope_for_erasure(tenant.user_id)


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
