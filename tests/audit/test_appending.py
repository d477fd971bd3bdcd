"""Appending is a transaction of its own, in order, by many at once."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.utils import timezone

from dashboard import audit
from dashboard.audit import Action, appending
from dashboard.models import AuditEvent, AuditHead
from tests.audit.conftest import mallory

own_transactions = pytest.mark.django_db(transaction=True)


def _record(number: int = 0) -> AuditEvent:
    return audit.record(Action.MEMORIES_PAGED, actor="sam", counts={"shown": number}, reason=f"note {number}")


def _in_threads(work: Callable[[int], Any], times: int) -> list[Any]:
    def once(number: int) -> Any:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(once, range(times)))


@own_transactions
def test_a_callers_rollback_removes_no_event() -> None:
    with transaction.atomic():
        event = _record()
        transaction.set_rollback(True)
    assert AuditEvent.objects.get() == event
    assert audit.note_of(event) == "note 0"


@own_transactions
def test_an_event_is_committed_when_record_returns() -> None:
    with transaction.atomic():
        event = _record()
        (seen,) = _in_threads(lambda _: AuditEvent.objects.get(), 1)
    assert seen == event


@own_transactions
def test_a_callers_long_transaction_holds_nobody_up() -> None:
    with transaction.atomic():
        _record()
        assert len(_in_threads(_record, 5)) == 5
    assert AuditEvent.objects.count() == 6


@own_transactions
def test_events_of_eight_threads_make_one_chain() -> None:
    events = _in_threads(_record, 200)
    assert sorted(event.seq for event in events) == list(range(1, 201))
    assert {event.counts["shown"] for event in events} == set(range(200))
    assert audit.verify().intact


@own_transactions
def test_each_thread_gets_its_own_event_back() -> None:
    for number, event in enumerate(_in_threads(_record, 50)):
        kept = AuditEvent.objects.get(pk=event.pk)
        assert (kept.seq, kept.hash, kept.at, kept.counts) == (event.seq, event.hash, event.at, {"shown": number})


@own_transactions
def test_one_bad_event_does_not_refuse_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "GATHERING", 0.02)  # so that they do share a statement

    def work(number: int) -> str:
        try:
            label = audit.tenant_digest("x") * 10 if number % 10 == 0 else ""  # too long for its column
            audit.record(Action.MEMORIES_PAGED, actor="sam", digest=label)
        except audit.AuditUnavailable as error:
            return type(error.__cause__).__name__
        return "done"

    outcomes = _in_threads(work, 80)
    assert outcomes.count(DataError.__name__) == 8
    assert AuditEvent.objects.count() == 72
    assert audit.verify().intact


@own_transactions
def test_a_writer_waits_until_all_who_were_here_are_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "GATHERING", 30)
    monkeypatch.setattr(appending.appender, "_company", 2)
    began = time.monotonic()
    thread, first = _started(_record)
    _until(lambda: appending.appender._waiting)
    assert (_record().seq, thread.join(5), first[0].seq) == (2, None, 1)
    assert time.monotonic() - began < 5


@own_transactions
def test_a_lone_event_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "GATHERING", 30)
    monkeypatch.setattr(appending.appender, "_company", 0)
    began = time.monotonic()
    assert [_record().seq, _record().seq] == [1, 2]
    assert time.monotonic() - began < 5


@own_transactions
def test_a_writer_waits_no_longer_for_who_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending.appender, "_company", 2)
    assert _record().seq == 1
    assert appending.appender._company == 1


@own_transactions
def test_a_restarted_server_costs_no_event() -> None:
    _record()
    appenders = appending.appender._own_connection()
    with appenders.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    connection.cursor().execute("SELECT pg_terminate_backend(%s)", [pid])
    assert _record().seq == 2


@own_transactions
def test_a_database_that_takes_no_connection_is_an_audit_log_that_cannot_be_written() -> None:
    _record()
    appending.appender.close()
    kept, options = appending.appender._own_connection(), appending.appender._own_connection().settings_dict
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(options, "HOST", "127.0.0.1")
        patch.setitem(options, "PORT", "1")
        with pytest.raises(audit.AuditUnavailable):
            _record()
    assert (_record().seq, appending.appender._own_connection()) == (2, kept)


@own_transactions
def test_a_table_that_was_altered_costs_no_event() -> None:
    _record()
    try:
        connection.cursor().execute("ALTER TABLE dashboard_auditevent ALTER COLUMN hash TYPE text")
        assert _record().seq == 2
    finally:
        connection.cursor().execute("ALTER TABLE dashboard_auditevent ALTER COLUMN hash TYPE varchar(64)")
    assert _record().seq == 3


@own_transactions
@pytest.mark.parametrize(("threshold", "prepared", "limit"), [(5, 1, "7s"), (None, 0, "0")])
def test_behind_a_pooler_nothing_is_prepared_and_no_setting_is_left(
    threshold: int | None, prepared: int, limit: str
) -> None:
    appending.appender.close()
    own = appending.appender._own_connection()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(own.settings_dict["OPTIONS"], "prepare_threshold", threshold)
        assert _record().seq == 1
        server = own.connection
        found = server.execute("SELECT count(*), current_setting('statement_timeout') FROM pg_prepared_statements")
        assert found.fetchone() == (prepared, limit)
    appending.appender.close()


@own_transactions
def test_an_answer_that_was_lost_is_not_recorded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch, failed = appending._fetch, threading.Event()

    def loses_the_first_answer(over: Any, statement: str, argument: Any) -> Any:
        answer = fetch(over, statement, argument)
        if failed.is_set():
            return answer
        failed.set()
        over.connection.close()
        raise OperationalError("the connection was lost")

    monkeypatch.setattr(appending, "_fetch", loses_the_first_answer)
    assert _record().seq == 1
    assert AuditHead.objects.get().seq == 1


@own_transactions
def test_a_locked_chain_is_refused_after_a_while_instead_of_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Mock()  # without a time limit
    monkeypatch.setattr(appending.appender._own_connection(), "is_usable", asked)
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION audit_chain SET lock_timeout = '100ms'")
    try:
        with transaction.atomic():
            connection.cursor().execute("SELECT FROM dashboard_audithead FOR UPDATE")
            with pytest.raises(audit.AuditUnavailable):
                _record()
    finally:
        connection.cursor().execute("ALTER FUNCTION audit_chain SET lock_timeout = '5s'")
    assert (_record().seq, asked.called) == (1, False)


@own_transactions
def test_time_never_goes_backwards_along_the_chain() -> None:
    ahead = timezone.now() + timedelta(hours=1)  # the clock was, and has been set back since
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_audithead SET at = %s", [ahead])
    assert [_record().at, _record().at] == [ahead, ahead]


class Stopped(BaseException):
    """A thread is told to end: an interrupt, a server's time limit."""


