"""States, codes and results in the person's words, in their language. What staff read is in English, elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.audit import Action
from dashboard.privacy import claims
from dashboard.privacy.claims import Standing
from dashboard.privacy.codes import Exemption, Kind, Refusal
from dashboard.privacy.states import State
from memadmin.memory import Place

KINDS: dict[str, Promise] = {
    Kind.ERASURE: _("Forget everything"),
    Kind.ACCESS: _("Send me a copy"),
    Kind.RECTIFICATION: _("Correct something"),
    Kind.RESTRICTION: _("Do not use something for now"),
    Kind.REMOVAL: _("Forget one memory"),
}
STATES: dict[str, Promise] = {
    State.RECEIVED: _("We have received this. Nobody has decided yet."),
    State.IDENTITY_PENDING: _("We have asked you to show who you are. Until then this waits."),
    State.AWAITING_APPROVAL: _("We have received this, and somebody is checking it. Nothing has been erased yet."),
    State.SCHEDULED: _("This is approved. Nothing has been erased yet."),
    State.BLOCKED: _("The law requires us to keep something for now. Nothing is erased until that is over."),
    State.RUNNING: _("Your memories are being erased now."),
    State.VERIFYING: _("Your memories are erased. Every place is now being searched for anything left."),
    State.COMPLETED: _("Nothing more has to be done about this."),
    State.COMPLETED_WITH_RESIDUE: _("This is done, but a search afterwards still found something."),
    State.FAILED: _("This stopped because of an error. Nothing has been erased yet."),
    State.REFUSED: _("We have refused this."),
    State.CANCELLED: _("This is closed. Nothing was erased."),
}
"""Where ``_BEGUN`` has another sentence: as long as nothing was erased."""
_BEGUN: dict[str, Promise] = {
    State.SCHEDULED: _("This was interrupted and goes on soon. What was erased stays erased."),
    State.BLOCKED: _("The law requires us to keep something for now. Nothing more is erased until that is over."),
    State.FAILED: _("This stopped because of an error. What was erased stays erased; something may still be there."),
}
"""Once something may have been erased."""
_OTHERS: dict[str, Promise] = {State.CANCELLED: _("This is closed.")}
"""Of requests that are not for an erasure."""
SHORT: dict[str, Promise] = {
    State.RECEIVED: _("requested"),
    State.IDENTITY_PENDING: _("waiting for you"),
    State.AWAITING_APPROVAL: _("being checked"),
    State.SCHEDULED: _("approved"),
    State.BLOCKED: _("on hold"),
    State.RUNNING: _("running"),
    State.VERIFYING: _("being verified"),
    State.COMPLETED: _("done"),
    State.COMPLETED_WITH_RESIDUE: _("not complete"),
    State.FAILED: _("stopped by an error"),
    State.REFUSED: _("refused"),
    State.CANCELLED: _("closed"),
}
REASONS: dict[str, Promise] = {
    Exemption.EXPRESSION: _("It is needed for freedom of expression and information (Art. 17(3)(a) GDPR)."),
    Exemption.LEGAL_OBLIGATION: _("The law or a public task requires us to keep it (Art. 17(3)(b) GDPR)."),
    Exemption.PUBLIC_HEALTH: _("It is needed for public health (Art. 17(3)(c) GDPR)."),
    Exemption.ARCHIVING: _("It is needed for archives, research or statistics (Art. 17(3)(d) GDPR)."),
    Exemption.LEGAL_CLAIMS: _("It is needed for legal claims (Art. 17(3)(e) GDPR)."),
    Refusal.UNFOUNDED_OR_EXCESSIVE: _("The request is clearly unfounded or excessive (Art. 12(5) GDPR)."),
    Refusal.NOT_IDENTIFIED: _("We could not make sure who you are (Art. 12(2) GDPR)."),
    Refusal.NO_GROUND: _("None of the legal grounds for erasure applies (Art. 17(1) GDPR)."),
}
GROUNDS: tuple[tuple[str, Promise], ...] = (
    ("17-1-b", _("I no longer agree to this being kept.")),
    ("17-1-a", _("It is no longer needed.")),
    ("17-1-c", _("I object to this being kept.")),
    ("17-1-d", _("It should never have been kept.")),
    ("17-1-e", _("The law requires it to be erased.")),
    ("17-1-f", _("I was a child when it was collected.")),
)
"""Art. 17(1); the first is chosen unless the person chooses another."""
PLACES: dict[str, Promise] = {
    Place.VECTORS: _("memories"),
    Place.ENTITIES: _("names and things picked out of memories"),
    Place.HISTORY: _("earlier wordings"),
    Place.MESSAGES: _("recent chat"),
    Place.COPIES: _("copies at the memory provider"),
}
EVENTS = {"ADD": _("Noted"), "UPDATE": _("Changed"), "DELETE": _("Deleted")}
"""What mem0's history calls a change."""

