"""How commands that erase say what became of a request, and how they exit."""

from typing import Any

from dashboard.models import PrivacyRequest
from dashboard.privacy import ledger
from dashboard.privacy.states import State
from dashboard.privacy.verification import CLEAN

DONE, NOT_DONE, UNCHECKED = 0, 1, 2
"""Completed and clean; residue, blocked or stopped; could not be done, or not all could be checked."""


def exit_code(asked: PrivacyRequest) -> int:
    """The code for this request as it stands."""
    if asked.state in {State.VERIFYING, State.FAILED}:
        return UNCHECKED
    if asked.state != State.COMPLETED:
        return NOT_DONE
    return DONE if asked.run.verdict.get("outcome") == CLEAN else UNCHECKED


def as_dict(asked: PrivacyRequest) -> dict[str, Any]:
    """For JSON; nothing in it names the person."""
    run, certificate = getattr(asked, "run", None), getattr(asked, "certificate", None)
    return {
        "request": str(asked.pk),
        "reference": asked.reference,
        "state": asked.state,
        "verdict": run.verdict.get("outcome", "") if run else "",
        "found": run.found if run else {},
        "removed": ledger.removed(run) if run else {},
        "certificate": str(certificate.pk) if certificate else "",
    }


def in_words(asked: PrivacyRequest) -> str:
    """The same for people."""
    told = as_dict(asked)
    lines = [f"{asked.reference}: {State(asked.state).sentence}"]
    lines += [f"{place:<9} {count:>9,} removed" for place, count in told["removed"].items()]
    if told["verdict"]:
        lines.append(f"Verified: {told['verdict']}.")
    if told["certificate"]:
        lines.append(f"Certificate {told['certificate']}")
    return "\n".join(lines)