def _started(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """A thread, and the list to which it will add what came of its work."""
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(work())
        except BaseException as error:  # noqa: BLE001
            came.append(type(error))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


def _until(true: Callable[[], Any]) -> None:
    while not true():
        time.sleep(0.001)


class _Gate:
    """An ``_insert`` that waits until it is let through, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open, self.insert = threading.Event(), threading.Event(), appending._insert
        monkeypatch.setattr(appending, "_insert", self)

    def __call__(self, over: Any, rows: Any) -> Any:
        self.reached.set()
        assert self.open.wait(30)
        return self.insert(over, rows)


@own_transactions
def test_nobody_waits_for_ever_for_a_writer_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "PATIENCE", 0.05)
    gate = _Gate(monkeypatch)
    thread, first = _started(_record)
    gate.reached.wait()
    with pytest.raises(audit.AuditUnavailable):
        _record()
    gate.open.set()
    thread.join()
    assert (first[0].seq, _record().seq) == (1, 2)  # what was refused was not written later


@own_transactions
def test_a_thread_stopped_as_its_turn_comes_hands_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stops:
        def __init__(self) -> None:
            self.turn = threading.Event()

        def acquire(self, timeout: float) -> None:
            self.turn.wait()
            raise Stopped

        def release(self) -> None:
            self.turn.set()

    gate, entry, waiting = _Gate(monkeypatch), appending._Entry, appending.appender
    leader, _ = _started(_record)
    gate.reached.wait()
    with monkeypatch.context() as patched:
        patched.setattr(appending, "_Entry", lambda *given: entry(*given, woken=Stops()))
        stopped, came = _started(_record)
        _until(lambda: len(waiting._waiting) == 1)
    follower, event = _started(_record)
    _until(lambda: len(waiting._waiting) == 2)
    gate.open.set()
    for thread in (leader, stopped, follower):
        thread.join(5)
    assert (came, event[0].seq) == ([Stopped], 2)


@own_transactions
@pytest.mark.parametrize(("where", "stopped_in"), [(appending.appender, "_gather"), (appending, "_insert")])
def test_a_writer_that_is_stopped_refuses_its_batch_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, where: Any, stopped_in: str
) -> None:
    def stop(*_: Any) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(where, stopped_in, stop)
        with pytest.raises(Stopped):
            _record()
    monkeypatch.setattr(appending, "PATIENCE", 0.05)
    assert _record().seq == 1


@own_transactions
def test_a_writer_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        gate = _Gate(patched)
        thread, first = _started(_record)
        gate.reached.wait()
    follower, second = _started(_record)
    _until(lambda: len(appending.appender._waiting) == 1)
    monkeypatch.setattr(appending, "OVERDUE", 0)
    follower.join(5)
    monkeypatch.setattr(appending, "OVERDUE", 20)
    assert (second[0].seq, _record().seq) == (1, 2)
    gate.open.set()
    thread.join(5)
    assert (first[0].seq, _record().seq) == (3, 4)  # what hung came to an end, and is in nobody's way


@own_transactions
@pytest.mark.parametrize("where", ["_leave", "_hand_on", "_appoint"])
def test_a_writer_that_is_stopped_while_it_leaves_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    gate, follow = _Gate(monkeypatch), getattr(appending.appender, where)
    leader, _ = _started(_record)
    gate.reached.wait()
    follower, event = _started(_record)
    _until(lambda: len(appending.appender._waiting) == 1)

    def stop_the_first(*given: Any) -> None:
        if threading.current_thread() is leader:
            raise Stopped
        follow(*given)

    monkeypatch.setattr(appending.appender, where, stop_the_first)
    gate.open.set()
    leader.join(5)
    follower.join(5)
    assert (event[0].seq, _record().seq) == (2, 3)


@own_transactions
def test_a_server_that_stopped_answering_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    _record()
    with appending.appender._own_connection().cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    monkeypatch.setattr(appending, "WRITING", 0.3)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(audit.AuditUnavailable) as refused:
            _record()
        assert "in time" in str(refused.value.__cause__)
        monkeypatch.undo()
        assert _record().seq == 2  # over a new connection
    finally:
        os.kill(pid, signal.SIGCONT)


@own_transactions
def test_a_statement_that_takes_too_long_is_ended_by_the_server() -> None:
    _record()
    with appending.appender._own_connection().cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("7s",)


@own_transactions
def test_an_event_that_the_database_swallowed_is_refused() -> None:
    statements = (
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER audit_0 BEFORE INSERT ON dashboard_auditevent FOR EACH ROW EXECUTE FUNCTION swallow()",
    )
    connection.cursor().execute(";".join(statements))
    try:
        with pytest.raises(audit.AuditUnavailable):
            _record()
    finally:
        connection.cursor().execute("DROP FUNCTION swallow CASCADE")
    assert _record().seq == 1


@own_transactions
def test_an_event_that_the_database_chained_otherwise_is_refused() -> None:
    replaced = """
        CREATE OR REPLACE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN octet_length(value)::text || ':' || {} || ','
    """
    connection.cursor().execute(replaced.format("replace(value, 'sam', 'tom')"))
    try:
        with pytest.raises(audit.AuditUnavailable, match="something else"):
            _record()
    finally:
        connection.cursor().execute(replaced.format("value"))
    assert _record().seq == 2


@own_transactions
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_appends_with_a_connection_of_its_own() -> None:
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            _record()
            os._exit(0)
        except BaseException:  # noqa: BLE001
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _record().seq == 2


@own_transactions
def test_an_event_is_on_disk_even_where_commits_are_not() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            "INSERT INTO dashboard_auditevent (id, action, outcome, actor_kind, actor_label, tenant_digest, purpose,"
            " counts, ip, user_agent, commitment) VALUES (gen_random_uuid(), '', '', '', '', '', '', '{}', '', '', '')"
        )
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


@pytest.mark.django_db
def test_in_a_tests_own_transaction_events_go_with_the_test() -> None:
    assert _record().seq == 1


@pytest.mark.django_db
def test_they_did_go() -> None:
    assert AuditEvent.objects.count() == 0
    assert AuditHead.objects.get().seq == 0
