"""The drill: a made-up person is written to the real store, erased and looked for.

An upgrade of mem0 that breaks deletion is noticed the same day, and on nobody's data.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import metadata

import memadmin
from dashboard import audit
from dashboard.audit import Action
from dashboard.models import Drill
from memadmin.memory import MemoryScopeError, connect
from memadmin.memory.connect import Connection
from memadmin.memory.identity import DRILL
from memadmin.memory.records import Residue, parse_time
from memadmin.memory.rehearsing import remember
from memadmin.memory.sample import Conversation, Fact

BATCH = 2
"""Memories in a batch: few, so that there are several batches."""
QUEUE_PATIENCE = timedelta(minutes=2)
"""How long the hosted platform may take for what it queued."""
LEFT_BEHIND = timedelta(hours=1)
"""Age from which on a made-up person is not one of a drill that is under way."""
QUESTIONS = ("rehearsal", "favourite colour", "train to the sea")
_FACTS = (
    Fact("The rehearsal's favourite colour is green.", (("PROPER", "Rehearsal"),), "The rehearsal likes grey best."),
    Fact("The rehearsal takes the train to the sea.", (("PROPER", "Rehearsal"),)),
    Fact("The rehearsal keeps bees on the roof."),
)


class Outcome(StrEnum):
    """How a drill ended."""

    CLEAN = "clean"
    RESIDUE = "residue"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found after the erasure."""

    residue: int  # rows, and memories that could still be got or found by a search
    unchecked: tuple[str, ...]  # places nobody can vouch for


def rehearse(*, actor: str = "job: drill") -> Drill:
    """Write, erase, look; returns the row with the result, also where the store failed on the way.

    What an earlier drill had to leave behind, because it was killed or the store went away, is erased first.

    Raises:
        AuditUnavailable: nobody would have known of it.
    """
    began = time.monotonic()
    drill = Drill(versions={"mem0ai": metadata.version("mem0ai"), "memadmin": memadmin.__version__})
    try:
        seen = _carry_out(connect())
    except Exception as error:  # noqa: BLE001 - whatever an upgrade breaks is what a drill is for
        drill.outcome = Outcome.FAILED.value
        drill.trouble = _words(error)[:255]
    else:
        drill.outcome = (Outcome.RESIDUE if seen.residue else Outcome.CLEAN).value
        drill.residue, drill.unchecked = seen.residue, list(seen.unchecked)
    drill.seconds = time.monotonic() - began
    drill.save()
    _record(drill, actor)
    return drill


def sweep(connection: Connection) -> int:
    """Erase made-up people whom an earlier drill left behind; returns how many. Raises StoreUnavailable."""
    left = [user_id for user_id in _made_up(connection) if _is_left_behind(connection, user_id)]
    for user_id in left:
        connection.scope_for_erasure(user_id).erase_rest()
    return len(left)


def _carry_out(connection: Connection) -> Seen:
    sweep(connection)
    user_id = f"{DRILL}{secrets.token_hex(8)}"
    try:
        remember(connection, user_id, _conversation())
        known = _erase(connection, user_id)
        return _look(connection, user_id, known)
    finally:
        with suppress(MemoryScopeError):  # the next drill takes it
            connection.scope_for_erasure(user_id).erase_rest()


def _conversation() -> Conversation:
    said = tuple({"role": "user", "content": fact.text} for fact in _FACTS)
    return Conversation(messages=said, facts=_FACTS, agent_id="memadmin-drill", run_id=None, at=datetime.now(UTC))


def _erase(connection: Connection, user_id: str) -> list[str]:
    """As a real erasure does it, in batches and then the rest; returns the ids that were there."""
    scope = connection.scope_for_erasure(user_id)
    known = list(scope.holdings().memory_ids)
    if len(known) < len(_FACTS):
        raise RuntimeError(f"The store lists {len(known)} of the {len(_FACTS)} memories that were written.")
    for start in range(0, len(known), BATCH):
        scope.erase(known[start : start + BATCH])
    removal = scope.erase_rest()
    if removal.queued:
        _wait(connection, user_id)
    return sorted({*known, *removal.memory_ids})


def _wait(connection: Connection, user_id: str) -> None:
    deadline = time.monotonic() + QUEUE_PATIENCE.total_seconds()
    while connection.scope(user_id).residue().found and time.monotonic() < deadline:
        time.sleep(5)


def _look(connection: Connection, user_id: str, known: list[str]) -> Seen:
    scope = connection.scope(user_id)
    residue: Residue = scope.residue(known)
    rows = sum(finding.count for finding in residue.findings)
    got = sum(scope.get(memory_id) is not None for memory_id in known)
    found = sum(len(scope.search(question, include_expired=True)) for question in QUESTIONS)
    unchecked = tuple(finding.place.value for finding in residue.unchecked)
    return Seen(rows + got + found, unchecked)


def _made_up(connection: Connection) -> Iterator[str]:
    after = DRILL
    while user_ids := connection.user_ids(after=after, limit=100):
        for user_id in user_ids:
            if not user_id.startswith(DRILL):
                return
            yield user_id
        after = user_ids[-1]


def _is_left_behind(connection: Connection, user_id: str) -> bool:
    newest = parse_time(connection.scope_for_erasure(user_id).holdings().newest)
    return newest is None or newest < datetime.now(UTC) - LEFT_BEHIND


def _words(error: Exception) -> str:
    """Messages of ours say what to do; those of others may quote texts."""
    return str(error) if isinstance(error, MemoryScopeError | RuntimeError) else type(error).__name__


def _record(drill: Drill, actor: str) -> None:
    counts = {"residue": drill.residue, "unchecked": len(drill.unchecked), "milliseconds": round(drill.seconds * 1_000)}
    outcome = audit.Outcome.DONE if drill.outcome == Outcome.CLEAN else audit.Outcome.FAILED
    audit.record(Action.DRILL_RUN, actor=actor, outcome=outcome, counts=counts)
