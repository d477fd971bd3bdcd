"""A visit of one person: a session of its own kind, in a cookie of its own, with nobody else's rights."""

import hashlib
import secrets
from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard import access, audit
from dashboard.audit import Action, ActorKind, tenant_digest
from dashboard.models import PersonSession, SpentToken, Tenant
from dashboard.requests import PersonRequest
from dashboard.your_data import keys, sealed_ids, tokens
from dashboard.your_data.tokens import Arrival, Fault, TokenRefused
from memadmin.memory import UserId

COOKIE, PATH = "memadmin_person", "/your-data/"
REMEMBERED = timedelta(hours=1)
"""For how much longer a spent token is noted than it is good: the store can keep somebody waiting in between."""


def of(request: HttpRequest) -> PersonSession | None:
    """The visit that the request's cookie belongs to, while it lasts."""
    value = request.COOKIES.get(COOKIE, "")
    lasting = PersonSession.objects.filter(key=_digest(value), expires_at__gt=timezone.now())
    return lasting.select_related("tenant").first() if value else None


def look_again(request: HttpRequest, person: PersonSession) -> Tenant | None:
    """The tenant of a visit that began before anything was remembered; None while nothing is.

    Found once, the sealed user_id is forgotten: whoever is erased after that stays erased in this visit.

    Raises:
        StoreUnavailable.
    """
    if not person.sealed_user_id:
        return None
    tenant = _found(sealed_ids.unseal(person.sealed_user_id, request.COOKIES[COOKIE]))
    if tenant is not None:
        waiting = PersonSession.objects.filter(pk=person.pk, sealed_user_id=person.sealed_user_id)
        waiting.update(tenant=tenant, sealed_user_id="")  # once, of two requests at the same moment
        person.tenant, person.sealed_user_id = tenant, ""
    return tenant


def enter(request: HttpRequest, token: str) -> str:
    """Let in whom a token names; a visit that the same browser had before is over.

    Returns:
        the new cookie's value.

    Raises:
        TokenRefused: the caller records it. StoreUnavailable, AuditUnavailable: the token can be used again.
    """
    arrival = tokens.read(token, keys.configured(), audience=settings.MEMADMIN_YOUR_DATA_AUDIENCE)
    return _begin(request, arrival, tenant_digest(arrival.user_id))


def leave(request: HttpRequest) -> None:
    """End the visit on the server too."""
    PersonSession.objects.filter(key=_digest(request.COOKIES.get(COOKIE, ""))).delete()


def sweep() -> None:
    """Forget visits that are over, and spent tokens that nobody could bring again."""
    now = timezone.now()
    PersonSession.objects.filter(expires_at__lt=now).delete()
    SpentToken.objects.filter(expires_at__lt=now - REMEMBERED).delete()


def set_cookie(response: HttpResponse, value: str) -> None:
    """Only these pages get it, and no script; where another site may frame the pages, the frame has to get it too."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=lifetime(),
        path=PATH,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite=same_site(),
    )


def drop_cookie(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path=PATH, samesite=same_site())


def same_site() -> Literal["None", "Lax"]:
    """Of the cookies of these pages; in a frame on another site, a browser keeps and drops nothing else than None."""
    return "None" if settings.MEMADMIN_YOUR_DATA_FRAMES and settings.SESSION_COOKIE_SECURE else "Lax"


def lifetime() -> timedelta:
    """How long a visit lasts, whatever is done in it."""
    return timedelta(minutes=settings.MEMADMIN_YOUR_DATA_MINUTES)


def _begin(request: HttpRequest, arrival: Arrival, digest: str) -> str:
    tenant, value = _found(arrival.user_id), secrets.token_urlsafe(32)
    with transaction.atomic():
        _spend(arrival)
        leave(request)
        sweep()
        PersonSession.objects.create(
            key=_digest(value),
            tenant=tenant,
            tenant_digest=digest,
            sealed_user_id="" if tenant else sealed_ids.seal(arrival.user_id, value),
            expires_at=timezone.now() + lifetime(),
        )
        audit.record(
            Action.YOUR_DATA_ENTERED,
            request=request,
            actor=PersonRequest.LABEL,
            kind=ActorKind.PERSON,
            digest=digest,
        )
    return value


def _found(user_id: UserId) -> Tenant | None:
    return Tenant.objects.filter(user_id=user_id).first() or access.discover(user_id)


def _spend(arrival: Arrival) -> None:
    """Of two who bring the same token at the same moment, the database lets one in."""
    try:
        with transaction.atomic():
            SpentToken.objects.create(digest=arrival.spent, expires_at=arrival.expires_at)
    except IntegrityError as error:
        raise TokenRefused(Fault.SPENT) from error


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
