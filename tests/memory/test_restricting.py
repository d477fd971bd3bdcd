"""Restricting a memory hides it from the agent and changes nothing that lifting does not give back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memadmin.memory import Memory, ScopedMemory
from memadmin.memory.stores import restricting
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.platform import PlatformStore
from tests.memory.conftest import NOT_HERS, YESTERDAY, Pair, add, everything, pair_in, texts

TOMORROW = YESTERDAY + timedelta(days=2)
EXPIRIES = [None, TOMORROW, YESTERDAY, date(2020, 1, 1)]
OSS = pytest.mark.parametrize("any_store", ["pgvector", "qdrant"], indirect=True)


def restricted(scope: ScopedMemory, memory_id: str) -> Memory:
    memory = scope.restrict(memory_id)
    assert memory is not None
    return memory


def as_the_agent_finds_them(store: Store, user_id: str) -> list[str]:
    """mem0's own search and list, past the scope."""
    mem0 = store._mem0()  # type: ignore[attr-defined]
    filters = {"user_id": user_id}
    answers = (mem0.search("code", filters=filters, threshold=0.0), mem0.get_all(filters=filters))
    return [item["memory"] for answer in answers for item in answer["results"]]


def test_the_agent_does_not_find_what_is_restricted(any_store: Store, people: Pair) -> None:
    memory_id = add(people.alice, "My code is 1234.")
    restricted(people.alice, memory_id)
    assert as_the_agent_finds_them(any_store, people.alice_id) == []
    people.alice.lift(memory_id)
    assert as_the_agent_finds_them(any_store, people.alice_id) == ["My code is 1234."] * 2


def test_staff_still_see_it_marked(alice: ScopedMemory) -> None:
    memory_id = add(alice, "My code is 1234.", expires_on=TOMORROW)
    memory = restricted(alice, memory_id)
    assert (memory.restricted, memory.expired, memory.expires_on) == (True, True, YESTERDAY)
    assert memory.expires_on_lift == TOMORROW
    assert memory == alice.get(memory_id) == alice.get_all()[0]
    assert alice.search("code") == []
    assert alice.search("code", include_expired=True)[0].restricted


@pytest.mark.parametrize("expires_on", EXPIRIES)
def test_lifting_gives_back_exactly_what_there_was(alice: ScopedMemory, expires_on: date | None) -> None:
    memory_id = add(alice, "My code is 1234.", expires_on=expires_on, metadata={"a": {"b": [1.5, None]}}, agent_id="x")
    before = everything(alice)
    for _ in range(2):
        restricted(alice, memory_id)
    assert [change.as_dict() for change in alice.history(memory_id) or []] == before[0][1]
    for _ in range(2):
        lifted = alice.lift(memory_id)
        assert lifted is not None
        assert not lifted.restricted
    assert everything(alice) == before


@OSS
@pytest.mark.parametrize("expires_on", EXPIRIES)
def test_only_the_expiry_and_the_marker_change_in_the_store(
    any_store: Mem0OssStore, people: Pair, expires_on: date | None
) -> None:
    memory_id = add(people.alice, "My code is 1234.", expires_on=expires_on)
    before = dict(any_store._vectors.get(vector_id=memory_id).payload)
    restricted(people.alice, memory_id)
    during = dict(any_store._vectors.get(vector_id=memory_id).payload)
    people.alice.lift(memory_id)
    assert {key for key in during if during[key] != before.get(key)} <= {restricting.EXPIRY, restricting.MARKER}
    assert before.keys() <= during.keys()
    assert dict(any_store._vectors.get(vector_id=memory_id).payload) == before


@OSS
def test_the_vector_stays(any_store: Mem0OssStore, people: Pair) -> None:
    memory_id = add(people.alice, "My code is 1234.")
    vector = any_store._mem0().embedding_model.embed("secret number", "search")

    def score() -> float:
        (hit,) = any_store._vectors.search(
            query="secret", vectors=vector, top_k=1, filters={"user_id": people.alice_id}
        )
        return float(hit.score)

    before = score()
    restricted(people.alice, memory_id)
    assert score() == before


