"""The values that the core returns."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from memadmin.memory import Change, Deletion, Finding, Memory, Outcome, Page, Place, Residue, SearchHit, Status
from memadmin.memory.records import parse_day, parse_time

MEMORY = Memory(id="m1", text="I am vegetarian.", user_id="u_alice", created="2026-01-02T03:04:05+00:00")
CHANGE = Change(id="c1", memory_id="m1", event="UPDATE", old_text="I eat fish.", new_text="I am vegetarian.")
CLEAN = Residue((Finding(Place.VECTORS, Status.CLEAN), Finding(Place.HISTORY, Status.CLEAN)))
FOUND = Residue((Finding(Place.VECTORS, Status.CLEAN), Finding(Place.HISTORY, Status.RESIDUE, 2)))
UNSURE = Residue(
    (Finding(Place.VECTORS, Status.CLEAN), Finding(Place.COPIES, Status.UNCHECKED, note="Nobody can say."))
)


@pytest.mark.parametrize(
    "record", [MEMORY, CHANGE, CLEAN, Page((MEMORY,), None)], ids=lambda record: type(record).__name__
)
def test_records_cannot_be_changed(record: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, dataclasses.fields(record)[0].name, "other")


@pytest.mark.parametrize(
    "record",
    [MEMORY, SearchHit(score=0.5, id="m1", text="I am vegetarian.", user_id="u_alice"), CHANGE, Page((MEMORY,), None)],
)
def test_a_printed_record_shows_neither_text_nor_tenant(record: Any) -> None:
    assert not [word for word in ("vegetarian", "fish", "u_alice") if word in repr(record)]


def test_a_memory_answers_to_mem0s_keys() -> None:
    assert (MEMORY["memory"], MEMORY["id"], MEMORY["user_id"]) == ("I am vegetarian.", "m1", "u_alice")
    assert (CHANGE["old_memory"], CHANGE["new_memory"]) == ("I eat fish.", "I am vegetarian.")
    with pytest.raises(KeyError):
        MEMORY["text"]


def test_a_hit_answers_with_its_score_too() -> None:
    hit = SearchHit(score=0.5, id="m1", text="I am vegetarian.", user_id="u_alice")
    assert (hit["score"], hit["memory"]) == (0.5, "I am vegetarian.")


@pytest.mark.parametrize(("days", "expired"), [(-1, True), (0, False), (1, False)])
def test_a_memory_is_served_until_the_end_of_its_last_day(days: int, expired: bool) -> None:  # noqa: FBT001
    last_day = datetime.now(UTC).date() + timedelta(days=days)
    assert dataclasses.replace(MEMORY, expires_on=last_day).expired is expired


@pytest.mark.parametrize(
    ("kept", "moment"),
    [
        ("2026-01-02T03:04:05+00:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-07:00", datetime(2026, 1, 2, 10, 4, 5, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
    ],
)
def test_times_are_aware_and_utc(kept: str, moment: datetime | None) -> None:
    assert parse_time(kept) == moment
    assert moment is None or parse_time(kept).tzinfo is UTC  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kept", "day"), [("2026-01-02", date(2026, 1, 2)), ("soon", None), ("", None), (None, None), (7, None)]
)
def test_an_unusable_expiration_means_never(kept: object, day: date | None) -> None:
    assert parse_day(kept) == day


def test_only_a_scan_that_saw_every_place_is_clean() -> None:
    assert (CLEAN.clean, FOUND.clean, UNSURE.clean) == (True, False, False)
    assert (CLEAN.found, FOUND.found, UNSURE.found) == (False, True, False)
    assert [finding.place for finding in UNSURE.unchecked] == [Place.COPIES]


@pytest.mark.parametrize(
    ("residue", "queued", "outcome"),
    [
        (CLEAN, False, Outcome.VERIFIED),
        (CLEAN, True, Outcome.VERIFIED),
        (UNSURE, False, Outcome.PARTLY_VERIFIED),
        (FOUND, False, Outcome.RESIDUE),
        (FOUND, True, Outcome.ACCEPTED),
    ],
)
def test_an_outcome_claims_no_more_than_was_seen(residue: Residue, queued: bool, outcome: Outcome) -> None:  # noqa: FBT001
    assert Deletion({Place.VECTORS: 1}, residue, queued).outcome is outcome


def test_a_page_is_a_sequence_of_its_memories() -> None:
    page = Page((MEMORY,), None)
    assert (list(page), len(page)) == ([MEMORY], 1)
