"""The audit log: appending beside a plain INSERT of the same row, verifying, paging and filtering.

``.venv/bin/python -m tests.benchmarks.audit [EVENTS]``; 1,000,000 by default. It works in a database of its own.
"""

import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

EVENTS = 1_000_000
SMALL = 10_000
THREADS = 8
ROUNDS = 10
SECONDS = 1.0  # a round
SAMPLES = 30
DATABASE = "bench_audit"

_COLUMNS = (
    "id, version, action, outcome, actor_kind, actor_label, tenant_digest, purpose, request_id, counts, ip, user_agent,"
    " commitment, seq, at, previous_hash, hash"
)
_PLAIN = (
    f"INSERT INTO plain ({_COLUMNS}) VALUES ({', '.join(['%s'] * 13)}, nextval('plain_seq'), clock_timestamp(), %s, %s)"
)
_HASH = "a" * 64
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def main(events: int = EVENTS) -> None:
    with tempfile.TemporaryDirectory(prefix="memadmin-bench-") as folder:
        _set_up(Path(folder))
        try:
            _appending()
            _refill(SMALL)
            small = _reading()
            _refill(events)
            _verifying()
            _compare_reading(small, _reading(), events)
        finally:
            _tear_down()


def _set_up(folder: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "memadmin.settings"
    os.environ["MEMADMIN_DEBUG"] = "true"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = DATABASE
    settings.MEMADMIN_SIGNING_KEY_FILE = str(folder / "key.pem")
    from memadmin.memory import embedded

    embedded.url(DATABASE)
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _tear_down() -> None:
    from django.db import connection

    from dashboard.audit.appending import appender
    from memadmin.memory import embedded

    connection.close()
    appender.close()
    with psycopg.connect(embedded.url("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


# --- Appending


def _appending() -> None:
    from memadmin.memory import embedded

    with psycopg.connect(embedded.url(DATABASE), autocommit=True) as connection:
        connection.execute("CREATE TABLE plain (LIKE dashboard_auditevent INCLUDING ALL); CREATE SEQUENCE plain_seq")
    _in_threads(_recorder(), 1, 0.5)  # warm up
    plain, recorded = [], []
    for _ in range(ROUNDS):
        plain.append(_in_threads(_plain_inserter, THREADS, SECONDS))
        recorded.append(_in_threads(_recorder(), THREADS, SECONDS))
    alone = _in_threads(_recorder(), 1, SECONDS), _in_threads(_plain_inserter, 1, SECONDS)
    ratio = statistics.median(ours / bare for ours, bare in zip(recorded, plain, strict=True))
    print(
        f"append, {THREADS} threads   plain INSERT {statistics.median(plain):>7,.0f}/s"
        f"   audit.record {statistics.median(recorded):>7,.0f}/s   median ratio {ratio:.2f}"
    )
    print(
        f"append, 1 thread    plain INSERT {alone[1]:>7,.0f}/s   audit.record {alone[0]:>7,.0f}/s"
        f"   ratio {alone[0] / alone[1]:.2f}"
    )


def _recorder() -> Callable[[], Callable[[], Any]]:
    from dashboard import audit

    def make() -> Callable[[], Any]:
        return lambda: audit.record(
            audit.Action.MEMORIES_PAGED, actor="Sam Okafor (sam)", digest=_HASH, counts={"shown": 50}
        )

    return make


def _plain_inserter() -> Callable[[], Any]:
    from memadmin.memory import embedded

    connection = psycopg.connect(embedded.url(DATABASE), autocommit=True)

    def insert() -> None:
        fields = ["memories-paged", "done", "staff", "Sam Okafor (sam)", _HASH, "", None, '{"shown":50}', "", "", ""]
        connection.execute(_PLAIN, [uuid.uuid4(), 1, *fields, _HASH, _HASH])

    return insert


def _in_threads(make: Callable[[], Callable[[], Any]], threads: int, seconds: float) -> float:
    """Calls per second over all threads. A thread that fails stops the benchmark: fewer would look like slower ones."""

    def work(end: float) -> int:
        from django.db import connection

        act, done = make(), 0
        while time.perf_counter() < end:
            act()
            done += 1
        connection.close()
        return done

    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        running = [pool.submit(work, began + seconds) for _ in range(threads)]
        done = sum(thread.result() for thread in running)
    return done / (time.perf_counter() - began)


# --- A long log, chained as the database would have done it


def _refill(events: int) -> None:
    from django.db import connection

    from tests.flushing import TRIGGERS_OFF, TRIGGERS_ON

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS_OFF)
        cursor.execute(
            "TRUNCATE dashboard_auditevent, dashboard_audithead, dashboard_auditnote, dashboard_auditcheckpoint"
        )
        cursor.execute("DROP TABLE IF EXISTS plain")
        rebuild = _drop_indexes(cursor)
        with cursor.copy(f"COPY dashboard_auditevent ({_COLUMNS}) FROM STDIN") as copy:
            head = ("0", "epoch", "0" * 64)
            for row in _rows(events):
                copy.write_row(row)
                head = (row[-4], row[-3], row[-1])
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for statement in rebuild:
            cursor.execute(statement)
        cursor.execute("INSERT INTO dashboard_audithead (id, seq, at, hash) VALUES (1, %s, %s, %s)", head)
        cursor.execute(TRIGGERS_ON)
        cursor.execute("VACUUM ANALYZE dashboard_auditevent")
    print(f"a log of {events:,} events was filled in {time.perf_counter() - began:.0f} s")


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop all indexes, which would slow the filling down; returns the statements that build them again."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'dashboard_auditevent'::regclass AND contype IN ('p', 'u')"
    )
    constraints = cursor.fetchall()
    cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'dashboard_auditevent'")
    indexes = [index for index in cursor.fetchall() if index[0] not in dict(constraints)]
    for name, _ in constraints:
        cursor.execute(f"ALTER TABLE dashboard_auditevent DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [
        *(f"ALTER TABLE dashboard_auditevent ADD CONSTRAINT {name} {made}" for name, made in constraints),
        *(made for _, made in indexes),
    ]


def _rows(events: int) -> Iterator[tuple[str, ...]]:
    from dashboard.audit import Action
    from dashboard.audit.encoding import FIELDS, GENESIS, chained, content_hash, from_microseconds

    actions = [action.value for action in Action]
    previous = GENESIS
    start = 1_700_000_000_000_000
    for seq in range(1, events + 1):
        at = start + seq * 1_000_000
        values = {
            "version": "1",
            "seq": str(seq),
            "at": str(at),
            "id": str(uuid.UUID(int=seq * 0x9E3779B97F4A7C15_F39CC0605CEDC835 % 2**128)),
            "action": actions[seq * 7 % len(actions)] if seq % 1_000 else "audit-archived",
            "outcome": "done",
            "actor_kind": "staff",
            "actor_label": f"Staff {seq * 13 % 40}" if seq % 997 else "Rare Visitor",
            "tenant_digest": f"{seq * 31 % (events // 20):064x}",
            "purpose": "",
            "request_id": str(uuid.UUID(int=seq * 0xD1B54A32D192ED03_9E3779B97F4A7C15 % 2**128)),
            "counts": '{"shown":50}',
            "ip": "10.0.0.1",
            "user_agent": _AGENT,
            "commitment": "",
        }
        event_hash = chained(previous, content_hash([values[field] for field in FIELDS]))
        at_text = from_microseconds(at).isoformat()
        others = [values[name.strip()] for name in _COLUMNS.split(",")[:13]]
        yield (*others, str(seq), at_text, previous, event_hash)
        previous = event_hash


# --- Verifying and reading


def _verifying() -> None:
    import resource

    from dashboard import audit

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    verification = audit.verify()
    assert verification.intact, verification.found
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"verify {verification.events:,} events: {verification.events / verification.seconds:,.0f}/s,"
        f" {verification.seconds:.1f} s, {grown:.0f} MB more memory"
    )


