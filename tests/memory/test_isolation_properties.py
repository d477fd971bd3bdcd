"""Whatever three tenants do, in whatever order, nothing crosses and nothing is lost.

Hypothesis drives a real pgvector store beside a plain dictionary that says what each tenant must see.
"""

import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from memadmin.memory import Browse, InvalidCursor, InvalidFilter, InvalidUserId, Place, ScopedMemory, UserId
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.pgvector import PgVectorStore

# The same examples on every run, so that a failure is the change's and not the day's.
BOUNDED = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)

# Ids that look like each other, like scopes, like patterns, like SQL. "~" becomes the run's own part.
HOSTILE_IDS = [
    "alice~", "Alice~", "ALICE~", "bob~", "alice~&user_id=bob~", "user_id=alice~", "alice~%", "%~", "_~", "*~", "**~",
    "~'", "';DROP/**/TABLE/**/memories;--~", "{~}", "%s~", "%(owner)s~", "\\~", '"~"', "\N{GRINNING FACE}~",
    "\u0645\u0631\u06cc\u0645~", "e\u0301~", "\u00e9~", "~" + "x" * 240, "~" + "x" * 249,
]  # fmt: skip

HOSTILE_FILTERS: list[dict[str, Any]] = [
    {"user_id": "alice"}, {"user_id": "*"}, {"user_id": {"ne": "x"}}, {"USER_ID": "x"}, {"AND": [{"user_id": "*"}]},
    {"OR": [{"user_id": "*"}]}, {"NOT": [{"user_id": "x"}]}, {"$or": [{"user_id": "*"}]}, {"$not": [{"x": 1}]},
    {"mood": "*"}, {"mood": {"like": "%"}}, {"mood": {"in": ["*"]}},
]  # fmt: skip
HOSTILE_CONTENT: list[dict[str, Any]] = [
    {"mood": "x' OR '1'='1"}, {"x' OR '1'='1": "x"}, {"mood": {"contains": "%"}}, {"mood": {"ne": "nobody"}},
    {"mood": {"nin": ["nobody"]}}, {"mood') IS NOT NULL OR (payload->>'user_id": {"ne": "x"}}, {"role": "user"},
    {"mood": {"icontains": "%' OR true --"}}, {"hash": {"contains": ""}}, {"data": {"contains": "o"}},
]  # fmt: skip

people = st.integers(0, 2)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)
sentences = words.filter(str.strip)


