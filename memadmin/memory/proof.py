"""The isolation proof: two people, every operation, on the configured store.

It is the tutorial's story (write for Alice and Bob, search, list, delete Alice, look at Bob) told with ids made for
this run, so that it can run beside real tenants, and it shows what cannot be done at all.
"""

import inspect
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from memadmin.memory.connect import Connection
from memadmin.memory.errors import InvalidFilter, InvalidUserId, MemoryScopeError
from memadmin.memory.identity import PROOF
from memadmin.memory.records import Outcome
from memadmin.memory.scoped import ScopedMemory

ALICE_SAYS = ("I am vegetarian and allergic to peanuts.", "I live in Lisbon.")
BOB_SAYS = ("I love steak, and barbecue on Sundays.", "I moved to Oslo.")


@dataclass(frozen=True, slots=True)
class Step:
    """One claim, and whether it held."""

    claim: str
    held: bool
    seen: str  # what was seen; never memory text of a real tenant


@dataclass(frozen=True, slots=True)
class Proof:
    """The whole run."""

    store: str
    steps: tuple[Step, ...]

    @property
    def held(self) -> bool:
        return all(step.held for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        return {"store": self.store, "held": self.held, "steps": [asdict(step) for step in self.steps]}


def prove(connection: Connection) -> Proof:
    """Run the proof and remove what it wrote.

    Raises:
        MemoryScopeError: the store cannot be used; what was written so far is removed if it answers again.
    """
    run = secrets.token_hex(4)
    alice, bob = (connection.scope(f"{PROOF}{name}-{run}") for name in ("alice", "bob"))
    try:
        proof = Proof(connection.label, tuple(_steps(connection, alice, bob)))
    except MemoryScopeError:
        for scope in (alice, bob):
            with suppress(MemoryScopeError):  # the first error says more
                scope.delete_all()
        raise
    alice.delete_all()
    bob.delete_all()
    return proof


def _steps(connection: Connection, alice: ScopedMemory, bob: ScopedMemory) -> Iterator[Step]:
    for text in ALICE_SAYS:
        alice.add([{"role": "user", "content": text}])
    for text in BOB_SAYS:
        bob.add([{"role": "user", "content": text}])
    yield _own("Alice's list is Alice's", alice.get_all(), ALICE_SAYS)
    yield _own("Bob's list is Bob's", bob.get_all(), BOB_SAYS)
    yield _own("Alice's search for food preferences finds only hers", alice.search("food preferences"), ALICE_SAYS)
    yield _own("Bob's search for food preferences finds only his", bob.search("food preferences"), BOB_SAYS)
    yield from _foreign_ids(alice, bob)
    yield from _no_way_around(connection, alice)
    yield from _deletion(alice, bob)


def _own(claim: str, found: Any, expected: tuple[str, ...]) -> Step:
    texts = [item["memory"] for item in found]
    return Step(claim, sorted(texts) == sorted(expected), f"{len(texts)} of {len(expected)} memories, no other")


def _foreign_ids(alice: ScopedMemory, bob: ScopedMemory) -> Iterator[Step]:
    before = _everything(bob)
    bobs = bob.get_all()[0].id
    for name, attempt in (
        ("read", lambda: alice.get(bobs)),
        ("read the history of", lambda: alice.history(bobs)),
        ("change", lambda: alice.update(bobs, "Bob eats whatever Alice says.")),
        ("rectify", lambda: alice.rectify(bobs, "Bob eats whatever Alice says.")),
        ("restrict", lambda: alice.restrict(bobs)),
        ("find what is similar to", lambda: alice.similar(bobs)),
        ("delete", lambda: alice.delete(bobs)),
    ):
        held = attempt() is None and _everything(bob) == before
        yield Step(f"Alice cannot {name} Bob's memory by its id", held, "absent, as for an unknown id; Bob unchanged")


def _no_way_around(connection: Connection, alice: ScopedMemory) -> Iterator[Step]:
    methods = [method for name, method in inspect.getmembers(ScopedMemory, inspect.isfunction) if name[0] != "_"]
    named = [method.__name__ for method in methods if "user_id" in inspect.signature(method).parameters]
    yield Step("No method takes a user_id", not named, f"{len(methods)} methods looked at")
    yield _refused("There is no scope without a user_id", ScopedMemory, TypeError)
    yield _refused("“*”, which is everybody to mem0, is refused", lambda: connection.scope("*"), InvalidUserId)
    yield _refused("An empty user_id is refused", lambda: connection.scope(" "), InvalidUserId)
    yield _refused(
        "A filter cannot name another person", lambda: alice.search("food", filters={"user_id": "*"}), InvalidFilter
    )


def _refused(claim: str, attempt: Callable[..., object], error: type[Exception]) -> Step:
    try:
        attempt()
    except error as refusal:
        return Step(claim, held=True, seen=type(refusal).__name__)
    return Step(claim, held=False, seen="accepted")


def _deletion(alice: ScopedMemory, bob: ScopedMemory) -> Iterator[Step]:
    before = _everything(bob)
    deletion = alice.delete_all()
    yield Step("Deleting Alice leaves nothing of her", deletion.outcome in _GONE, deletion.outcome.value)
    yield Step("Alice's list is empty", alice.get_all() == [], f"{alice.count()} memories")
    yield Step("Bob has exactly what he had", _everything(bob) == before, f"{len(before)} memories and their history")


def _everything(scope: ScopedMemory) -> list[Any]:
    """A person's memories, each with its history."""
    return [(item.as_dict(), [change.as_dict() for change in scope.history(item.id) or []]) for item in scope.get_all()]


_GONE = {Outcome.VERIFIED, Outcome.PARTLY_VERIFIED}
"""Partly: mem0 keeps no owner with old history rows, and the platform keeps copies that nobody can list."""
