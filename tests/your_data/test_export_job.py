"""A copy that is ordered: made once, fetched once, deleted; never there after an erasure."""

import os
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard import access, audit, export_files, exporting, tasks
from dashboard.audit import Action, AuditUnavailable, tenant_digest
from dashboard.exporting import Standing, jobs
from dashboard.models import AuditEvent, Export, Freeze, PrivacyRequest, Tenant
from dashboard.privacy.verification import RESIDUE
from memadmin.memory import StoreUnavailable
from tests.desk.conftest import Person
from tests.privacy.conftest import *  # noqa: F403 - who asks and who approves
from tests.privacy.conftest import carry_out


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEMADMIN_EXPORT_DIR = str(tmp_path / "exports")
    return tmp_path / "exports"


def ordered(person: Person) -> Export:
    return exporting.order(person.tenant, tenant_digest(person.user_id), "en", actor="the person")


def made(person: Person) -> Export:
    export = ordered(person)
    exporting.make(export)
    return now(export)


def now(export: Export) -> Export:
    return Export.objects.get(pk=export.pk)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


# -- order and make ---------------------------------------------------------------------------------------


def test_a_copy_is_ordered_made_and_ready(alice: Person, folder: Path, settings: Any) -> None:
    settings.MEMADMIN_EXPORT_HOURS = 48
    alice.remember("I am vegetarian.", "I like tea.")
    export = ordered(alice)
    assert exporting.standing(export) is Standing.WAITING
    exporting.make(export)
    export = now(export)
    assert exporting.standing(export) is Standing.READY
    assert files(folder) == [f"{export.pk}.zip"]
    file = export_files.finished(export)
    assert (export.done, export.total, export.size) == (2, 2, file.stat().st_size)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert zipfile.ZipFile(file).testzip() is None
    assert export.ready_at
    assert export.expires_at == export.ready_at + timedelta(hours=48)


def test_ordering_and_making_are_on_record(alice: Person) -> None:
    alice.remember("I am vegetarian.")
    export = made(alice)
    assert actions() == ["export-ordered", "export-made"]
    event = AuditEvent.objects.get(action=Action.EXPORT_MADE.value)
    assert event.counts == {"memories": 1, "bytes": export.size}
    assert (event.actor_kind, event.tenant_digest) == ("job", tenant_digest(alice.user_id))


def test_the_job_is_queued_and_names_nobody(alice: Person) -> None:
    export = ordered(alice)
    job = ProcrastinateJob.objects.get(task_name="dashboard.tasks.make_export")
    assert job.args == {"export_id": str(export.pk)}


def test_one_that_is_under_way_is_not_ordered_twice(alice: Person) -> None:
    assert ordered(alice) == ordered(alice)
    assert actions() == ["export-ordered"]


def test_one_that_waits_to_be_fetched_is_replaced(alice: Person, folder: Path) -> None:
    old = made(alice)
    new = made(alice)
    assert new != old
    assert exporting.standing(now(old)) is Standing.WITHDRAWN
    assert files(folder) == [f"{new.pk}.zip"]
    assert exporting.newest(tenant_digest(alice.user_id)) == new


def test_a_copy_is_nobody_elses(alice: Person, bob: Person) -> None:
    made(alice)
    assert exporting.newest(tenant_digest(bob.user_id)) is None