def test_a_store_that_knows_whole_rows_only_gets_a_vector(
    qdrant_store: Mem0OssStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = pair_in(qdrant_store)
    memory_id = add(people.alice, "My code is 1234.")
    written: list[Any] = []
    monkeypatch.setattr(qdrant_store, "label", "langchain")
    update = qdrant_store._vectors.update
    monkeypatch.setattr(
        qdrant_store._vectors, "update", lambda **options: (written.append(options["vector"]), update(**options))
    )
    restricted(people.alice, memory_id)
    assert len(written[0]) == 256


def test_another_tenants_memory_can_be_neither_restricted_nor_lifted(people: Pair) -> None:
    one, two = add(people.bob, "I love steak."), add(people.bob, "I live in Oslo.")
    people.bob.restrict(two)
    before = everything(people.bob)
    for memory_id in (one, two, *NOT_HERS):
        assert people.alice.restrict(memory_id) is None
        assert people.alice.lift(memory_id) is None
    assert everything(people.bob) == before


def test_lifting_what_is_not_restricted_changes_nothing(alice: ScopedMemory) -> None:
    memory_id = add(alice, "My code is 1234.", expires_on=YESTERDAY)
    before = everything(alice)
    alice.lift(memory_id)
    assert everything(alice) == before


def test_a_corrected_memory_stays_restricted(alice: ScopedMemory) -> None:
    memory_id = add(alice, "My code is 1234.", expires_on=TOMORROW)
    restricted(alice, memory_id)
    rectification = alice.rectify(memory_id, "My code is 5678.")
    assert rectification is not None
    assert rectification.memory.restricted
    lifted = alice.lift(memory_id)
    assert lifted is not None
    assert (lifted.text, lifted.expires_on) == ("My code is 5678.", TOMORROW)


def test_the_marker_is_no_metadata(alice: ScopedMemory) -> None:
    memory_id = add(alice, "My code is 1234.", metadata={"topic": "access"})
    assert dict(restricted(alice, memory_id).metadata) == {"topic": "access"}
    assert dict(alice.search("code", include_expired=True)[0].metadata) == {"topic": "access"}


@OSS
def test_an_expiry_that_the_agent_sets_meanwhile_is_the_one_that_holds(any_store: Mem0OssStore, people: Pair) -> None:
    memory_id = add(people.alice, "My code is 1234.")
    restricted(people.alice, memory_id)
    any_store._mem0().update(memory_id, expiration_date=TOMORROW)
    meanwhile = people.alice.get(memory_id)
    assert meanwhile is not None
    assert not meanwhile.restricted
    assert restricted(people.alice, memory_id).expires_on_lift == TOMORROW
    lifted = people.alice.lift(memory_id)
    assert lifted is not None
    assert lifted.expires_on == TOMORROW


@pytest.mark.parametrize(
    "marker",
    ["", "yes", "[]", "null", '{"user_id": "u_bob"}', '["2020-01-01", "x", {"user_id": "u_bob"}]', 7, {"a": 1}, ["x"]],
)
@OSS
def test_a_marker_that_somebody_else_wrote_restricts_nothing_and_lifts_nothing(
    any_store: Mem0OssStore, people: Pair, marker: Any
) -> None:
    (item,) = any_store._mem0().add(
        "My code is 1234.",
        user_id=people.alice_id,
        metadata={restricting.MARKER: marker},
        expiration_date="2020-01-01",
        infer=False,
    )["results"]
    lifted = people.alice.lift(item["id"])
    assert lifted is not None
    assert (lifted.restricted, lifted.expires_on, lifted.user_id) == (False, date(2020, 1, 1), people.alice_id)
    assert texts(people.alice.get_all()) == ["My code is 1234."]


def test_the_platform_keeps_the_applications_metadata(platform_store: PlatformStore, standin: Any) -> None:
    alice = ScopedMemory("u_alice_metadata", store=platform_store)
    memory_id = add(alice, "My code is 1234.", metadata={"topic": "access"})
    standin.memories[memory_id]["categories"] = ["security"]
    alice.restrict(memory_id)
    alice.lift(memory_id)
    assert standin.memories[memory_id]["metadata"] == {"topic": "access"}
    alice.delete_all()


days = st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(str)
kept = st.dictionaries(st.sampled_from(["data", "user_id", "topic"]), st.text()).flatmap(
    lambda rest: (
        st.one_of(st.none(), days, st.text(), st.integers()).map(lambda day: {**rest, "expiration_date": day})
        | st.just(rest)
    )
)


@given(kept)
def test_thawing_undoes_freezing_whatever_was_kept(payload: dict[str, Any]) -> None:
    frozen = restricting.frozen(payload)
    assert restricting.is_in_force(frozen[restricting.EXPIRY], frozen[restricting.MARKER])
    assert restricting.frozen(frozen) == frozen
    assert restricting.thawed(frozen) == payload
    assert {key: frozen[key] for key in payload if key != restricting.EXPIRY} == {
        key: payload[key] for key in payload if key != restricting.EXPIRY
    }
    assert datetime.fromisoformat(frozen[restricting.EXPIRY]).date() < datetime.now(UTC).date()
