"""Finding a tenant by what staff have in hand: user_id, e-mail address, name, a reference of any system.

Every question walks down one index and stops after what is shown, however many tenants there are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, OrderBy, Value
from django.db.models.functions import Lower

from dashboard import access
from dashboard.models import ExternalReference, Tenant
from dashboard.privacy import lookalikes
from memadmin.memory import InvalidUserId, UserId

MOST_FOUND = 20
"""Tenants shown in one list."""

_ASKED_FOR = 2 * MOST_FOUND + lookalikes.MOST_SHOWN + 1  # of those that begin so, some are shown as exact or look-alike


@dataclass(frozen=True, slots=True)
class Match:
    """A tenant, and why they were found."""

    tenant: Tenant
    by: str  # what they were found by, for readers
    value: str  # what stands there, in full


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a look-up found."""

    exact: list[Match] = field(default_factory=list)  # several where they share an e-mail address, a name, a reference
    similar: list[Match] = field(default_factory=list)  # something of theirs begins with what was typed
    more: bool = False  # there may be further ones, who are not listed
    lookalikes: list[Tenant] = field(default_factory=list)  # may be the same person under another user_id


def find_tenants(typed: str) -> Found:
    """Look up tenants: first whom it fits entirely, then those of whom something begins so.

    Upper and lower case count in a user_id only. An id that the store knows and the directory does not is taken into
    the directory.

    Args:
        typed: what staff typed, without surrounding white space.

    Raises:
        StoreUnavailable: nobody can say whether the store knows such a user_id.
    """
    exact = _each_once([*_of_user_id(typed), *_of_desk_reference(typed), *_of_the_rest(folded=Lower(Value(typed)))])
    shown = {match.tenant for match in exact[:MOST_FOUND]}
    alike = lookalikes.of_any(shown) if shown else lookalikes.of_user_id(typed)
    beginning = [*_of_user_ids(typed), *_of_the_rest(folded__startswith=Lower(Value(typed)))]
    similar = [match for match in _each_once(beginning) if match.tenant not in shown.union(alike)]
    return Found(
        exact=exact[:MOST_FOUND],
        similar=similar[:MOST_FOUND],
        more=len(exact) > MOST_FOUND or len(similar) > MOST_FOUND or len(beginning) >= _ASKED_FOR,
        lookalikes=alike,
    )


def _of_user_id(typed: str) -> Iterator[Match]:
    try:
        user_id = UserId.parse(typed)
    except InvalidUserId:
        return
    if tenant := Tenant.objects.filter(user_id=user_id).first() or access.discover(user_id):
        yield Match(tenant, "user_id", tenant.user_id)


def _of_desk_reference(typed: str) -> Iterator[Match]:
    for tenant in Tenant.objects.filter(reference=typed.upper()):
        yield Match(tenant, "desk reference", tenant.reference)


def _of_user_ids(beginning: str) -> Iterator[Match]:
    tenants = Tenant.objects.filter(user_id__startswith=beginning)
    for tenant in tenants.order_by(_ByteByByte(F("user_id")))[:_ASKED_FOR]:
        yield Match(tenant, "user_id", tenant.user_id)


def _of_the_rest(**folded: Any) -> Iterator[Match]:
    """E-mail addresses, names and external references by what they are in lower case."""
    for by, column in (("e-mail address", "email"), ("name", "display_name")):
        tenants = Tenant.objects.exclude(**{column: ""}).alias(folded=Lower(column)).filter(**folded)
        for tenant in tenants.order_by(_ByteByByte(F("folded")))[:_ASKED_FOR]:
            yield Match(tenant, by, getattr(tenant, column))
    references = ExternalReference.objects.alias(folded=Lower("value")).filter(**folded).select_related("tenant")
    for reference in references.order_by(_ByteByByte(F("folded")))[:_ASKED_FOR]:
        yield Match(reference.tenant, "external reference", reference.value)


class _ByteByByte(OrderBy):
    """The order of the ``text_pattern_ops`` indexes: those that begin alike are read in order, not sorted."""

    template = "%(expression)s USING ~<~ /* ASC */"  # Django looks for the name of a direction


def _each_once(matches: Iterable[Match]) -> list[Match]:
    """Each tenant by the first match."""
    first: dict[int, Match] = {}
    for match in matches:
        first.setdefault(match.tenant.pk, match)
    return list(first.values())
