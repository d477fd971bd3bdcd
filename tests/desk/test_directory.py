"""The directory follows the store: what is new every ten minutes, everybody once a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from psycopg.types.json import Jsonb

from dashboard import directory
from dashboard.models import DirectoryMark, Tenant
from memadmin.memory import StoreUnavailable, connect
from memadmin.memory.connect import Connection
from tests.desk.conftest import Person

pytestmark = pytest.mark.usefixtures("store")
A_YEAR_AGO = "2025-11-21T12:00:00.000000+00:00"


@pytest.fixture
def dated() -> Iterator[Any]:
    """Writes memories that say when they were made, and takes them away again."""
    store: Any = connect()._store
    written: list[str] = []

    def write(person: Person, created: Any) -> None:
        payload = Jsonb({"user_id": person.user_id, "data": "Likes tea.", "created_at": created})
        store._mem0()
        with store._transaction() as connection:
            connection.execute(
                store._sql("INSERT INTO {vectors} (id, payload) VALUES (gen_random_uuid(), %s)"), [payload]
            )
        written.append(person.user_id)

    yield write
    with store._transaction() as connection:
        connection.execute(store._sql("DELETE FROM {vectors} WHERE payload->>'user_id' = ANY(%s)"), [written])


def _is_listed(person: Person) -> bool:
    return Tenant.objects.filter(user_id=person.user_id).exists()


def _a_day_passes() -> None:
    DirectoryMark.objects.update(walked_at=timezone.now() - directory.WALK_EVERY)


def test_the_first_look_walks_through_everybody(alice: Person, dated: Any) -> None:
    dated(alice, A_YEAR_AGO)
    assert directory.sync().everybody
    assert _is_listed(alice)


def test_the_next_looks_take_in_who_is_new(alice: Person, bob: Person) -> None:
    directory.sync()
    for person in (alice, bob):
        person.remember("Likes tea.")
        done = directory.sync()
        assert not done.everybody
        assert done.added == 1
        assert _is_listed(person)


def test_an_old_date_is_found_by_the_daily_walk_only(alice: Person, dated: Any) -> None:
    directory.sync()
    dated(alice, A_YEAR_AGO)
    directory.sync()
    assert not _is_listed(alice)
    _a_day_passes()
    assert directory.sync().everybody
    assert _is_listed(alice)
    assert not directory.sync().everybody


def test_an_old_date_is_found_at_once_if_asked_to(alice: Person, dated: Any) -> None:
    directory.sync()
    dated(alice, A_YEAR_AGO)
    assert directory.sync(full=True).everybody
    assert _is_listed(alice)


@pytest.mark.parametrize("created", ["9999-12-31T23:59:59.999999+00:00", "soon", {"a": 1}])
def test_a_date_that_is_none_or_far_ahead_stops_no_later_find(
    alice: Person, bob: Person, dated: Any, created: Any
) -> None:
    directory.sync()
    dated(alice, created)
    directory.sync()
    bob.remember("Likes tea.")
    assert not directory.sync().everybody
    assert _is_listed(alice)
    assert _is_listed(bob)


def test_a_look_that_breaks_off_is_made_up_for_by_the_next(
    alice: Person, bob: Person, dated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.sync()
    before = DirectoryMark.objects.get().mark
    alice.remember("Likes tea.")
    bob.remember("Likes coffee.")
    with monkeypatch.context() as patch:
        patch.setattr(directory, "BATCH", 1)
        patch.setattr(Connection, "user_ids_since", _breaks_after(alice))
        with pytest.raises(StoreUnavailable):
            directory.sync()
    assert (_is_listed(alice), _is_listed(bob)) == (True, False)
    assert DirectoryMark.objects.get().mark == before
    directory.sync()
    assert _is_listed(bob)


def _breaks_after(person: Person) -> Any:
    def user_ids_since(_: object, __: str, *, after: str, limit: int) -> list[str]:
        if after:
            raise StoreUnavailable("The store does not answer.")
        return [person.user_id]

    return user_ids_since


def test_a_walk_that_breaks_off_leaves_the_next_one_to_walk(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            Connection, "user_ids", lambda *_, after, limit: _breaks_after(alice)(0, "", after=after, limit=1)
        )
        with pytest.raises(StoreUnavailable):
            directory.sync()
    assert not DirectoryMark.objects.exists()
    assert directory.sync().everybody


def test_another_store_is_walked_through_whole(alice: Person, dated: Any) -> None:
    directory.sync()
    now = DirectoryMark.objects.get().mark.split()[1]
    DirectoryMark.objects.update(mark=f"0123456789abcdef {now}")
    dated(alice, A_YEAR_AGO)
    assert directory.sync().everybody
    assert _is_listed(alice)
    assert not directory.sync().everybody


def test_a_store_that_cannot_tell_who_is_new_is_walked_through_every_time(
    alice: Person, dated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.sync()
    dated(alice, A_YEAR_AGO)
    monkeypatch.setattr(Connection, "mark", lambda _: None)
    monkeypatch.setattr(Connection, "user_ids_since", lambda *_, **__: None)
    assert directory.sync().everybody
    assert directory.sync().everybody
    assert not DirectoryMark.objects.exists()  # so that the store from before is walked through on its return


def test_a_clock_that_was_set_back_costs_one_walk(store: None) -> None:
    directory.sync()
    DirectoryMark.objects.update(walked_at=timezone.now() + timedelta(hours=1))
    assert directory.sync().everybody
    assert not directory.sync().everybody


@pytest.mark.parametrize("options", [{"full": True}, {}])
def test_who_was_erased_stays_out_of_the_directory(alice: Person, options: dict[str, bool]) -> None:
    directory.sync()
    alice.remember("Likes tea.")
    directory.sync()
    alice.scope.delete_all()
    alice.tenant.delete()
    assert directory.sync(**options).added == 0
    assert not _is_listed(alice)


def test_a_walk_of_the_past_day_is_enough(store: None) -> None:
    directory.sync()
    walked_at = DirectoryMark.objects.get().walked_at
    assert datetime.now(UTC) - walked_at < timedelta(minutes=1)
    directory.sync()
    assert DirectoryMark.objects.get().walked_at == walked_at


def test_the_command_says_how_far_it_looked(alice: Person, dated: Any) -> None:
    directory.sync()
    dated(alice, A_YEAR_AGO)
    assert _printed("sync_directory") == (
        "0 new tenants.\nLooked at memories written since the last look; --full walks through everybody.\n"
    )
    assert _printed("sync_directory", "--full").startswith("1 new tenant.\n")


def _printed(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
