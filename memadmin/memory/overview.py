"""One tenant at a glance: how much, since when, by whom, and what is about to go."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from memadmin.memory.records import Memory

MOST_PERIODS = 120
"""Bars of a histogram; with more months it counts years."""
MOST_NAMES = 20
"""Names listed of each kind."""


@dataclass(frozen=True, slots=True)
class Period:
    """A bar of the histogram."""

    label: str  # "2026-03" or "2026", UTC
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The most frequent names with their number of memories, most frequent first, then by name."""

    top: tuple[tuple[str, int], ...]  # at most 20
    more: int  # further names that are not listed

    @classmethod
    def of(cls, counts: Mapping[str, int], *, names: int | None = None) -> "Tally":
        """``names``: how many there are, if ``counts`` does not hold them all."""
        top = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMES])
        return cls(top, (len(counts) if names is None else names) - len(top))


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """What :meth:`ScopedMemory.overview` tells. Counts are exact."""

    total: int
    first: datetime | None  # created_at of the oldest, aware UTC; None if no memory has a usable time
    last: datetime | None  # the last time that a memory was written or changed
    periods: tuple[Period, ...]  # without gaps, oldest first, at most 120; months, or years if the months are too many
    earlier: int  # memories older than the first period
    undated: int  # memories without a usable created_at
    agents: Tally
    runs: Tally
    categories: Tally  # see Memory.categories; a memory may be in several
    expired: int  # hidden by mem0 by now, restricted ones included
    expiring_soon: int  # last day from today to the end of the time that was asked for
    restricted: int

    @classmethod
    def of(cls, memories: Iterable[Memory], *, today: date, soon: date) -> "Overview":
        """Count memories one by one; ``soon`` is the last day that counts as soon."""
        kinds: dict[str, Counter[str]] = {kind: Counter() for kind in ("month", "agent", "run", "category")}
        numbers: Counter[str] = Counter()
        first = last = None
        for memory in memories:
            created, day = memory.created_at, memory.expires_on
            first, last = _earlier(first, created), _later(last, created, memory.updated_at)
            kinds["month"].update([created.isoformat()[:7]] if created else [])
            kinds["agent"].update([str(memory.agent_id)] if memory.agent_id else [])
            kinds["run"].update([str(memory.run_id)] if memory.run_id else [])
            kinds["category"].update(memory.categories)
            numbers["total"] += 1
            numbers["expired"] += day is not None and day < today
            numbers["soon"] += day is not None and today <= day <= soon
            numbers["restricted"] += memory.restricted
        names = {kind: len(counts) for kind, counts in kinds.items()}
        return cls.counted(numbers, kinds, names, first=first, last=last)

    @classmethod
    def counted(
        cls,
        numbers: Mapping[str, int],
        kinds: Mapping[str, Mapping[str, int]],
        names: Mapping[str, int],
        *,
        first: datetime | None,
        last: datetime | None,
    ) -> "Overview":
        """Put counts together.

        Args:
            numbers: total, expired, soon, restricted. kinds: counts by month, agent, run, category, the most
                frequent at least. names: how many agents, runs and categories there are.
        """
        periods, earlier = histogram(kinds["month"])
        agents, runs, categories = (Tally.of(kinds[kind], names=names[kind]) for kind in ("agent", "run", "category"))
        return cls(
            total=numbers["total"],
            first=first,
            last=last,
            periods=periods,
            earlier=earlier,
            undated=numbers["total"] - sum(kinds["month"].values()),
            agents=agents,
            runs=runs,
            categories=categories,
            expired=numbers["expired"],
            expiring_soon=numbers["soon"],
            restricted=numbers["restricted"],
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "periods": {period.label: period.count for period in self.periods},
            "earlier": self.earlier,
            "undated": self.undated,
            **{
                kind: {"top": dict(tally.top), "more": tally.more}
                for kind, tally in (("agents", self.agents), ("runs", self.runs), ("categories", self.categories))
            },
            "expired": self.expired,
            "expiring_soon": self.expiring_soon,
            "restricted": self.restricted,
        }


def histogram(months: Mapping[str, int]) -> tuple[tuple[Period, ...], int]:
    """Bars from the first month to the last, and how many memories are older than the first bar.

    Args:
        months: number of memories by month, ``"2026-03"``.
    """
    if not months:
        return (), 0
    start, end = _ordinal(min(months)), _ordinal(max(months))
    if end - start < MOST_PERIODS:
        return tuple(Period(label, months.get(label, 0)) for label in map(_month, range(start, end + 1))), 0
    years: Counter[int] = Counter()
    for month, count in months.items():
        years[int(month[:4])] += count
    shown = range(max(min(years), max(years) - MOST_PERIODS + 1), max(years) + 1)
    bars = tuple(Period(f"{year:04}", years[year]) for year in shown)
    return bars, sum(count for year, count in years.items() if year < shown.start)


def _ordinal(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _month(ordinal: int) -> str:
    return f"{ordinal // 12:04}-{ordinal % 12 + 1:02}"


def _earlier(known: datetime | None, moment: datetime | None) -> datetime | None:
    return min((at for at in (known, moment) if at), default=None)


def _later(*moments: datetime | None) -> datetime | None:
    return max((at for at in moments if at), default=None)
