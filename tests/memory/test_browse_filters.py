"""What staff narrow a list by means the same on every store, for pages, searches and counts alike."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memadmin.memory import Browse, InvalidCursor, InvalidFilter, Memory, Overview, ScopedMemory
from memadmin.memory.overview import MOST_NAMES, Period, Tally, histogram
from memadmin.memory.records import parse_time
from memadmin.memory.stores import browsing
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.pgvector import PgVectorStore
from memadmin.memory.stores.platform import PlatformStore
from tests.memory.conftest import NOT_HERS, YESTERDAY, Pair, add, everything, pair_in, texts
from tests.memory.test_isolation_properties import BOUNDED

TOMORROW = YESTERDAY + timedelta(days=2)
CREATED = {  # mem0 2 writes UTC; older versions wrote Pacific time, or no offset and meant UTC
    "peanuts": "2024-12-31T23:30:00-08:00",  # 2025-01-01 in UTC
    "tea": "2025-01-01T00:00:00+00:00",
    "lisbon": "2025-03-05T12:00:00.123456",
    "ghost": "once upon a time",
}


def date_back(store: Store, memory_id: str, created: str, **fields: Any) -> None:
    """Change what the store keeps of a memory, as another mem0 version or application may have written it."""
    changes = {"created_at": created, "updated_at": created, **fields}
    if isinstance(store, PlatformStore):
        standins[0].memories[memory_id].update(changes)
        return
    assert isinstance(store, Mem0OssStore)
    row = store._vectors.get(vector_id=memory_id)
    store._vectors.update(vector_id=memory_id, vector=None, payload={**row.payload, **changes})


standins: list[Any] = []


@pytest.fixture(autouse=True)
def _standin(standin: Any) -> None:
    standins[:] = [standin]


def fill(store: Store, scope: ScopedMemory) -> None:
    kept = [
        add(scope, "peanuts", metadata={"category": "food", "n": 1}, agent_id="chef", run_id="r1"),
        add(scope, "tea", metadata={"categories": ["food", "drink", 7]}, agent_id="chef", expires_on=YESTERDAY),
        add(scope, "lisbon", metadata={"categories": "home"}, agent_id="guide", run_id="r2", expires_on=TOMORROW),
        add(scope, "ghost", metadata={"category": {"food": "x"}, "n": 2}),
    ]
    for memory_id, created in zip(kept, CREATED.values(), strict=True):
        date_back(store, memory_id, created)
    scope.restrict(kept[3])


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type]


BROWSED: list[tuple[Browse | None, dict[str, Any] | None, list[str]]] = [
    (None, None, ["ghost", "lisbon", "peanuts", "tea"]),
    (Browse(), None, ["ghost", "lisbon", "peanuts", "tea"]),
    (Browse(agent_id="chef"), None, ["peanuts", "tea"]),
    (Browse(agent_id="chef", run_id="r1"), None, ["peanuts"]),
    (Browse(agent_id="Chef"), None, []),
    (Browse(run_id="r2"), None, ["lisbon"]),
    (Browse(since=utc(2025, 1, 1)), None, ["lisbon", "peanuts", "tea"]),
    (Browse(since=utc(2025, 1, 1, 0, 0, 1)), None, ["lisbon", "peanuts"]),
    (Browse(until=utc(2025, 1, 1)), None, []),
    (Browse(until=utc(2025, 1, 1, 0, 0, 1)), None, ["tea"]),
    (Browse(since=utc(2025, 3, 5, 12, 0, 0, 123456), until=utc(2026, 1, 1)), None, ["lisbon"]),
    (Browse(since=utc(2025, 3, 5, 12, 0, 0, 123457)), None, []),
    (Browse(since=datetime(2025, 1, 1, 9, tzinfo=timezone(timedelta(hours=5)))), None, ["lisbon", "peanuts"]),
    (Browse(expired=True), None, ["ghost", "tea"]),
    (Browse(expired=False), None, ["lisbon", "peanuts"]),
    (Browse(restricted=True), None, ["ghost"]),
    (Browse(restricted=False), None, ["lisbon", "peanuts", "tea"]),
    (Browse(expired=True, restricted=False), None, ["tea"]),
    (Browse(category="food"), None, ["peanuts", "tea"]),
    (Browse(category="drink"), None, ["tea"]),
    (Browse(category="home"), None, ["lisbon"]),
    (Browse(category="7"), None, []),
    (Browse(category="foo"), None, []),
    (Browse(category="food' OR '1'='1"), None, []),
    (Browse(category="food", agent_id="chef", expired=False, since=utc(2025, 1, 1)), {"n": 1}, ["peanuts"]),
    (Browse(category="food"), {"n": 2}, []),
    (None, {"n": 1}, ["peanuts"]),
]
shelves: dict[Store, Pair] = {}


@pytest.fixture
def shelf(any_store: Store) -> ScopedMemory:
    """Four memories to narrow, and the same ones of somebody else beside them."""
    if any_store not in shelves:
        shelves[any_store] = pair_in(any_store)
        for scope in (shelves[any_store].bob, shelves[any_store].alice):
            fill(any_store, scope)
    return shelves[any_store].alice


@pytest.mark.parametrize(("browse", "filters", "expected"), BROWSED)
def test_browsing_means_the_same_on_every_store(
    shelf: ScopedMemory, browse: Browse | None, filters: dict[str, Any] | None, expected: list[str]
) -> None:
    assert texts(shelf.page(browse=browse, filters=filters)) == expected
    assert texts(shelf.get_all(browse=browse, filters=filters)) == expected
    assert texts(shelf.search("groceries", browse=browse, filters=filters, include_expired=True)) == expected
    assert shelf.count(browse=browse, filters=filters) == len(expected)


@pytest.mark.parametrize(
    ("browse", "expected"), [(None, ["lisbon", "peanuts"]), (Browse(expired=True), ["ghost", "tea"])]
)
def test_a_search_shows_expired_ones_where_they_are_asked_for(
    shelf: ScopedMemory, browse: Browse | None, expected: list[str]
) -> None:
    assert texts(shelf.search("groceries", browse=browse)) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent_id": "*"}, {"agent_id": ""}, {"agent_id": "a b"}, {"agent_id": 7}, {"run_id": "*"}, {"run_id": "a\0"},
        {"since": datetime(2025, 1, 1)}, {"until": "2025-01-01"}, {"since": YESTERDAY}, {"expired": "yes"},  # noqa: DTZ001
        {"restricted": 2}, {"category": ""}, {"category": ["food"]}, {"category": "x" * 256}, {"category": "a\0"},
        {"category": "\ud800"},
    ],
    ids=repr,
)  # fmt: skip
def test_what_cannot_narrow_a_list_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidFilter):
        Browse(**wrong)


@pytest.mark.parametrize("name", ["user_id", "owner", "tenant"])
def test_browsing_cannot_name_a_tenant(name: str) -> None:
    with pytest.raises(TypeError):
        Browse(**{name: "u_bob"})


def test_a_mapping_is_no_way_of_browsing(pgvector_store: PgVectorStore) -> None:
    with pytest.raises(InvalidFilter):
        ScopedMemory("u_alice", store=pgvector_store).page(browse={"user_id": "u_bob"})  # type: ignore[arg-type]


def test_a_cursor_is_good_under_its_own_filters_only(shelf: ScopedMemory) -> None:
    chef = Browse(agent_id="chef")
    cursor = shelf.page(limit=1, browse=chef).next_cursor
    assert len(shelf.page(cursor, browse=chef)) == 1
    for other in ({"browse": Browse(agent_id="guide")}, {}, {"browse": chef, "filters": {"n": 1}}):
        with pytest.raises(InvalidCursor):
            shelf.page(cursor, **other)  # type: ignore[arg-type]


def test_narrowed_pages_are_complete(shelf: ScopedMemory) -> None:
    browse = Browse(since=utc(2025, 1, 1))
    seen, cursor = [], None
    while True:
        page = shelf.page(cursor, 1, browse=browse)
        seen += [memory.text for memory in page]
        if (cursor := page.next_cursor) is None:
            break
    assert sorted(seen) == ["lisbon", "peanuts", "tea"]


# -- overview --------------------------------------------------------------------------------------------


def test_an_overview_tells_the_same_on_every_store(shelf: ScopedMemory) -> None:
    overview = shelf.overview()
    assert (overview.total, overview.undated, overview.earlier) == (4, 1, 0)
    assert (overview.first, overview.last) == (utc(2025, 1, 1), utc(2025, 3, 5, 12, 0, 0, 123456))
    assert overview.periods == (Period("2025-01", 2), Period("2025-02", 0), Period("2025-03", 1))
    assert overview.agents == Tally((("chef", 2), ("guide", 1)), 0)
    assert overview.runs == Tally((("r1", 1), ("r2", 1)), 0)
    assert overview.categories == Tally((("food", 2), ("drink", 1), ("home", 1)), 0)
    assert (overview.expired, overview.expiring_soon, overview.restricted) == (2, 1, 1)
    assert shelf.overview(soon=timedelta()).expiring_soon == 0


def test_a_change_is_activity(any_store: Store, people: Pair) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    date_back(any_store, memory_id, "2024-01-01T00:00:00+00:00", updated_at="2025-01-01T00:00:00+00:00")
    overview = people.alice.overview()
    assert (overview.first, overview.last) == (utc(2024, 1, 1), utc(2025, 1, 1))


def test_an_overview_of_nobody_is_empty(people: Pair) -> None:
    add(people.bob, "I love steak.", agent_id="butcher")
    overview = people.alice.overview()
    assert (overview.total, overview.first, overview.last, overview.periods) == (0, None, None, ())
    assert overview.agents == overview.runs == overview.categories == Tally((), 0)


def test_the_most_frequent_names_are_listed_and_the_others_counted(people: Pair) -> None:
    for number in range(MOST_NAMES + 3):
        add(people.alice, f"Fact {number}.", agent_id=f"agent{number:02}")
    add(people.alice, "One more.", agent_id="agent22")
    agents = people.alice.overview().agents
    assert (len(agents.top), agents.more) == (MOST_NAMES, 3)
    assert agents.top[:2] == (("agent22", 2), ("agent00", 1))


def test_an_overview_is_one_statement_whatever_the_size(
    pgvector_store: PgVectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = pair_in(pgvector_store)
    people.alice.add([{"role": "user", "content": f"Fact {number}."} for number in range(50)])
    sent: list[Any] = []
    transaction = PgVectorStore._transaction
    monkeypatch.setattr(PgVectorStore, "_transaction", lambda store: (sent.append(1), transaction(store))[1])
    assert (people.alice.overview().total, people.bob.overview().total) == (50, 0)
    assert len(sent) == 2


def test_too_many_months_are_counted_in_years() -> None:
    bars, earlier = histogram({"2000-01": 2, "2000-05": 1, "2010-01": 4})
    assert bars == tuple(Period(str(year), {2000: 3, 2010: 4}.get(year, 0)) for year in range(2000, 2011))
    assert earlier == 0


def test_120_months_are_not_too_many() -> None:
    bars, _ = histogram({"2000-01": 1, "2009-12": 1})
    assert (len(bars), bars[0].label, bars[-1].label) == (120, "2000-01", "2009-12")


def test_what_is_older_than_120_years_is_counted_apart() -> None:
    bars, earlier = histogram({"1700-01": 5, "2025-01": 1})
    assert (len(bars), bars[0], earlier) == (120, Period("1906", 0), 5)


# -- times, whatever stands there ------------------------------------------------------------------------

ODD = ["", "x", "2025-02-29", "2024-02-29", "2025-13-01", "2025-01-32T00:00:00", "2025-01-01T24:00:00",
       "2025-01-01T00:60:00", "2025-06-01", "2025-01-01T00:00:00Z", "2025-01-01 10:11", "2025-01-01T10:11:12.5+05:30",
       "2025-04-31T10:00:00+00:00", "2025-01-01T10:11:12'; DROP TABLE x", "-infinity", "now", "epoch"]  # fmt: skip
offsets = st.one_of(
    st.just(UTC), st.integers(-12 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))), st.none()
)
times = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=offsets).map(datetime.isoformat),  # noqa: DTZ001
)


@BOUNDED
@given(kept=st.lists(times, min_size=20, max_size=60))
def test_postgresql_reads_times_as_we_do(kept: list[str], pgvector_store: PgVectorStore) -> None:
    query = f"SELECT {browsing._CREATED} FROM unnest(%(kept)s::text[]) WITH ORDINALITY AS k(t, n), "
    query += "LATERAL (SELECT jsonb_build_object('created_at', t) AS payload) AS p ORDER BY n"
    with pgvector_store._transaction() as connection:
        connection.execute("SET LOCAL TimeZone = 'America/Los_Angeles'")
        rows = connection.execute(query, {"kept": kept}).fetchall()  # type: ignore[call-overload]
    assert [row[0] for row in rows] == [parse_time(text) for text in kept]


# -- similar ---------------------------------------------------------------------------------------------


def test_the_nearest_come_first_without_the_memory_itself(people: Pair) -> None:
    start = add(people.alice, "I am vegetarian.")
    for scope in (people.alice, people.bob):
        scope.add([{"role": "user", "content": text} for text in ("My bike is red.", "I am a vegetarian cook.")])
    hits = people.alice.similar(start)
    assert hits is not None
    assert [hit.text for hit in hits] == ["I am a vegetarian cook.", "My bike is red."]
    assert hits[0].score > hits[1].score
    assert all(0 <= hit.score <= 1 and hit.user_id == people.alice_id for hit in hits)
    assert [hit.text for hit in people.alice.similar(start, limit=1) or []] == ["I am a vegetarian cook."]


def test_similar_ones_that_expired_are_shown_where_asked_for(alice: ScopedMemory) -> None:
    start = add(alice, "I am vegetarian.", expires_on=YESTERDAY)
    add(alice, "I am vegan.", expires_on=YESTERDAY)
    assert alice.similar(start) == []
    assert texts(alice.similar(start, include_expired=True)) == ["I am vegan."]


def test_nothing_is_similar_to_another_tenants_memory(people: Pair) -> None:
    bobs = add(people.bob, "I love steak.")
    add(people.alice, "I love steak too.")
    before = everything(people.bob)
    assert [people.alice.similar(memory_id) for memory_id in (bobs, *NOT_HERS)] == [None] * (len(NOT_HERS) + 1)
    assert everything(people.bob) == before


def test_what_is_similar_to_a_very_long_memory_is_found(alice: ScopedMemory) -> None:
    start = add(alice, "I am vegetarian. " * 1_000)
    add(alice, "I eat no meat.")
    assert texts(alice.similar(start)) == ["I eat no meat."]


def test_the_categories_of_the_platform_are_categories(platform_store: PlatformStore) -> None:
    alice = pair_in(platform_store).alice
    memory_id = add(alice, "I am vegetarian.")
    standins[0].memories[memory_id]["categories"] = ["food"]
    assert alice.overview().categories.top == (("food", 1),)
    assert alice.count(browse=Browse(category="food")) == 1


def test_counting_one_by_one_is_counting(pgvector_store: PgVectorStore) -> None:
    people = pair_in(pgvector_store)
    fill(pgvector_store, people.alice)
    today = datetime.now(UTC).date()
    memories: list[Memory] = people.alice.get_all()
    counted = Overview.of(memories, today=today, soon=today + timedelta(days=30))
    assert counted == people.alice.overview()
