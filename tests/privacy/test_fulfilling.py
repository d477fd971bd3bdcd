"""A request that staff deal with by hand is closed as fulfilled only once the store shows that it was done."""

import pytest

from dashboard.models import PrivacyRequest
from dashboard.privacy import opening
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.states import NotNow
from tests.desk.conftest import Person

NOTE = "Done as you asked."


@pytest.fixture
def memory_id(alice: Person) -> str:
    return alice.remember("Alice is vegetarian.")[0]


def about(alice: Person, by: Actor, kind: Kind, memory_id: str) -> PrivacyRequest:
    return opening.open_request(alice.tenant, by, Asked(kind=kind, memory_id=memory_id))


def test_a_memory_that_is_still_there_was_not_forgotten(alice: Person, memory_id: str, officer: Actor) -> None:
    asked = about(alice, officer, Kind.REMOVAL, memory_id)
    with pytest.raises(NotNow, match="still there"):
        opening.fulfil(asked, officer, note=NOTE)
    alice.scope.delete(memory_id)
    assert opening.fulfil(asked, officer, note=NOTE).decision_reason == NOTE


def test_a_memory_that_the_agent_still_gets_was_not_restricted(alice: Person, memory_id: str, officer: Actor) -> None:
    asked = about(alice, officer, Kind.RESTRICTION, memory_id)
    with pytest.raises(NotNow, match="still uses"):
        opening.fulfil(asked, officer, note=NOTE)
    alice.scope.restrict(memory_id)
    assert opening.fulfil(asked, officer, note=NOTE).state == "completed"


def test_a_memory_with_its_old_wording_was_not_corrected(alice: Person, memory_id: str, officer: Actor) -> None:
    asked = about(alice, officer, Kind.RECTIFICATION, memory_id)
    with pytest.raises(NotNow, match="old wording"):
        opening.fulfil(asked, officer, note=NOTE)
    alice.scope.rectify(memory_id, "Alice eats fish.")
    assert opening.fulfil(asked, officer, note=NOTE).state == "completed"


@pytest.mark.parametrize("kind", [Kind.REMOVAL, Kind.RESTRICTION, Kind.RECTIFICATION])
def test_a_memory_that_is_gone_leaves_nothing_to_do(alice: Person, memory_id: str, officer: Actor, kind: Kind) -> None:
    asked = about(alice, officer, kind, memory_id)
    alice.scope.delete(memory_id)
    assert opening.fulfil(asked, officer, note=NOTE).state == "completed"
