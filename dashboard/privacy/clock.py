"""The lawful clock: until when a request must be answered. Dates are days of the controller's time zone.

GDPR   Art. 12(3), counted by Regulation (EEC, Euratom) 1182/71, Art. 3: the day of receipt does not count; the period
       ends on the same date of a later month, or on that month's last day; from a Saturday, Sunday or public holiday
       it moves to the next working day.
CCPA   Cal. Code Regs. tit. 11, section 7021: confirmed within 10 business days, answered within 45 calendar days that
       neither weekends nor checks of identity prolong; extended once by 45.
"""

import calendar
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from holidays import country_holidays

DAY = timedelta(days=1)
SOON = timedelta(days=7)
_SATURDAY = 5  # as date.weekday() counts
_ANY_YEAR = 2026  # for asking whether a place is known
_PLACE = re.compile(r"(?P<country>[A-Z]{2})(-(?P<region>.+))?")


class Unit(StrEnum):
    """What a profile counts in."""

    MONTHS = "months"  # of the calendar
    DAYS = "days"  # of the calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How one law counts."""

    name: str
    unit: Unit  # of the next two
    period: int  # from receipt to the answer
    extensions: tuple[int, ...]  # what it may be extended by, once
    ends_on_working_day: bool  # otherwise it ends on whatever day it falls
    suspended_by_identity_check: bool
    confirm_within: int | None  # business days to confirm receipt; None: the law asks for none


GDPR = Profile(
    name="GDPR",
    unit=Unit.MONTHS,
    period=1,
    extensions=(1, 2),
    ends_on_working_day=True,
    suspended_by_identity_check=True,
    confirm_within=None,
)
CCPA = Profile(
    name="CCPA",
    unit=Unit.DAYS,
    period=45,
    extensions=(45,),
    ends_on_working_day=False,
    suspended_by_identity_check=False,
    confirm_within=10,
)
PROFILES = {profile.name: profile for profile in (GDPR, CCPA)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A time in which the person's identity was in reasonable doubt (Art. 12(6)): from asking to proof."""

    asked: date
    proved: date | None = None  # None: still waiting

    def __post_init__(self) -> None:
        if self.proved and self.proved < self.asked:
            raise ValueError(f"Identity was proved on {self.proved}, before it was asked for on {self.asked}.")


class Urgency(StrEnum):
    """How pressing a request is, most pressing first."""

    OVERDUE = "overdue"
    DUE_SOON = "due soon"
    ON_TIME = "on time"
    SUSPENDED = "suspended"

    @property
    def rank(self) -> int:
        """For sorting: 0 is the most pressing. Sorting by due date, None last, gives the same order."""
        return list(Urgency).index(self)


def due(
    received: date, profile: Profile, *, holidays: Container[date], pauses: Iterable[Pause] = (), extended: int = 0
) -> date | None:
    """The last day on which an answer is in time; None while the period is suspended.

    A pause moves the last day by as many days as lie between asking and proof, none if they fall on one day, and
    then the last day moves to a working day; it is never before the proof. Days that overlap count once, days before
    receipt do not count, and a pause that begins after the last day suspends nothing: a period that is over does not
    come back.

    Args:
        holidays: of the controller's place; see ``public_holidays``.
        extended: by how many of the profile's units; one of its ``extensions``, or 0.

    Raises:
        ValueError: an extension that the profile does not know.
    """
    if extended and extended not in profile.extensions:
        known = " or ".join(str(extension) for extension in profile.extensions)
        raise ValueError(f"{profile.name} allows an extension by {known} {profile.unit}, not by {extended}.")
    last = _end(received, profile, profile.period + extended)
    counted = received
    for pause in sorted(pauses, key=lambda pause: pause.asked) if profile.suspended_by_identity_check else ():
        begins = max(pause.asked, counted)
        if begins > _settled(last, profile, holidays):
            break
        if pause.proved is None:
            return None
        counted = max(pause.proved, counted)
        last = max(last, begins) + (counted - begins)  # begins later: on the weekend that the period ends on
    return _settled(last, profile, holidays)


def may_extend(
    today: date, received: date, profile: Profile, *, holidays: Container[date], pauses: Iterable[Pause] = ()
) -> bool:
    """Whether the person can still be told of an extension in time: until the end of the period without one.

    Only one extension is lawful; whether there was one already is for the caller to know. While a pause is open, the
    period does not end.
    """
    last = due(received, profile, holidays=holidays, pauses=pauses)
    return last is None or today <= last


def confirm_by(received: date, profile: Profile, *, holidays: Container[date]) -> date | None:
    """The last day on which to confirm receipt; None where the law asks for no confirmation."""
    if profile.confirm_within is None:
        return None
    day = received
    for _ in range(profile.confirm_within):
        day = _working_day(day + DAY, holidays)
    return day


def urgency(today: date, due: date | None, *, soon: timedelta = SOON) -> Urgency:
    """How pressing a request with this due date is; due soon: today, or within the next days."""
    if due is None:
        return Urgency.SUSPENDED
    if due < today:
        return Urgency.OVERDUE
    return Urgency.DUE_SOON if due - today <= soon else Urgency.ON_TIME


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of one place, in any year. Unlike the library's own dictionary it is safe among threads."""

    place: str

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays_of(self.place, day.year)


def public_holidays(place: str) -> Container[date]:
    """The public holidays of a country, "DE", or of a region, "DE-BY" (ISO 3166); none for "".

    Raises:
        ValueError: unknown place.
    """
    if not place:
        return frozenset()
    _holidays_of(place, _ANY_YEAR)
    return PublicHolidays(place)


@cache
def _holidays_of(place: str, year: int) -> frozenset[date]:
    named = _PLACE.fullmatch(place)
    if not named:
        raise ValueError(f"“{place}” is not a place: give a country, like “DE”, or a region, like “DE-BY”.")
    try:
        return frozenset(country_holidays(named["country"], subdiv=named["region"], years=year, expand=False))
    except NotImplementedError as error:
        raise ValueError(f"No public holidays are known for “{place}”: {error}.") from error


def _end(received: date, profile: Profile, units: int) -> date:
    if profile.unit is Unit.DAYS:
        return received + timedelta(days=units)
    years, month = divmod(received.month - 1 + units, 12)
    year, month = received.year + years, month + 1
    return date(year, month, min(received.day, calendar.monthrange(year, month)[1]))


def _settled(last: date, profile: Profile, holidays: Container[date]) -> date:
    return _working_day(last, holidays) if profile.ends_on_working_day else last


def _working_day(day: date, holidays: Container[date]) -> date:
    """This day, or the next that is neither a Saturday, a Sunday nor a public holiday."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += DAY
    return day
