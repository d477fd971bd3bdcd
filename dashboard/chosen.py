"""Memories that were ticked in a list, kept in the session by name: too many for an address, and nothing but ids."""

import secrets

from dashboard.requests import TenantRequest

MOST_KEPT = 3
"""Selections of one session; the oldest makes room for the next."""
_KEPT = "chosen"


def keep(request: TenantRequest, memory_ids: list[str]) -> str:
    """Keep a selection for this tenant; returns its name."""
    name = secrets.token_urlsafe(12)
    earlier = list(_all(request).items())[1 - MOST_KEPT :]
    request.session[_KEPT] = {**dict(earlier), name: [request.tenant.reference, memory_ids]}
    return name


def kept(request: TenantRequest, name: str) -> list[str]:
    """The selection; empty if it is another tenant's, or gone."""
    reference, memory_ids = _all(request).get(name, ("", []))
    return memory_ids if reference == request.tenant.reference else []


def drop(request: TenantRequest, memory_ids: list[str]) -> None:
    """Forget the selections that any of these was in: they are done with."""
    left = {name: one for name, one in _all(request).items() if set(memory_ids).isdisjoint(one[1])}
    request.session[_KEPT] = left


def _all(request: TenantRequest) -> dict[str, tuple[str, list[str]]]:
    selections: dict[str, tuple[str, list[str]]] = request.session.get(_KEPT, {})
    return selections