FORGOTTEN: dict[str, Promise] = {
    "verified": _("This memory is forgotten. We searched every place afterwards and found nothing of it."),
    "partly verified": _("This memory is forgotten, but not every place could be searched afterwards."),
    "accepted": _("The memory provider has accepted this and works on it. A search still finds the memory."),
    "residue": _("This memory was deleted, but a search afterwards still found something of it."),
    "was not there": _("This memory was already gone."),
    "unknown": _("This failed. The memory, or a part of it, may still be there."),
}
CORRECTED: dict[str, Promise] = {
    "verified": _("This memory is corrected. We searched for the old wording afterwards, and it is gone."),
    "partly verified": _("This memory is corrected, but not every place could be searched for the old wording."),
    "residue": _("This memory is corrected, but the old wording was still found somewhere."),
    "was not there": _("This memory was gone before it could be corrected."),
    "being erased": _("Everything about you is being erased, so nothing was changed."),
    "unknown": _("This failed. The memory may still have its old wording."),
}
RESULTS = {Action.MEMORY_DELETED.value: FORGOTTEN, Action.MEMORY_RECTIFIED.value: CORRECTED}
"""What came of an act, by the outcome that the audit log has."""
GOOD, FAILED = frozenset({"verified"}), frozenset({"unknown", "residue"})
"""Outcomes that are what was wanted, and those after which the person can try again."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an erasure, as the person follows it."""

    words: Promise
    is_done: bool
    is_next: bool


_STEPS = (_("Requested"), _("Approved"), _("Erased"))
_SEARCHED: dict[Standing, Promise] = {
    Standing.CLEAN: _("Every place searched"),
    Standing.NOT_CHECKABLE: _("Searched, but not every place"),
    Standing.RESIDUE: _("Searched, and something was found"),
}
"""The last step, by what the search bears out."""
_REACHED = {
    State.RECEIVED: 1,
    State.IDENTITY_PENDING: 1,
    State.AWAITING_APPROVAL: 1,
    State.SCHEDULED: 2,
    State.RUNNING: 2,
    State.VERIFYING: 3,
    State.COMPLETED: 4,
    State.COMPLETED_WITH_RESIDUE: 4,
}


def sentence(state: str, kind: str, *, begun: bool) -> Promise | str:
    """How a request stands.

    Args:
        begun: whether anything may have been erased already.
    """
    special = _OTHERS if kind != Kind.ERASURE else _BEGUN if begun else {}
    return special.get(state, STATES.get(state, state))


def steps(state: State, verdict: Mapping[str, Any]) -> list[Step]:
    """How far an erasure has come; none where it does not go on by itself, which the sentence explains.

    Args:
        verdict: what the search found; empty: nobody has searched yet, or what they found is not on record.
    """
    reached = _REACHED.get(state, 0)
    is_over = reached > len(_STEPS)
    last = _SEARCHED[claims.standing(verdict) if verdict or is_over else Standing.CLEAN]
    return [Step(words, at < reached, at == reached) for at, words in enumerate((*_STEPS, last))] if reached else []


def result(action: str, counts: dict[str, Any]) -> tuple[str, Promise]:
    """The outcome of an act and the sentence for it; what is not known counts as failed."""
    outcome = str(counts.get("outcome"))
    sentences = RESULTS[action]
    return (outcome, sentences[outcome]) if outcome in sentences else ("unknown", sentences["unknown"])
