"""The states of a privacy request, and the verbs between them: one table that decides, draws and is tested.

Erasures go the long way, with approval, a job and verification. The other kinds are fulfilled by hand.
"""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.coded import Code
from dashboard.privacy.codes import Kind
from dashboard.roles import Right


class NotNow(ValueError):
    """The request is not in a state, or not of a kind, that allows this."""


class State(Code):
    """Where a request stands."""

    RECEIVED = "received", "Received; nobody has decided anything yet."
    IDENTITY_PENDING = "identity-pending", "Waiting for the person to show who they are."
    AWAITING_APPROVAL = "awaiting-approval", "Previewed and waiting for approval."
    SCHEDULED = "scheduled", "Approved; starts when the cooling-off is over, and can be cancelled until then."
    BLOCKED = "blocked", "Blocked by a hold until it is released."
    RUNNING = "running", "Erasing, place by place."
    VERIFYING = "verifying", "Erased; every place is being searched for what may be left."
    COMPLETED = "completed", "Done; what was verified, and what could not be, is in the certificate."
    COMPLETED_WITH_RESIDUE = (
        "completed-with-residue",
        "Done, but something was found; the rest takes another request.",
    )
    FAILED = "failed", "Stopped by an error; what is done is kept, and it can be resumed."
    REFUSED = "refused", "Refused, with the reason."
    CANCELLED = "cancelled", "Cancelled before anything was erased."


class Verb(StrEnum):
    """What moves a request on."""

    OPEN = "open"
    DOUBT_IDENTITY = "doubt identity"
    CONFIRM_IDENTITY = "confirm identity"
    SUBMIT = "submit"
    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"
    BLOCK = "block"
    RELEASE = "release"
    RELEASE_FOR_APPROVAL = "release for approval"
    RETURN = "return for approval"
    START = "start"
    VERIFY = "verify"
    COMPLETE = "complete"
    COMPLETE_WITH_RESIDUE = "complete with residue"
    FAIL = "fail"
    RESUME = "resume"
    FULFIL = "fulfil"


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """What one verb does, and what it takes."""

    verb: Verb
    sources: tuple[State, ...]  # none: the request comes into being
    target: State
    right: Right | None  # what a member of staff needs; None: only the desk's own job does this
    kinds: frozenset[Kind] = frozenset({Kind.ERASURE})
    note_required: bool = False
    unstarted: bool = False  # only as long as nothing was erased


EVERY = frozenset(Kind)
BY_HAND = EVERY - {Kind.ERASURE}
UNSTARTED = (
    State.RECEIVED,
    State.IDENTITY_PENDING,
    State.AWAITING_APPROVAL,
    State.SCHEDULED,
    State.BLOCKED,
    State.FAILED,  # before it had erased anything
)
BLOCKABLE = (State.AWAITING_APPROVAL, State.SCHEDULED, State.RUNNING, State.FAILED)

TRANSITIONS = (
    Transition(verb=Verb.OPEN, sources=(), target=State.RECEIVED, right=Right.PROPOSE, kinds=EVERY),
    Transition(
        verb=Verb.DOUBT_IDENTITY,
        sources=(State.RECEIVED,),
        target=State.IDENTITY_PENDING,
        right=Right.PROPOSE,
        kinds=EVERY,
        note_required=True,  # Art. 12(6): the doubt must be reasonable
    ),
    Transition(
        verb=Verb.CONFIRM_IDENTITY,
        sources=(State.IDENTITY_PENDING,),
        target=State.RECEIVED,
        right=Right.PROPOSE,
        kinds=EVERY,
    ),
    Transition(
        verb=Verb.FULFIL,
        sources=(State.RECEIVED,),
        target=State.COMPLETED,
        right=Right.APPROVE,
        kinds=BY_HAND,
        note_required=True,  # what was handed over, corrected or restricted
    ),
    Transition(verb=Verb.SUBMIT, sources=(State.RECEIVED,), target=State.AWAITING_APPROVAL, right=Right.PROPOSE),
    Transition(verb=Verb.APPROVE, sources=(State.AWAITING_APPROVAL,), target=State.SCHEDULED, right=Right.APPROVE),
    Transition(
        verb=Verb.REFUSE,
        sources=UNSTARTED,
        target=State.REFUSED,
        right=Right.REFUSE,
        kinds=EVERY,
        note_required=True,
        unstarted=True,
    ),
    Transition(
        verb=Verb.CANCEL,
        sources=UNSTARTED,
        target=State.CANCELLED,
        right=Right.REFUSE,  # either way the person does not get what was asked for
        kinds=EVERY,
        note_required=True,
        unstarted=True,
    ),
    Transition(verb=Verb.BLOCK, sources=BLOCKABLE, target=State.BLOCKED, right=Right.HOLD, note_required=True),
    Transition(verb=Verb.RELEASE, sources=(State.BLOCKED,), target=State.SCHEDULED, right=Right.HOLD),
    Transition(
        verb=Verb.RELEASE_FOR_APPROVAL, sources=(State.BLOCKED,), target=State.AWAITING_APPROVAL, right=Right.HOLD
    ),
    Transition(verb=Verb.START, sources=(State.SCHEDULED, State.FAILED), target=State.RUNNING, right=None),
    Transition(
        verb=Verb.RETURN,  # the agent has written since the preview that was approved
        sources=(State.RUNNING,),
        target=State.AWAITING_APPROVAL,
        right=None,
        unstarted=True,
    ),
    Transition(verb=Verb.VERIFY, sources=(State.RUNNING,), target=State.VERIFYING, right=None),
    Transition(verb=Verb.COMPLETE, sources=(State.VERIFYING,), target=State.COMPLETED, right=None),
    Transition(
        verb=Verb.COMPLETE_WITH_RESIDUE, sources=(State.VERIFYING,), target=State.COMPLETED_WITH_RESIDUE, right=None
    ),
    Transition(
        verb=Verb.FAIL,
        sources=(State.RUNNING, State.VERIFYING),
        target=State.FAILED,
        right=None,
        note_required=True,
    ),
    Transition(verb=Verb.RESUME, sources=(State.FAILED,), target=State.RUNNING, right=Right.ERASE),
)

