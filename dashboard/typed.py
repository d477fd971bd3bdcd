"""What staff typed into a form that was sent too late: after their session, or after the time for that person.

The form comes back with it once they are there again. Until then it waits in the session of their browser, half an hour
at most and for one reading: sealed for the account that the form was made for and the page it stood on, under a secret
that the browser alone keeps, so that the database, a backup and MEMADMIN_AUDIT_KEY cannot read it. Nothing is done by
itself, and the CSRF check comes before: no other site can have anything kept.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard import sealing

FIELD = "typed_in"
"""Field of a form with its ticket: whose form it is, and which."""
COOKIE = "memadmin_typed"
KEPT_FOR = timedelta(minutes=30)
MOST_KEPT = 3
"""Forms of one browser; the oldest makes room for the next."""
LONGEST = 200_000
"""Characters of one form, twice the longest memory."""
_KEPT = "typed"
_LEFT_OUT = {FIELD, "csrfmiddlewaretoken"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form needs to be given back, and what was typed into it before."""

    ticket: str
    fields: dict[str, str] = field(repr=False)  # by name; empty unless it was sent too late


def ticket(request: HttpRequest, page: str, name: str) -> str:
    """What a form carries so that it can be given back: for whom it was made, where it stands, and its name there."""
    return sealing.seal([str(request.user.pk), page, name], "form")


def keep(request: HttpRequest) -> str:
    """Keep what was typed into a form that will not be acted on now, for the account that the form was made for.

    Returns:
        The path of the page on which the form stands; "" if it is none that is given back, or somebody else's.
    """
    try:
        owner, page, name = sealing.unseal(request.POST.get(FIELD, ""), "form")
    except sealing.Unreadable:
        return ""
    if request.user.is_authenticated and str(request.user.pk) != owner:
        return ""
    texts = [str(text) for pair in request.POST.items() if pair[0] not in _LEFT_OUT for text in pair]
    if sum(map(len, texts)) <= LONGEST:
        _put(request, texts, owner, f"{page} {name}")
    return page


def take(request: HttpRequest, page: str, name: str) -> Typed:
    """The ticket of a form, and, when its page is opened, what was typed into it before: once, and to nobody else."""
    place, now = f"{page} {name}", ticket(request, page, name)
    kept = waiting(request)
    if request.method != "GET" or place not in kept:
        return Typed(now, {})
    until, sealed = kept.pop(place)
    request.session[_KEPT] = kept
    try:
        texts = sealing.unseal(sealed, request.user.pk, place, until, secret=request.COOKIES.get(COOKIE, ""))
    except sealing.Unreadable:  # somebody else's
        return Typed(now, {})
    return Typed(now, dict(zip(texts[::2], texts[1::2], strict=True)))


def waiting(request: HttpRequest) -> dict[str, tuple[float, str]]:
    """What is kept in this browser's session, by page and form: until when, and sealed."""
    kept: dict[str, tuple[float, str]] = request.session.get(_KEPT, {})
    now = timezone.now().timestamp()
    return {place: one for place, one in kept.items() if one[0] > now}


def hand_over_secret(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser the secret of what was just kept; it forgets it when the time is over."""
    if given := getattr(request, "typed_secret", ""):
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, given, max_age=KEPT_FOR, secure=secure, httponly=True, samesite="Lax")


def _put(request: HttpRequest, texts: list[str], owner: str, place: str) -> None:
    secret = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(32)
    until = (timezone.now() + KEPT_FOR).timestamp()
    sealed = sealing.seal(texts, owner, place, until, secret=secret)
    earlier = {one: kept for one, kept in waiting(request).items() if one != place}
    request.session[_KEPT] = {**dict(list(earlier.items())[1 - MOST_KEPT :]), place: [until, sealed]}
    request.typed_secret = secret  # type: ignore[attr-defined]