def test_nothing_is_ordered_that_cannot_be_on_record(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    _unrecordable(monkeypatch)
    with pytest.raises(AuditUnavailable):
        ordered(alice)
    assert not Export.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def _unrecordable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise AuditUnavailable("The audit log cannot be written.")

    monkeypatch.setattr(audit, "record", fail)


def test_making_it_again_changes_nothing(alice: Person) -> None:
    export = made(alice)
    before = export_files.finished(export).read_bytes()
    exporting.make(export)
    assert export_files.finished(export).read_bytes() == before
    assert actions().count("export-made") == 1


def test_what_a_killed_worker_left_is_begun_anew(alice: Person, folder: Path) -> None:
    alice.remember("I am vegetarian.")
    export = ordered(alice)
    export_files.unfinished(export).write_bytes(b"x" * 1_000_000)
    exporting.make(export)
    assert files(folder) == [f"{export.pk}.zip"]
    assert zipfile.ZipFile(export_files.finished(export)).testzip() is None


def test_a_store_that_is_down_leaves_nothing_and_can_be_tried_again(
    alice: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(tenant: Tenant) -> None:
        raise StoreUnavailable("down")

    export = ordered(alice)
    with monkeypatch.context() as patch:
        patch.setattr(access, "open_scope", down)
        with pytest.raises(StoreUnavailable):
            exporting.make(export)
    assert files(folder) == []
    exporting.make(export)
    assert exporting.standing(now(export)) is Standing.READY


class Context:
    """As much of procrastinate's as the task looks at."""

    def __init__(self, attempts: int) -> None:
        self.job = type("Job", (), {"attempts": attempts})


@pytest.mark.parametrize(("attempts", "expected"), [(0, Standing.WAITING), (tasks.COPY_ATTEMPTS - 1, Standing.FAILED)])
def test_it_fails_after_the_last_attempt_only(
    alice: Person, monkeypatch: pytest.MonkeyPatch, attempts: int, expected: Standing
) -> None:
    def down(export: Export) -> None:
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(exporting, "make", down)
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    export = ordered(alice)
    with pytest.raises(StoreUnavailable):
        tasks.make_export.func(Context(attempts), str(export.pk))
    assert exporting.standing(now(export)) is expected
    assert (now(export).trouble == "The store does not answer.") is (expected is Standing.FAILED)
    assert (ordered(alice) == export) is (expected is Standing.WAITING)


# -- fetch --------------------------------------------------------------------------------------------------


def test_it_is_fetched_once_and_its_file_is_gone_then(alice: Person, folder: Path) -> None:
    export = made(alice)
    with exporting.fetch(export, actor="the person") as file:  # type: ignore[union-attr]
        assert files(folder) == []
        assert len(file.read()) == export.size
    assert exporting.fetch(export, actor="the person") is None
    assert exporting.standing(now(export)) is Standing.FETCHED
    assert now(export).removed_at
    assert actions().count("export-fetched") == 1


def test_one_that_has_expired_is_not_fetched(alice: Person) -> None:
    export = made(alice)
    Export.objects.update(expires_at=timezone.now())
    assert exporting.fetch(export, actor="the person") is None
    assert exporting.standing(now(export)) is Standing.EXPIRED


def test_one_that_is_not_ready_is_not_fetched(alice: Person) -> None:
    assert exporting.fetch(ordered(alice), actor="the person") is None


def test_it_is_not_used_up_if_that_cannot_be_on_record(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    export = made(alice)
    with monkeypatch.context() as patch:
        _unrecordable(patch)
        with pytest.raises(AuditUnavailable):
            exporting.fetch(export, actor="the person")
    assert exporting.standing(now(export)) is Standing.READY
    exporting.fetch(export, actor="the person").close()  # type: ignore[union-attr]


def test_one_whose_file_somebody_deleted_is_withdrawn(alice: Person) -> None:
    export = made(alice)
    export_files.finished(export).unlink()
    assert exporting.fetch(export, actor="the person") is None
    assert exporting.standing(now(export)) is Standing.WITHDRAWN
    assert "export-fetched" not in actions()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_fetch_at_once_one_gets_it(alice: Person) -> None:
    export, got = made(alice), []
    start = threading.Barrier(4)

    def fetch() -> None:
        start.wait()
        got.append(exporting.fetch(export, actor="the person"))
        connection.close()

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    (file,) = [file for file in got if file]
    file.close()
    assert len(got) == 4


# -- sweep ----------------------------------------------------------------------------------------------------


def test_what_nobody_fetched_in_time_is_deleted(alice: Person, bob: Person, folder: Path) -> None:
    late, waiting = made(alice), made(bob)
    Export.objects.filter(pk=late.pk).update(expires_at=timezone.now())
    assert export_files.sweep() == 1
    assert files(folder) == [f"{waiting.pk}.zip"]
    assert now(late).removed_at
    assert exporting.standing(now(waiting)) is Standing.READY


def test_what_a_dead_job_left_is_deleted_and_what_a_living_one_writes_is_not(alice: Person, folder: Path) -> None:
    export = ordered(alice)
    export_files.unfinished(export).write_bytes(b"half")
    export_files.finished(export).write_bytes(b"renamed, and killed before that was committed")
    with _another_worker_at(export):
        assert export_files.sweep() == 0
    assert export_files.sweep() == 2
    assert files(folder) == []


def _another_worker_at(export: Export) -> Any:
    """The lock, held by a connection of its own."""
    from contextlib import contextmanager

    import psycopg

    @contextmanager
    def held() -> Iterator[None]:
        with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 1))", [f"export {export.pk}"])
            yield

    return held()


def test_two_workers_are_not_at_one_copy(alice: Person, folder: Path) -> None:
    export = ordered(alice)
    with _another_worker_at(export):
        exporting.make(export)
    assert exporting.standing(now(export)) is Standing.WAITING
    assert files(folder) == []


def test_files_that_are_not_the_desks_stay(folder: Path, db: None) -> None:
    export_files.folder().joinpath("holiday.zip").write_bytes(b"")
    young = export_files.folder() / "11111111-1111-4111-8111-111111111111.zip"
    young.write_bytes(b"perhaps another desk's")
    assert export_files.sweep() == 0
    os.utime(young, (0, 0))
    assert export_files.sweep() == 1
    assert files(folder) == ["holiday.zip"]


def test_one_that_no_job_will_make_any_more_can_be_ordered_again(alice: Person) -> None:
    export = ordered(alice)
    Export.objects.update(asked_at=timezone.now() - timedelta(days=2))
    export_files.sweep()
    assert exporting.standing(now(export)) is Standing.FAILED
    assert ordered(alice) != export


# -- erasure ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_no_copy_survives_an_erasure(
    alice: Person, bob: Person, folder: Path, approved: Callable[[Person], PrivacyRequest]
) -> None:
    alice.remember("I am vegetarian.")
    export, bobs = made(alice), made(bob)
    digest = tenant_digest(alice.user_id)
    assert carry_out(approved(alice)).state == "completed"
    assert files(folder) == [f"{bobs.pk}.zip"]
    assert exporting.fetch(export, actor="the person") is None
    assert exporting.standing(exporting.newest(digest)) is Standing.WITHDRAWN  # type: ignore[arg-type]