BY_VERB = {transition.verb: transition for transition in TRANSITIONS}
FINAL = frozenset(State) - {state for transition in TRANSITIONS for state in transition.sources}
"""States that nothing leads out of."""


def allowed(state: State | None, verb: Verb, *, kind: Kind = Kind.ERASURE, started: bool = False) -> bool:
    """Whether the verb can be done now; the arguments are those of ``after``."""
    return not _objection(state, BY_VERB[verb], kind=kind, started=started)


def after(state: State | None, verb: Verb, *, kind: Kind = Kind.ERASURE, started: bool = False) -> State:
    """The state that the verb leads to.

    Args:
        state: where the request stands; None: it does not exist yet.
        kind: what is asked for; erasures cannot be fulfilled by hand, and nothing else can be erased.
        started: whether anything was erased, also where a hold has stopped the run since: there is nothing left to
            cancel or to refuse then.

    Raises:
        NotNow: with a sentence that says what would have to be.
    """
    if objection := _objection(state, BY_VERB[verb], kind=kind, started=started):
        raise NotNow(objection)
    return BY_VERB[verb].target


def possible(state: State, *, kind: Kind = Kind.ERASURE, started: bool = False) -> tuple[Verb, ...]:
    """What can be done now, in the order of the table: for buttons."""
    return tuple(verb for verb in BY_VERB if allowed(state, verb, kind=kind, started=started))


def may(rights: frozenset[Right], verb: Verb) -> bool:
    """Whether a member of staff with these rights may do this; what only the job does, nobody may."""
    return BY_VERB[verb].right in rights


def release_verb(*, approved: bool) -> Verb:
    """How a blocked request goes on: a hold that ends is not an approval."""
    return Verb.RELEASE if approved else Verb.RELEASE_FOR_APPROVAL


def diagram() -> str:
    """The table as a Mermaid state diagram, for the README."""
    edges: dict[tuple[str, str], list[str]] = {}
    for transition in TRANSITIONS:
        verb = transition.verb if Kind.ERASURE in transition.kinds else f"{transition.verb} (not an erasure)"
        for source in transition.sources or ("[*]",):
            edges.setdefault((_id(source), _id(transition.target)), []).append(verb)
    return "\n".join(
        [
            "stateDiagram-v2",
            *(f'    state "{_words(state)}" as {_id(state)}' for state in State if "-" in state),
            *(f"    {source} --> {target}: {', '.join(verbs)}" for (source, target), verbs in edges.items()),
            *(f"    {_id(state)} --> [*]" for state in State if state in FINAL),
        ]
    )


def _objection(state: State | None, transition: Transition, *, kind: Kind, started: bool) -> str:
    """Why not; "" if nothing speaks against it."""
    if kind not in transition.kinds:
        return f"“{transition.verb}” is not for requests of the kind “{kind}”."
    if state not in (transition.sources or (None,)):
        return _not_from(state, transition)
    if transition.unstarted and started:
        return f"“{transition.verb}” is possible only before anything was erased, and this erasure has begun."
    return ""


def _not_from(state: State | None, transition: Transition) -> str:
    here = f"this one is {_words(state)}" if state else "this one does not exist yet"
    where = " or ".join(_words(source) for source in transition.sources)
    return f"“{transition.verb}” is possible for a request that is {where or 'new'}; {here}."


def _words(state: State) -> str:
    return state.replace("-", " ")


def _id(state: str) -> str:
    return state.replace("-", "_")