class Tenants(RuleBasedStateMachine):
    """Three tenants of one store. ``self.model[i]`` maps memory ids to texts, oldest first."""

    store: Store

    @initialize(ids=st.lists(st.sampled_from(HOSTILE_IDS), min_size=3, max_size=3, unique=True))
    def arrive(self, ids: list[str]) -> None:
        run = secrets.token_hex(3)
        self.ids = [user_id.replace("~", run) for user_id in ids]
        self.scopes = [ScopedMemory(user_id, store=self.store) for user_id in self.ids]
        self.model: list[dict[str, str]] = [{}, {}, {}]
        self.gone: list[str] = ["not-a-uuid", "00000000-0000-4000-8000-000000000000"]

    @rule(who=people, text=sentences, mood=st.sampled_from(["happy", "sad"]))
    def add(self, who: int, text: str, mood: str) -> None:
        (memory_id,) = self.scopes[who].add(text, metadata={"mood": mood}).ids
        self.model[who][memory_id] = text

    @rule(who=people, text=sentences)
    def search(self, who: int, text: str) -> None:
        hits = self.scopes[who].search(text, limit=1_000)
        assert {hit.id: hit.text for hit in hits} == self.model[who]

    @rule(who=people, limit=st.integers(1, 3), other=people)
    def page(self, who: int, limit: int, other: int) -> None:
        seen: list[str] = []
        cursor = None
        while True:
            page = self.scopes[who].page(cursor, limit)
            seen += [memory.id for memory in page]
            if (cursor := page.next_cursor) is None:
                break
            if other != who:
                self._refuses_cursor(other, cursor)
        assert seen == list(reversed(self.model[who]))

    def _refuses_cursor(self, who: int, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            self.scopes[who].page(cursor)

    @rule(who=people, data=st.data(), text=sentences)
    def update(self, who: int, data: st.DataObject, text: str) -> None:
        memory_id = self._any_id(data)
        updated = self.scopes[who].update(memory_id, text)
        assert (updated is not None) == (memory_id in self.model[who])
        if updated:
            assert updated.text == text
            self.model[who][memory_id] = text

    @rule(who=people, data=st.data(), text=sentences)
    def rectify(self, who: int, data: st.DataObject, text: str) -> None:
        memory_id = self._any_id(data)
        rectification = self.scopes[who].rectify(memory_id, text)
        assert (rectification is not None) == (memory_id in self.model[who])
        if rectification:
            assert rectification.memory.text == text
            self.model[who][memory_id] = text
            told = {change.old_text for change in self.scopes[who].history(memory_id) or []}
            assert told <= {None, text}

    @rule(who=people, data=st.data())
    def restrict_and_lift(self, who: int, data: st.DataObject) -> None:
        memory_id = self._any_id(data)
        before = self.scopes[who].get(memory_id)
        assert (self.scopes[who].restrict(memory_id) is not None) == (memory_id in self.model[who])
        assert self.scopes[who].count(browse=Browse(restricted=True)) == (memory_id in self.model[who])
        assert self.scopes[who].lift(memory_id) == before

    @rule(who=people, data=st.data())
    def similar(self, who: int, data: st.DataObject) -> None:
        memory_id = self._any_id(data)
        hits = self.scopes[who].similar(memory_id, 1_000)
        assert (hits is not None) == (memory_id in self.model[who])
        if hits is not None:
            assert {hit.id for hit in hits} == self.model[who].keys() - {memory_id}

    @rule(who=people)
    def overview(self, who: int) -> None:
        assert self.scopes[who].overview().total == len(self.model[who])

    @rule(who=people, data=st.data())
    def get(self, who: int, data: st.DataObject) -> None:
        memory_id = self._any_id(data)
        memory, history = self.scopes[who].get(memory_id), self.scopes[who].history(memory_id)
        assert (memory.text if memory else None) == self.model[who].get(memory_id)
        assert (history[-1].new_text if history else None) == self.model[who].get(memory_id)

    @rule(who=people, data=st.data())
    def delete(self, who: int, data: st.DataObject) -> None:
        memory_id = self._any_id(data)
        deletion = self.scopes[who].delete(memory_id)
        assert (deletion is not None) == (memory_id in self.model[who])
        if deletion:
            assert not deletion.residue.found
            del self.model[who][memory_id]
            self.gone.append(memory_id)

    @rule(who=people)
    def delete_all(self, who: int) -> None:
        deletion = self.scopes[who].delete_all()
        assert deletion.removed[Place.VECTORS] == len(self.model[who])
        assert not self.scopes[who].residue(self.model[who]).found
        self.gone += self.model[who]
        self.model[who].clear()

    @rule(who=people, filters=st.sampled_from(HOSTILE_FILTERS))
    def reach_out_by_filter(self, who: int, filters: dict[str, Any]) -> None:
        for call in (self.scopes[who].page, lambda **options: self.scopes[who].search("food", **options)):
            with pytest.raises(InvalidFilter):
                call(filters=filters)

    @rule(who=people, filters=st.sampled_from(HOSTILE_CONTENT))
    def filter_by_content(self, who: int, filters: dict[str, Any]) -> None:
        listed = {memory.id for memory in self.scopes[who].get_all(filters=filters)}
        assert listed <= set(self.model[who])
        assert {hit.id for hit in self.scopes[who].search("food", limit=1_000, filters=filters)} == listed

    def _any_id(self, data: st.DataObject) -> str:
        """A memory of anybody, or one that is gone or never was."""
        return data.draw(st.sampled_from([*self.gone, *(key for kept in self.model for key in kept)]))

    @invariant()
    def everybody_sees_exactly_their_own(self) -> None:
        for scope, kept in zip(getattr(self, "scopes", []), getattr(self, "model", []), strict=True):
            assert {memory.id: memory.text for memory in scope.get_all()} == kept
            assert scope.count() == len(kept)

    def teardown(self) -> None:
        for scope in getattr(self, "scopes", []):
            scope.delete_all()


def test_tenants_never_cross(pgvector_store: PgVectorStore) -> None:
    run_state_machine_as_test(type("TenantsHere", (Tenants,), {"store": pgvector_store}), settings=BOUNDED)


# -- ids that name nobody or everybody ---------------------------------------------------------------------

refused_marks = st.sampled_from(
    [*" \t\n\r\0\x1b\x7f\x85\u00a0\u2028\u3000", *"\u202e\u200f\u2066\u061c\u200b\ufeff", "\ud800"]
)
refused_texts = st.one_of(
    st.sampled_from(["*", " * ", "", " ", "\t"]),
    st.text(min_size=256, max_size=300),
    st.builds(
        lambda before, mark, after: before + mark + after, st.text(max_size=20), refused_marks, st.text(max_size=20)
    ),
)
not_texts = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.binary(), st.lists(st.text()), st.tuples(st.text())
)


@settings(BOUNDED, max_examples=300)
@given(user_id=st.one_of(refused_texts, not_texts))
def test_an_id_that_names_nobody_or_everybody_is_always_refused(user_id: Any, pgvector_store: PgVectorStore) -> None:
    with pytest.raises(InvalidUserId):
        ScopedMemory(user_id, store=pgvector_store)


@settings(BOUNDED, max_examples=300)
@given(user_id=st.text(max_size=300))
def test_an_id_is_taken_letter_by_letter_or_refused(user_id: str) -> None:
    try:
        accepted = UserId.parse(user_id)
    except InvalidUserId:
        return
    assert str(accepted) == user_id == user_id.strip()
    assert 0 < len(user_id) <= 255
    assert user_id != "*"