def test_no_copy_survives_an_erasure_that_left_something(
    alice: Person, folder: Path, approved: Callable[[Person], PrivacyRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.privacy import running, verification

    look = verification.look
    monkeypatch.setattr(verification, "ask_another_process", lambda order: {**look(order), "outcome": RESIDUE})
    alice.remember("I am vegetarian.")
    made(alice)
    running.run(approved(alice), running.Actor.job("test"))
    assert files(folder) == []


def _in_the_middle(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Something happens after everything was read, and before the copy is ready."""
    save = jobs._save

    def saved(path: Path, pieces: Any) -> int:
        size = save(path, pieces)
        happens()
        return size

    monkeypatch.setattr(jobs, "_save", saved)


def test_a_copy_that_is_made_while_an_erasure_begins_comes_to_nothing(
    alice: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember("I am vegetarian.")
    _in_the_middle(monkeypatch, lambda: Freeze.objects.create(user_id=alice.user_id) and None)
    export = made(alice)
    assert files(folder) == []
    assert exporting.standing(export) is Standing.WITHDRAWN
    assert "export-made" not in actions()


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_is_made_through_a_whole_erasure_comes_to_nothing(
    alice: Person,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    approved: Callable[[Person], PrivacyRequest],
) -> None:
    alice.remember("I am vegetarian.")
    asked = approved(alice)
    _in_the_middle(monkeypatch, lambda: carry_out(asked) and None)
    export = made(alice)
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()
    assert files(folder) == []
    assert exporting.standing(export) is Standing.WITHDRAWN


def test_reading_stops_once_the_copy_is_withdrawn(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    export = ordered(alice)
    export_files.forget(tenant_digest(alice.user_id))
    monkeypatch.setattr(access, "open_scope", lambda tenant: pytest.fail("nothing is read"))
    exporting.make(export)
    assert exporting.standing(now(export)) is Standing.WITHDRAWN


def test_somebody_who_was_erased_can_have_a_copy_of_what_is_on_record(alice: Person) -> None:
    export = exporting.order(None, tenant_digest(alice.user_id), "de", actor="the person")
    exporting.make(export)
    names = zipfile.ZipFile(export_files.finished(now(export))).namelist()
    assert "requests.json" in names
    assert "memories.json" not in names
