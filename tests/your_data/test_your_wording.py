"""Sentences and steps never promise more than is known."""

import pytest

from dashboard.privacy.codes import Kind
from dashboard.privacy.states import State
from dashboard.your_data import wording

CLEAN = {"outcome": "clean", "places": [{"place": "vectors", "status": "clean", "count": 0}]}
UNCHECKED = {"outcome": "partial", "places": [{"place": "vectors", "status": "unchecked", "count": 0}]}
RESIDUE = {"outcome": "residue", "places": [{"place": "vectors", "status": "residue", "count": 1}]}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("begun", [True, False])
def test_every_request_has_a_sentence_in_every_state(state: State, kind: Kind, *, begun: bool) -> None:
    assert str(wording.sentence(state, kind, begun=begun)) != state


@pytest.mark.parametrize("state", [state for state in State if state not in {State.AWAITING_APPROVAL, State.CANCELLED}])
def test_what_has_begun_is_not_said_to_have_erased_nothing(state: State) -> None:
    """The two that are left out lie before anything is erased."""
    said = str(wording.sentence(state, Kind.ERASURE, begun=True))
    assert not any(denied in said for denied in ("Nothing has been erased", "Nothing was erased", "Nothing is erased"))


def test_a_request_for_something_else_speaks_of_no_erasure() -> None:
    assert "erased" not in str(wording.sentence(State.CANCELLED, Kind.ACCESS, begun=False))


@pytest.mark.parametrize(
    ("state", "verdict", "last"),
    [
        (State.COMPLETED, CLEAN, "Every place searched"),
        (State.COMPLETED, UNCHECKED, "Searched, but not every place"),
        (State.COMPLETED, {}, "Searched, but not every place"),
        (State.COMPLETED_WITH_RESIDUE, RESIDUE, "Searched, and something was found"),
        (State.VERIFYING, {}, "Every place searched"),
        (State.VERIFYING, UNCHECKED, "Searched, but not every place"),
    ],
)
def test_the_last_step_says_what_the_search_bears_out(state: State, verdict: dict[str, object], last: str) -> None:
    step = wording.steps(state, verdict)[-1]
    assert (str(step.words), step.is_done) == (last, state is not State.VERIFYING)