def _reading() -> dict[str, float]:
    """Median milliseconds of each kind of page."""
    from dashboard.audit import Action, search
    from dashboard.audit.search import Wanted
    from dashboard.models import AuditEvent, AuditHead

    last = AuditHead.objects.get().seq
    middle = AuditEvent.objects.get(seq=last // 2)
    kinds: dict[str, Callable[[], Any]] = {
        "newest": lambda: search.page(Wanted()),
        "in the middle": lambda: search.page(Wanted(), older_than=last // 2),
        "one actor": lambda: search.page(Wanted(actor="Staff 7")),
        "a rare actor": lambda: search.page(Wanted(actor="Rare Visitor")),
        "one action": lambda: search.page(Wanted(action=Action.MEMORIES_PAGED)),
        "a rare action": lambda: search.page(Wanted(action=Action.AUDIT_ARCHIVED)),
        "actor and action": lambda: search.page(Wanted(actor="Rare Visitor", action=Action.MEMORY_REVEALED)),
        "nothing matches": lambda: search.page(Wanted(actor="Staff 7", action=Action("signed-out"), until=middle.at)),
        "one person": lambda: search.page(Wanted(tenant=middle.tenant_digest)),
        "one request": lambda: search.page(Wanted(request_id=middle.request_id)),
        "one hour": lambda: search.page(Wanted(since=middle.at, until=middle.at + timedelta(hours=1))),
        "actor in an hour": lambda: search.page(
            Wanted(actor="Staff 7", since=middle.at, until=middle.at + timedelta(hours=1))
        ),
        "list of actors": search.actors,
    }
    return {kind: _median_ms(read) for kind, read in kinds.items()}


def _median_ms(act: Callable[[], Any]) -> float:
    act()
    taken = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1_000)
    return statistics.median(taken)


def _compare_reading(small: dict[str, float], large: dict[str, float], events: int) -> None:
    print(f"{'a page of 50, median ms':<24}{SMALL:>12,}{events:>14,} events")
    for kind, taken in small.items():
        print(f"{kind:<24}{taken:>12.2f}{large[kind]:>14.2f}")


if __name__ == "__main__":
    main(*(int(argument.replace(",", "")) for argument in sys.argv[1:]))
