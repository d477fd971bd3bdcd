"""The states of a request: what may follow what, and that every request can come to an end."""

import pytest

from dashboard.coded import Code
from dashboard.grounds import GROUNDS
from dashboard.privacy.codes import Channel, Exemption, IdentityCheck, Kind, Refusal, refusals
from dashboard.privacy.states import (
    BY_VERB,
    FINAL,
    TRANSITIONS,
    NotNow,
    State,
    Verb,
    after,
    allowed,
    diagram,
    may,
    possible,
    release_verb,
)
from dashboard.roles import RIGHTS, Role

SUPPORT, OFFICER, AUDITOR = (RIGHTS[role] for role in (Role.SUPPORT, Role.PRIVACY_OFFICER, Role.AUDITOR))
BY_HAND = [kind for kind in Kind if kind is not Kind.ERASURE]


def _walk(*verbs: Verb, kind: Kind = Kind.ERASURE) -> State:
    state = None
    for verb in verbs:
        state = after(state, verb, kind=kind)
    assert state
    return state


def _reachable(state: State, kind: Kind) -> set[State]:
    found, new = set[State](), {state}
    while new:
        found |= new
        new = {after(each, verb, kind=kind) for each in new for verb in possible(each, kind=kind)} - found
    return found


TO_RUNNING = (Verb.OPEN, Verb.SUBMIT, Verb.APPROVE, Verb.START)


def test_an_erasure_goes_from_receipt_to_completion() -> None:
    assert _walk(*TO_RUNNING, Verb.VERIFY, Verb.COMPLETE) is State.COMPLETED


def test_doubt_about_identity_is_a_detour() -> None:
    assert _walk(Verb.OPEN, Verb.DOUBT_IDENTITY, Verb.CONFIRM_IDENTITY) is State.RECEIVED


@pytest.mark.parametrize("again", [Verb.START, Verb.RESUME])
def test_a_failed_run_is_taken_up_again_by_the_job_or_by_an_officer(again: Verb) -> None:
    assert _walk(*TO_RUNNING, Verb.FAIL, again) is State.RUNNING


def test_a_hold_blocks_a_run_that_is_under_way_and_its_end_schedules_it_again() -> None:
    assert _walk(*TO_RUNNING, Verb.BLOCK, release_verb(approved=True)) is State.SCHEDULED


def test_the_end_of_a_hold_is_not_an_approval() -> None:
    state = _walk(Verb.OPEN, Verb.SUBMIT, Verb.BLOCK, release_verb(approved=False))
    assert state is State.AWAITING_APPROVAL


@pytest.mark.parametrize("kind", sorted(BY_HAND))
def test_the_other_kinds_are_fulfilled_by_hand_and_never_erased(kind: Kind) -> None:
    assert _walk(Verb.OPEN, Verb.FULFIL, kind=kind) is State.COMPLETED
    assert State.RUNNING not in _reachable(State.RECEIVED, kind)


def test_an_erasure_cannot_be_called_done_by_hand() -> None:
    with pytest.raises(NotNow, match="“fulfil” is not for requests of the kind “erasure”"):
        after(State.RECEIVED, Verb.FULFIL)


def test_what_comes_too_late_is_refused_with_a_sentence() -> None:
    with pytest.raises(NotNow, match="possible for a request that is awaiting approval; this one is completed"):
        after(State.COMPLETED, Verb.APPROVE)


def test_a_request_is_opened_once() -> None:
    with pytest.raises(NotNow, match="a request that is new"):
        after(State.RECEIVED, Verb.OPEN)


def test_nothing_happens_to_a_request_that_does_not_exist() -> None:
    with pytest.raises(NotNow, match="does not exist yet"):
        after(None, Verb.APPROVE)


@pytest.mark.parametrize("verb", [Verb.REFUSE, Verb.CANCEL])
@pytest.mark.parametrize("state", [State.RUNNING, State.VERIFYING, State.FAILED, *sorted(FINAL)])
def test_what_has_started_is_neither_refused_nor_cancelled(verb: Verb, state: State) -> None:
    assert not allowed(state, verb, started=True)


@pytest.mark.parametrize("verb", [Verb.REFUSE, Verb.CANCEL])
@pytest.mark.parametrize("state", [State.BLOCKED, State.SCHEDULED])
def test_a_hold_in_mid_run_does_not_make_it_look_unstarted(verb: Verb, state: State) -> None:
    assert allowed(state, verb)
    with pytest.raises(NotNow, match="only before anything was erased"):
        after(state, verb, started=True)


@pytest.mark.parametrize("kind", Kind)
def test_every_request_can_end(kind: Kind) -> None:
    for state in _reachable(State.RECEIVED, kind):
        assert _reachable(state, kind) & FINAL


def test_every_state_can_be_reached() -> None:
    assert _reachable(State.RECEIVED, Kind.ERASURE) == set(State)


def test_what_is_final_is_an_answer() -> None:
    assert {State.COMPLETED, State.COMPLETED_WITH_RESIDUE, State.REFUSED, State.CANCELLED} == FINAL


def test_every_verb_has_one_row() -> None:
    assert set(BY_VERB) == set(Verb)
    assert len(TRANSITIONS) == len(Verb)


def test_sam_may_prepare_but_neither_approve_nor_end_a_request() -> None:
    assert may(SUPPORT, Verb.SUBMIT)
    assert not any(may(SUPPORT, verb) for verb in (Verb.APPROVE, Verb.REFUSE, Verb.CANCEL, Verb.BLOCK, Verb.FULFIL))


def test_aude_reads_and_moves_nothing() -> None:
    assert not any(may(AUDITOR, verb) for verb in Verb)


def test_not_even_petra_does_by_hand_what_the_job_does() -> None:
    job = (Verb.RETURN, Verb.START, Verb.VERIFY, Verb.COMPLETE, Verb.COMPLETE_WITH_RESIDUE, Verb.FAIL)
    assert [verb for verb in Verb if not may(OFFICER, verb)] == list(job)


def test_whoever_ends_a_request_unfulfilled_says_why() -> None:
    assert all(each.note_required for each in TRANSITIONS if each.target in {State.REFUSED, State.CANCELLED})


def test_the_diagram_shows_every_state_and_arrow() -> None:
    lines = [line.strip() for line in diagram().splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert "[*] --> received: open" in lines
    assert "failed --> running: start, resume" in lines
    assert "completed --> [*]" in lines
    assert all(state.replace("-", "_") in diagram() for state in State)


def test_exceptions_for_erasure_refuse_nothing_else() -> None:
    assert set(Exemption) < set(refusals(Kind.ERASURE))
    assert not set(Exemption) & set(refusals(Kind.ACCESS))


@pytest.mark.parametrize("codes", [State, Kind, Channel, IdentityCheck, Exemption, Refusal])
def test_every_code_is_explained_in_a_sentence(codes: type[Code]) -> None:
    assert all(sentence.endswith(".") for _, sentence in codes.choices())


def test_no_code_means_two_things() -> None:
    codes = [*(code for code, _ in GROUNDS), *Exemption, *Refusal]
    assert len(codes) == len(set(codes))
