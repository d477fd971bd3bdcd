"""What staff typed into a form that was sent too late: after their session, or after the time for that person.

The form comes back with it once they are there again. Until then it waits in the session of their browser for one
reading, which is possible for half an hour: sealed for the account that the form was made for and the page it stood on,
under a secret that the browser alone keeps, so that the database, a backup and MEMADMIN_AUDIT_KEY cannot read it. What
nobody reads goes with the next that is kept or read, or with the session.

Nothing is done by itself, and nothing is kept without the form's ticket, which no other site can know: of a form that
fails the CSRF check, as after signing in again in another tab, the ticket says that it was the desk's.
"""

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

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
_NOT_TYPED = {"token", "digest", "ids", "next"}  # hidden fields of the desk's forms


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form needs to be given back, and what was typed into it before."""

    ticket: str
    fields: dict[str, str] = field(repr=False)  # by name; empty unless it was sent too late
    too_long: bool = False  # it was sent too late, and was not kept


def ticket(request: HttpRequest, page: str, name: str) -> str:
    """What a form carries so that it can be given back: for whom it was made, where it stands, and its name there."""
    return sealing.seal([str(request.user.pk), page, name], "form")


def keep(request: HttpRequest) -> str:
    """Keep what was typed into a form that will not be acted on now, for the account that the form was made for.

    Of what is longer than ``LONGEST``, only that it was is kept.

    Returns:
        The path of the page on which the form stands; "" if it is none that is given back, or somebody else's.
    """
    owner, page, _ = _read(request.POST.get(FIELD, ""))
    if not _is_for(request, owner):
        return ""
    texts = [str(text) for pair in request.POST.items() if pair[0] not in _LEFT_OUT for text in pair]
    _put(request, texts if sum(map(len, texts)) <= LONGEST else [], request.POST[FIELD])
    return page


def take(request: HttpRequest, page: str, name: str) -> Typed:
    """The ticket of a form, and, when its page is opened, what was typed into it before: once, and to nobody else."""
    place, now = f"{page} {name}", ticket(request, page, name)
    kept = _waiting(request)
    if request.method != "GET" or place not in kept:
        return Typed(now, {})
    until, sealed, made = kept.pop(place)
    request.session[_KEPT] = kept
    if not sealed:
        return Typed(now, {}, too_long=_is_for(request, _read(made)[0]))
    try:
        texts = sealing.unseal(sealed, request.user.pk, place, until, secret=request.COOKIES.get(COOKIE, ""))
    except sealing.Unreadable:  # somebody else's
        return Typed(now, {})
    return Typed(now, dict(zip(texts[::2], texts[1::2], strict=True)))


def waits(request: HttpRequest, page: str) -> bool:
    """Whether something will be given back on a page: to whoever is signed in, or before that, to somebody."""
    made_for = [_read(made) for _, sealed, made in _waiting(request).values() if sealed]
    return any(where == page and _is_for(request, owner) for owner, where, _ in made_for)


def left(request: HttpRequest) -> list[Typed]:
    """What was typed into forms of the page that is open which it does not offer any more: once.

    To be asked when the page's own forms have taken theirs. Fields that nobody types are left out.
    """
    made_for = [_read(made) for _, _, made in _waiting(request).values()]
    here = {request.path, request.get_full_path()}
    taken = [take(request, page, name) for owner, page, name in made_for if page in here and _is_for(request, owner)]
    shown = [replace(one, fields=_by_hand(one.fields)) for one in taken]
    return [one for one in shown if one.fields or one.too_long]


def hand_over_secret(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser the secret of what was just kept; it forgets it when the time is over."""
    if given := getattr(request, "typed_secret", ""):
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, given, max_age=KEPT_FOR, secure=secure, httponly=True, samesite="Lax")


def _by_hand(fields: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text and name not in _NOT_TYPED}


def _waiting(request: HttpRequest) -> dict[str, list[Any]]:
    """What is kept in this browser's session, by page and form: until when, sealed ("": too long), and its ticket."""
    kept: dict[str, list[Any]] = request.session.get(_KEPT, {})
    now = timezone.now().timestamp()
    return {place: one for place, one in kept.items() if one[0] > now}


def _read(ticket: str) -> list[str]:
    """Whose form it is, the page it stands on, and its name there; three times "" if the desk did not make it."""
    try:
        return sealing.unseal(ticket, "form")
    except sealing.Unreadable:
        return ["", "", ""]


def _is_for(request: HttpRequest, owner: str) -> bool:
    """Whether the account may be the owner's: who is not signed in may become anybody."""
    return bool(owner) and (not request.user.is_authenticated or str(request.user.pk) == owner)


def _put(request: HttpRequest, texts: list[str], ticket: str) -> None:
    secret = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(32)
    until = (timezone.now() + KEPT_FOR).timestamp()
    owner, page, name = _read(ticket)
    place = f"{page} {name}"
    sealed = sealing.seal(texts, owner, place, until, secret=secret) if texts else ""
    earlier = {one: kept for one, kept in _waiting(request).items() if one != place}
    request.session[_KEPT] = {**dict(list(earlier.items())[1 - MOST_KEPT :]), place: [until, sealed, ticket]}
    request.typed_secret = secret  # type: ignore[attr-defined]
