"""Is the person gone, and is everybody else still there? Asked in a process of its own, after the deletion.

It shares no code path with the deletion: beside the scan, mem0's own queries are asked and every row of the history
file is read (``memadmin/memory/stores/second_look.py``), the memories are asked for one by one through the scope that
agents use, erased texts are searched for, and neighbours are counted. What it needs to know goes through a pipe, not
through arguments that others on the machine could read.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from dashboard.privacy import neighbourhood
from memadmin.memory import MemoryScopeError, Place, Residue, ScopedMemory, Status, connect
from memadmin.memory.records import UNTOLD_PLACES, untold_note

CLEAN, RESIDUE, NOT_CHECKABLE = "clean", "residue", "not checkable"
PATIENCE = 3_600
"""Seconds until a verification that does not end counts as failed."""


class VerificationFailed(Exception):
    """The verifying process ended without a verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be verified. Never written to disk."""

    user_id: str = field(repr=False)
    memory_ids: list[str]  # that were collected
    texts: list[str] | None = field(repr=False)  # erased ones to search for; None: the job was restarted
    neighbours: dict[str, list[str]] = field(repr=False)  # user_id -> memory ids before


def ask_another_process(order: Order) -> dict[str, Any]:
    """Run ``manage.py verify_erasure`` and return its verdict.

    Raises:
        VerificationFailed: it ended without one.
    """
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_erasure"],
        input=json.dumps(asdict(order)),
        env={**os.environ, **connect().environment()},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    try:
        verdict: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise VerificationFailed(f"The verifying process ended with {done.returncode} and no verdict.") from error
    return verdict


def look(order: Order) -> dict[str, Any]:
    """The verdict, as ``ErasureRun.verdict`` keeps it: outcome, places, ids, ask_back, neighbours, at."""
    scope = connect().scope(order.user_id)
    second = connect().scope_for_erasure(order.user_id).second_look(frozenset(order.memory_ids))
    residue = both(scope.residue(order.memory_ids), second)
    ids = _by_id(scope, order.memory_ids)
    ask_back = _ask_back(scope, order.texts)
    return {
        "outcome": outcome(residue, found=ids["found"] + ask_back["found"]),
        "places": [finding.as_dict() for finding in residue.findings],
        "ids": ids,
        "ask_back": ask_back,
        "neighbours": _neighbours(order.neighbours),
        "at": timezone.now().isoformat(),
    }


def both(residue: Residue, second: Mapping[Place, int]) -> Residue:
    """The scan's findings, and where the second look found more, that; what either finds is there."""
    return Residue(
        tuple(
            replace(finding, status=Status.RESIDUE, count=max(finding.count, second[finding.place]))
            if second.get(finding.place)
            else finding
            for finding in residue.findings
        )
    )


def outcome(residue: Residue, *, found: int) -> str:
    """The verdict in a word: anything found outweighs what could not be checked, and that outweighs clean."""
    if residue.found or found:
        return RESIDUE
    return CLEAN if residue.clean else NOT_CHECKABLE


def _by_id(scope: ScopedMemory, memory_ids: list[str]) -> dict[str, int]:
    return {"looked_up": len(memory_ids), "found": sum(scope.get(memory_id) is not None for memory_id in memory_ids)}


def _ask_back(scope: ScopedMemory, texts: list[str] | None) -> dict[str, Any]:
    if texts is None:
        note = "The job was interrupted and had kept no text to ask for."
        return {"asked": 0, "found": 0, "note": note}
    found = sum(bool(scope.search(text[:2_000], limit=5, include_expired=True)) for text in texts)
    return {"asked": len(texts), "found": found, "note": ""}


def _neighbours(before: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    missing, looked_at = 0, {user_id: ids for user_id, ids in before.items() if not neighbourhood.may_go(user_id)}
    for user_id, memory_ids in looked_at.items():
        try:
            scope = connect().scope(user_id)
            missing += sum(scope.get(memory_id) is None for memory_id in memory_ids)
        except MemoryScopeError:
            return {"sampled": 0, "changed": 0, "note": "The neighbours could not be counted."}
    note = "Memories of neighbours are missing; find out whether an agent deleted them." if missing else ""
    return {"sampled": len(looked_at), "changed": missing, "note": note}


def doubting_history(verdict: dict[str, Any], untold: int) -> dict[str, Any]:
    """The same verdict, but history and messages that look clean do not count as checked."""
    places = [
        {**place, "status": "unchecked", "note": untold_note(untold)}
        if place["place"] in UNTOLD_PLACES and place["status"] == CLEAN
        else place
        for place in verdict["places"]
    ]
    worst = NOT_CHECKABLE if verdict["outcome"] == CLEAN else verdict["outcome"]
    return {**verdict, "places": places, "outcome": worst}
