"""The drill finds out whether deletion works, and leaves nobody behind."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard import directory
from dashboard.audit import Action, Outcome
from dashboard.models import AuditEvent, Tenant
from dashboard.privacy import drill
from memadmin.memory import Place, StoreUnavailable, connect
from memadmin.memory.connect import Connection
from memadmin.memory.erasing import ErasureScope
from memadmin.memory.identity import DRILL
from memadmin.memory.rehearsing import remember
from tests.desk.conftest import Person

pytestmark = pytest.mark.usefixtures("store")


def _made_up() -> list[str]:
    return [user_id for user_id in connect().user_ids(after=DRILL) if user_id.startswith(DRILL)]


def _event() -> AuditEvent:
    return AuditEvent.objects.filter(action=Action.DRILL_RUN.value)[0]


def test_a_drill_on_a_sound_store_is_clean_and_says_with_what() -> None:
    result = drill.rehearse()
    assert (result.outcome, result.residue, result.trouble) == ("clean", 0, "")
    assert result.versions["mem0ai"].startswith("2.")
    assert _made_up() == []
    assert _event().outcome == Outcome.DONE


def test_the_made_up_person_is_in_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    erase = ErasureScope.holdings
    monkeypatch.setattr(ErasureScope, "holdings", lambda scope: seen.append(erase(scope)) or seen[-1])
    drill.rehearse()
    places = (Place.VECTORS, Place.ENTITIES, Place.HISTORY, Place.MESSAGES)
    assert all(seen[0].counts[place] > 0 for place in places)
    assert seen[0].counts[Place.HISTORY] > seen[0].counts[Place.VECTORS], "an old wording is to be erased too"


def test_a_drill_leaves_bob_untouched(bob: Person) -> None:
    bob.remember("I love steak.")
    before = bob.scope.get_all()
    drill.rehearse()
    assert bob.scope.get_all() == before


def test_an_erasure_that_does_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ErasureScope, "erase", lambda *_: {})
        patch.setattr(connect()._store, "delete_all", _removes_nothing)
        result = drill.rehearse()
    assert result.outcome == "residue"
    assert result.residue > 0
    assert _event().outcome == Outcome.FAILED
    assert drill.sweep(connect()) == 0, "it is too young to be left behind"
    monkeypatch.setattr(drill, "LEFT_BEHIND", timedelta(0))
    assert drill.sweep(connect()) == 1
    assert _made_up() == []


def _removes_nothing(_owner: str) -> Any:
    from memadmin.memory.records import Removal

    return Removal({}, ())


@pytest.mark.parametrize("error", [StoreUnavailable("The store does not answer."), TypeError("secret text")])
def test_a_drill_that_breaks_off_is_failed_and_leaves_nobody_behind(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(ErasureScope, "erase", fail)
    result = drill.rehearse()
    assert result.outcome == "failed"
    assert result.trouble in {"The store does not answer.", "TypeError"}
    assert _made_up() == []


def test_a_store_that_is_down_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(Connection, "user_ids", down)
    assert drill.rehearse().outcome == "failed"


def test_who_was_left_behind_by_a_killed_drill_goes_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(connect(), f"{DRILL}left", drill._conversation())
    monkeypatch.setattr(drill, "LEFT_BEHIND", timedelta(0))
    drill.rehearse()
    assert _made_up() == []


def test_made_up_people_are_not_in_the_directory() -> None:
    remember(connect(), f"{DRILL}listed", drill._conversation())
    try:
        directory.sync()
        assert not Tenant.objects.filter(user_id__startswith=DRILL).exists()
    finally:
        connect().scope_for_erasure(f"{DRILL}listed").erase_rest()
