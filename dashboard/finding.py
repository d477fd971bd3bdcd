"""Finding a tenant by what staff have in hand: user_id, e-mail address, name, a reference of any system.

Every question walks down one index and stops after what is shown, however many tenants there are. Only words of a name
with others between them take a second walk, which stops, too, and "ü" is looked for as "u" and as "ue".
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, OrderBy, Q, Value
from django.db.models.functions import Lower

from dashboard import access
from dashboard.models import ExternalReference, Tenant
from dashboard.models.names import NameKey, fold, spellings
from dashboard.models.tenant import likeness
from dashboard.privacy import lookalikes
from memadmin.memory import InvalidUserId, UserId

MOST_FOUND = 20
"""Tenants shown in one list."""

_ASKED_FOR = 2 * MOST_FOUND + lookalikes.MOST_SHOWN + 1  # of those that begin so, some are shown as exact or look-alike
_FEWEST_OF_A_REFERENCE = 5  # characters, without dashes: with fewer, a short name is the beginning of somebody's
_COMPARED = 1_000  # names with one of the typed words that are looked through for the others; 2 ms


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
    similar: list[Match] = field(default_factory=list)  # something of theirs, or a word of the name, begins with it
    more: bool = False  # there may be further ones, who are not listed
    lookalikes: list[Match] = field(default_factory=list)  # may be the same person under another user_id, and as whom


def find_tenants(typed: str) -> Found:
    """Look up tenants: first whom it fits entirely, then those of whom something begins so.

    Upper and lower case count in a user_id only; accents, ue for ü and the order of words do not count in a name. An id
    that the store knows and the directory does not is taken into the directory.

    Args:
        typed: what staff typed, without surrounding white space.

    Raises:
        StoreUnavailable: nobody can say whether the store knows such a user_id.
    """
    exact = _each_once([*_of_user_id(typed), *_of_desk_reference(typed, whole=True), *_entirely(typed)])
    beginning = [*_of_user_ids(typed), *_beginning(typed)]
    apart, cut = _of_words_apart(typed)
    shown = {match.tenant for match in exact[:MOST_FOUND]}
    similar = _without(_each_once([*beginning, *apart]), shown)
    alike = _alike(typed, shown, [match.tenant for match in similar[:MOST_FOUND]])
    similar = _without(similar, {match.tenant for match in alike})
    return Found(
        exact=exact[:MOST_FOUND],
        similar=similar[:MOST_FOUND],
        more=cut or max(len(exact), len(similar)) > MOST_FOUND or len(beginning) >= _ASKED_FOR,
        lookalikes=alike,
    )


def _alike(typed: str, exact: Collection[Tenant], similar: list[Tenant]) -> list[Match]:
    """Look-alikes of whom it fits entirely, or of what was typed, come before those of the others."""
    meant = {tenant.likeness: tenant.user_id for tenant in exact} or {likeness(typed): typed}
    listed = {tenant.likeness: tenant.user_id for tenant in similar}
    found = lookalikes.of_listed(meant, exact, similar)
    return [Match(tenant, "like", (listed | meant)[tenant.likeness]) for tenant in found]


def _without(matches: list[Match], tenants: Collection[Tenant]) -> list[Match]:
    return [match for match in matches if match.tenant not in tenants]


def _of_user_id(typed: str) -> Iterator[Match]:
    try:
        user_id = UserId.parse(typed)
    except InvalidUserId:
        return
    if tenant := Tenant.objects.filter(user_id=user_id).first() or access.discover(user_id):
        yield Match(tenant, "user_id", tenant.user_id)


def _of_desk_reference(typed: str, *, whole: bool) -> Iterator[Match]:
    """By a desk reference or its beginning, in any case, with and without dashes."""
    bare = typed.replace("-", "").replace(" ", "").upper()
    if len(bare) < _FEWEST_OF_A_REFERENCE:
        return
    reference = "-".join(part for part in (bare[:4], bare[4:8], bare[8:]) if part)
    fitting = Q(reference=reference) if whole else Q(reference__startswith=reference)
    for tenant in Tenant.objects.filter(fitting).order_by("reference")[:_ASKED_FOR]:
        yield Match(tenant, "desk reference", tenant.reference)


def _of_user_ids(beginning: str) -> Iterator[Match]:
    for tenant in Tenant.objects.filter(user_id__startswith=beginning).order_by("user_id")[:_ASKED_FOR]:
        yield Match(tenant, "user_id", tenant.user_id)


def _entirely(typed: str) -> Iterator[Match]:
    yield from _of_email_addresses(folded=Lower(Value(typed)))
    yield from sorted(_of_names(key__in=spellings(typed)), key=lambda match: _unlike(match.value, typed))
    yield from _of_external_references(folded=Lower(Value(typed)))


def _beginning(typed: str) -> Iterator[Match]:
    yield from _of_email_addresses(folded__startswith=Lower(Value(typed)))
    for spelling in spellings(typed):
        yield from _of_names(key__startswith=spelling)
    yield from _of_external_references(folded__startswith=Lower(Value(typed)))
    yield from _of_desk_reference(typed, whole=False)


def _of_email_addresses(**folded: Any) -> Iterator[Match]:
    tenants = Tenant.objects.exclude(email="").alias(folded=Lower("email")).filter(**folded)
    for tenant in tenants.order_by(_ByteByByte(F("folded")))[:_ASKED_FOR]:
        yield Match(tenant, "e-mail address", tenant.email)


def _unlike(name: str, typed: str) -> int:
    """0 for a name as it was typed, 1 where accents differ, 2 for another spelling; case and order do not count."""
    if sorted(name.casefold().split()) == sorted(typed.casefold().split()):
        return 0
    return 1 if sorted(fold(name).split()) == sorted(fold(typed).split()) else 2


def _of_names(**key: Any) -> Iterator[Match]:
    """Names that are so, or begin so, from any of their words on."""
    for found in NameKey.objects.filter(**key).select_related("tenant").order_by("key")[:_ASKED_FOR]:
        yield Match(found.tenant, "name", found.tenant.display_name)


def _of_words_apart(typed: str) -> tuple[list[Match], bool]:
    """Names in which every typed word begins a word, in any order, and whether there were too many to look through."""
    walks = [_of_these_words(words) for spelling in spellings(typed) if len(words := spelling.split()) > 1]
    return [match for found, _ in walks for match in found], any(cut for _, cut in walks)


def _of_these_words(words: list[str]) -> tuple[list[Match], bool]:
    longest = max(words, key=len)  # probably the rarest
    names = NameKey.objects.filter(key__startswith=longest).order_by("key").values_list("key", "tenant_id")[:_COMPARED]
    fitting = [tenant for key, tenant in names if _begin_words(words, key.split())]
    tenants = Tenant.objects.in_bulk(fitting[:_ASKED_FOR])
    found = [tenants[pk] for pk in fitting if pk in tenants]
    return [Match(tenant, "name", tenant.display_name) for tenant in found], len(names) == _COMPARED


def _begin_words(typed: list[str], name: list[str]) -> bool:
    """Whether each typed word begins a word of the name, and no two the same one."""
    left = list(name)
    for word in sorted(typed, key=len, reverse=True):
        fitting = next((one for one in left if one.startswith(word)), None)
        if fitting is None:
            return False
        left.remove(fitting)
    return True


def _of_external_references(**folded: Any) -> Iterator[Match]:
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
