"""The lawful clock, on dates that a calendar can confirm."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.privacy.clock import (
    CCPA,
    GDPR,
    Pause,
    Urgency,
    confirm_by,
    due,
    may_extend,
    public_holidays,
    urgency,
)

NONE: frozenset[date] = frozenset()
RECEIVED = date(2026, 3, 5)  # a Thursday; a month later is Easter Sunday
JUNE = date(2026, 6, 2)  # a Tuesday; a month later is a Thursday

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1))
closed = st.frozensets(st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31)), max_size=60)
in_2026 = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 10, 31))


def _pause(received: date, asked: int, length: int) -> Pause:
    """A pause that begins so many days after receipt."""
    begin = received + timedelta(days=asked)
    return Pause(asked=begin, proved=begin + timedelta(days=length))


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (date(2027, 3, 5), date(2027, 4, 5)),  # the same date
        (date(2026, 8, 31), date(2026, 9, 30)),  # there is no 31 September
        (date(2027, 1, 31), date(2027, 3, 1)),  # 28 February is a Sunday
        (date(2028, 1, 31), date(2028, 2, 29)),  # a leap year
        (date(2026, 12, 10), date(2027, 1, 11)),  # over the new year, and 10 January is a Sunday
        (date(2026, 5, 20), date(2026, 6, 22)),  # a Saturday becomes Monday
    ],
)
def test_alice_is_answered_within_one_calendar_month(received: date, expected: date) -> None:
    assert due(received, GDPR, holidays=NONE) == expected


def test_the_last_day_moves_past_easter_in_germany() -> None:
    assert due(RECEIVED, GDPR, holidays=NONE) == date(2026, 4, 6)
    assert due(RECEIVED, GDPR, holidays=public_holidays("DE")) == date(2026, 4, 7)


def test_christmas_moves_the_last_day_over_holidays_and_weekend_together() -> None:
    assert due(date(2026, 11, 25), GDPR, holidays=public_holidays("DE")) == date(2026, 12, 28)


@pytest.mark.parametrize(("extended", "expected"), [(1, date(2026, 8, 3)), (2, date(2026, 9, 2))])
def test_an_extension_counts_from_receipt(extended: int, expected: date) -> None:
    assert due(JUNE, GDPR, holidays=NONE, extended=extended) == expected


def test_an_extension_keeps_the_date_that_a_short_month_would_have_cut() -> None:
    assert due(date(2026, 12, 31), GDPR, holidays=NONE, extended=2) == date(2027, 3, 31)


@pytest.mark.parametrize("extended", [-1, 3, 45])
def test_three_further_months_are_refused(extended: int) -> None:
    with pytest.raises(ValueError, match="GDPR allows an extension by 1 or 2 months"):
        due(JUNE, GDPR, holidays=NONE, extended=extended)


def test_an_extension_is_possible_until_the_first_month_is_over() -> None:
    assert may_extend(date(2026, 7, 2), JUNE, GDPR, holidays=NONE)
    assert not may_extend(date(2026, 7, 3), JUNE, GDPR, holidays=NONE)


def test_a_pause_prolongs_the_time_for_extending() -> None:
    pauses = [Pause(asked=date(2026, 6, 10), proved=date(2026, 6, 11))]
    assert may_extend(date(2026, 7, 3), JUNE, GDPR, holidays=NONE, pauses=pauses)


def test_while_identity_is_in_doubt_there_is_no_due_date() -> None:
    assert due(JUNE, GDPR, holidays=NONE, pauses=[Pause(asked=date(2026, 6, 10))]) is None


@pytest.mark.parametrize(
    ("proved", "expected"),
    [
        (date(2026, 6, 10), date(2026, 7, 2)),  # on the day it was asked for
        (date(2026, 6, 11), date(2026, 7, 3)),
        (date(2026, 6, 12), date(2026, 7, 6)),  # a Saturday becomes Monday
    ],
)
def test_each_day_of_waiting_for_proof_moves_the_last_day_by_one(proved: date, expected: date) -> None:
    assert due(JUNE, GDPR, holidays=NONE, pauses=[Pause(asked=date(2026, 6, 10), proved=proved)]) == expected


def test_pauses_that_overlap_count_once() -> None:
    first = Pause(asked=date(2026, 6, 8), proved=date(2026, 6, 12))
    second = Pause(asked=date(2026, 6, 10), proved=date(2026, 6, 15))
    within = Pause(asked=date(2026, 6, 9), proved=date(2026, 6, 10))
    assert due(JUNE, GDPR, holidays=NONE, pauses=[second, within, first]) == date(2026, 7, 9)


def test_days_before_receipt_suspend_nothing() -> None:
    pauses = [Pause(asked=JUNE - timedelta(days=9), proved=JUNE)]
    assert due(JUNE, GDPR, holidays=NONE, pauses=pauses) == date(2026, 7, 2)


@pytest.mark.parametrize("proved", [date(2026, 7, 20), None])
def test_asking_too_late_does_not_bring_the_period_back(proved: date | None) -> None:
    assert due(JUNE, GDPR, holidays=NONE, pauses=[Pause(asked=date(2026, 7, 3), proved=proved)]) == date(2026, 7, 2)


@pytest.mark.parametrize(("proved", "expected"), [(5, 6), (8, 8), (9, 9)])
def test_asking_on_the_weekend_that_the_period_ends_on_still_suspends_it(proved: int, expected: int) -> None:
    pauses = [Pause(asked=date(2026, 4, 5), proved=date(2026, 4, proved))]  # a Sunday; without it, Monday the 6th
    assert due(date(2026, 3, 4), GDPR, holidays=NONE, pauses=pauses) == date(2026, 4, expected)


def test_identity_cannot_be_proved_before_it_is_asked_for() -> None:
    with pytest.raises(ValueError, match="before it was asked for"):
        Pause(asked=date(2026, 6, 10), proved=date(2026, 6, 9))


def test_california_gives_45_days_whatever_day_that_is_and_however_long_proof_takes() -> None:
    pauses = [Pause(asked=date(2026, 3, 6))]
    assert due(date(2026, 3, 5), CCPA, holidays=public_holidays("US-CA"), pauses=pauses) == date(2026, 4, 19)
    assert due(date(2026, 3, 5), CCPA, holidays=NONE, extended=45) == date(2026, 6, 3)


def test_california_wants_receipt_confirmed_within_ten_business_days() -> None:
    assert confirm_by(date(2026, 6, 26), CCPA, holidays=public_holidays("US")) == date(2026, 7, 13)
    assert confirm_by(date(2026, 6, 26), GDPR, holidays=NONE) is None


@pytest.mark.parametrize(
    ("left", "expected"),
    [(-1, Urgency.OVERDUE), (0, Urgency.DUE_SOON), (7, Urgency.DUE_SOON), (8, Urgency.ON_TIME)],
)
def test_how_pressing_it_is_depends_on_the_days_left(left: int, expected: Urgency) -> None:
    assert urgency(JUNE, JUNE + timedelta(days=left)) is expected


def test_a_suspended_request_presses_least() -> None:
    assert urgency(JUNE, None) is Urgency.SUSPENDED
    assert Urgency.SUSPENDED.rank == max(each.rank for each in Urgency)


def test_a_region_has_holidays_that_its_country_has_not() -> None:
    all_saints = date(2027, 11, 1)
    assert all_saints in public_holidays("DE-BY")
    assert all_saints not in public_holidays("DE")
    assert all_saints not in public_holidays("")


@pytest.mark.parametrize("place", ["ZZ", "DE-ZZ", "Bavaria", "de", "DE-", "HolidayBase"])
def test_an_unknown_place_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match=f"“{place}”"):
        public_holidays(place)


@given(received=days)
def test_nobody_is_due_before_28_days_or_long_after_a_month(received: date) -> None:
    last = due(received, GDPR, holidays=NONE)
    assert last
    assert received + timedelta(days=28) <= last <= received + timedelta(days=33)


@given(received=in_2026, holidays=closed, extended=st.sampled_from([0, 1, 2]))
def test_the_last_day_is_a_working_day(received: date, holidays: frozenset[date], extended: int) -> None:
    last = due(received, GDPR, holidays=holidays, extended=extended)
    assert last
    assert last.weekday() < 5
    assert last not in holidays


@given(received=in_2026, later=st.integers(0, 40), holidays=closed)
def test_who_asks_later_is_not_due_earlier(received: date, later: int, holidays: frozenset[date]) -> None:
    first = due(received, GDPR, holidays=holidays)
    second = due(received + timedelta(days=later), GDPR, holidays=holidays)
    assert first
    assert second
    assert first <= second


@given(received=in_2026, waits=st.lists(st.tuples(st.integers(-10, 60), st.integers(0, 40)), max_size=5))
def test_pauses_never_shorten_and_add_no_more_than_their_days(received: date, waits: list[tuple[int, int]]) -> None:
    pauses = [_pause(received, asked, length) for asked, length in waits]
    unpaused, paused = due(received, GDPR, holidays=NONE), due(received, GDPR, holidays=NONE, pauses=pauses)
    assert unpaused
    assert paused
    weekend = timedelta(days=2)
    assert unpaused <= paused <= unpaused + timedelta(days=sum(length for _, length in waits)) + weekend


@given(received=in_2026, holidays=closed, asked=st.integers(0, 28), length=st.integers(0, 90))
def test_alice_is_never_due_before_her_identity_was_proved(
    received: date, holidays: frozenset[date], asked: int, length: int
) -> None:
    pause = _pause(received, asked, length)
    last = due(received, GDPR, holidays=holidays, pauses=[pause])
    assert last
    assert pause.proved
    assert last >= pause.proved
