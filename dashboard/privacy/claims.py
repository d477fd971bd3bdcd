"""What a certificate may claim: never more than was verified, never "no copy exists". Pure.

A verdict and a scrub are read as the run has them (``models/erasure.py``). Where parts of a verdict contradict each
other, or are missing, the weaker one counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Verdict = Mapping[str, Any]
Scrub = Sequence[Mapping[str, Any]]

PLACES = {
    "vectors": "memories",
    "entities": "entities",
    "history": "change history",
    "messages": "recent chat",
    "copies": "copies on the hosted platform",
}
"""Places for somebody who does not know mem0; others as they are."""

NEVER_COVERED = (
    "Logs of language model and embedding providers that texts were sent to.",
    "Copies that were handed to recipients or exported before.",
    "History files that mem0 keeps on other machines.",
    "Memories of other people that mention this person.",
)

BYTES = {
    "gone": "The erased bytes are gone from the {}.",
    "forbidden": "The server does not let the desk clear the {}.",
    "not applicable": "Whether erased bytes stay in the {}, the desk cannot tell.",
}
BYTES_UNKNOWN = "Erased bytes can still be in the {}."
"""Statuses of a scrub in sentences; "pending" and what is not known."""


class Standing(StrEnum):
    """How much a verdict shows."""

    CLEAN = "clean"  # every place was searched, and no search found anything
    RESIDUE = "residue"  # something was found
    NOT_CHECKABLE = "not checkable"  # something was not searched


def standing(verdict: Verdict) -> Standing:
    """The most that the whole verdict bears out."""
    places = verdict.get("places", [])
    found = [place.get("count", 0) for place in places]
    found += [verdict.get(search, {}).get("found", 0) for search in ("ids", "ask_back")]
    words = {verdict.get("outcome"), *(place.get("status") for place in places)}
    if Standing.RESIDUE.value in words or any(found):
        return Standing.RESIDUE
    if places and words == {Standing.CLEAN.value}:
        return Standing.CLEAN
    return Standing.NOT_CHECKABLE


def statement(verdict: Verdict, scrub: Scrub) -> str:
    """The certificate in a few sentences."""
    headline = {Standing.CLEAN: _clean, Standing.RESIDUE: _residue, Standing.NOT_CHECKABLE: _not_checkable}
    sentences = (headline[standing(verdict)](verdict), _neighbours(verdict), *_bytes(scrub))
    return " ".join(sentence for sentence in sentences if sentence)


def not_covered(verdict: Verdict, *, erased_at: datetime, backups_kept: timedelta) -> list[str]:
    """What nobody looked into, each in a sentence.

    Args:
        erased_at: aware UTC. backups_kept: how long the operator keeps backups; zero: none are made.
    """
    return [
        _backups(erased_at, backups_kept),
        *NEVER_COVERED,
        *(f"{_name(place).capitalize()}: {place.get('note') or 'not checked.'}" for place in _unchecked(verdict)),
    ]


def _clean(verdict: Verdict) -> str:
    return (
        "What the agent's memory held on this person was erased. That was verified: a search afterwards went through "
        f"{_listed(verdict['places'])}, and nothing was found."
    )


def _residue(verdict: Verdict) -> str:
    left = [place for place in verdict.get("places", []) if place.get("status") == "residue" or place.get("count")]
    where = f" in {_listed(left)}" if left else ""
    others = f" {_vouching(verdict)}" if _unchecked(verdict) else ""
    return f"The erasure is not complete: a search afterwards still found something of this person{where}.{others}"


def _not_checkable(verdict: Verdict) -> str:
    return f"The erasure was carried out, but not everything could be checked. {_vouching(verdict)}"


def _vouching(verdict: Verdict) -> str:
    unchecked = _unchecked(verdict)
    if not unchecked:
        return "The record of the check is incomplete, so nobody can vouch for the result."
    return f"Nobody can vouch for {_listed(unchecked)}."


def _neighbours(verdict: Verdict) -> str:
    compared = verdict.get("neighbours", {})
    sampled, missing = compared.get("sampled", 0), compared.get("changed", 0)
    if missing:
        return f"Of {sampled} other people who were looked at, {missing} memories are missing."
    if not sampled or compared.get("note"):  # nobody was looked at, or they could not be counted
        return ""
    return f"Of {sampled} other people who were looked at, no memory is missing."


def _bytes(scrub: Scrub) -> list[str]:
    """Deleted rows can stay readable in files; what is known of that."""
    if not scrub:
        return ["Whether erased bytes stay in files was not examined."]
    by_status: dict[str, list[Mapping[str, Any]]] = {sentence: [] for sentence in (*BYTES.values(), BYTES_UNKNOWN)}
    for step in scrub:
        by_status[BYTES.get(str(step.get("status")), BYTES_UNKNOWN)].append(step)
    return [sentence.format(_listed(steps)) for sentence, steps in by_status.items() if steps]


def _backups(erased_at: datetime, kept: timedelta) -> str:
    if not kept:
        return "Backups: the operator states that none are made."
    return f"Backups made before {erased_at:%Y-%m-%d %H:%M} UTC may hold it until {erased_at + kept:%Y-%m-%d}."


def _unchecked(verdict: Verdict) -> list[Mapping[str, Any]]:
    return [place for place in verdict.get("places", []) if place.get("status") not in {"clean", "residue"}]


def _name(place: Mapping[str, Any]) -> str:
    name = str(place.get("place"))
    return PLACES.get(name, name.replace("desk: ", "desk's own "))


def _listed(places: Iterable[Mapping[str, Any]]) -> str:
    *names, last = dict.fromkeys(_name(place) for place in places)
    return f"{', '.join(names)} and {last}" if names else last
