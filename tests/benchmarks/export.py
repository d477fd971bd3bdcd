"""A copy of everything held on one person with many memories, beside mem0's own get_all and a dump.

``.venv/bin/python -m tests.benchmarks.export [MEMORIES]``; 100,000 by default, each with one entry of history and a
second one for every tenth. It works in a database of its own. Each way runs in a process of its own, for its memory.
"""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from memadmin.memory import embedded

MEMORIES = 100_000
FEW = 10_000
DATABASE = "bench_export"
OWNER = "u_big"

Measured = tuple[float, float, float, str]
"""Seconds, those of them on a processor of ours, megabytes of memory more than before, and a note."""

_SECOND_CHANGES = """
INSERT INTO history (id, memory_id, old_memory, new_memory, event, created_at)
SELECT hex(randomblob(16)), memory_id, 'before', new_memory, 'UPDATE', '2026-02-01T00:00:00+00:00'
FROM history WHERE rowid % 10 = 0
"""


def main(memories: int = MEMORIES) -> None:
    embedded.url()  # the server lives as long as the process that asks first
    for number in (min(FEW, memories), memories):
        with tempfile.TemporaryDirectory(prefix="memadmin-bench-") as folder:
            os.environ["MEMADMIN_EXPORT_DIR"] = folder
            try:
                _apart(_fill, Path(folder), number)
                print(f"everything held on one person: {number:,} memories with history")
                _row("exporting.write, zip of 11 or more files", _apart(_ours, Path(folder)))
                _row("  of that: ScopedMemory.walk alone", _apart(_walk, Path(folder)))
                _row("mem0 get_all and json.dump: no history", _apart(_peers, Path(folder), number))
                _row("mem0 get_all, history of each, json.dump", _apart(_peers_with_history, Path(folder), number))
            finally:
                _apart(_tear_down, Path(folder))


def _row(what: str, measured: Measured) -> None:
    seconds, busy, megabytes, note = measured
    print(f"  {what:<41} {seconds:>6.1f} s, {busy:>5.1f} s busy {megabytes:>6.0f} MB more memory   {note}")


def _apart(run: Callable[..., Any], *arguments: Any) -> Any:
    """The answer of a function that a new process gave."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, run, arguments))
    process.start()
    there.close()
    try:
        return here.recv()
    finally:
        process.join()


def _answer(there: Pipe, run: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    there.send(run(*arguments))


def _set_up(folder: Path) -> Any:
    """Django over the database of its own; returns the tenant and a scope, both warm."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "memadmin.settings"
    os.environ["MEMADMIN_DEBUG"] = "true"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = DATABASE
    address = embedded.url(DATABASE)
    django.setup()
    from django.core.management import call_command

    from dashboard.models import Tenant
    from memadmin.memory import ScopedMemory
    from tests.benchmarks import memory

    call_command("migrate", verbosity=0)
    store = memory._store("bench_export", str(folder), hnsw=False, address=address)
    scope = ScopedMemory(OWNER, store=store)
    scope.page(limit=1)
    return Tenant.objects.get_or_create(user_id=OWNER)[0], scope, store, address


def _fill(folder: Path, number: int) -> None:
    import sqlite3
    from contextlib import closing

    import psycopg

    from tests.benchmarks import memory

    _, _, store, address = _set_up(folder)
    with psycopg.connect(address, autocommit=True) as connection:
        memory._fill(connection, "bench_export", number, f"'{OWNER}'")
        memory._fill_history(store, connection, f"payload->>'user_id' = '{OWNER}'")
        connection.execute("ANALYZE bench_export")
    with closing(sqlite3.connect(store._history.path)) as history, history:
        history.execute(_SECOND_CHANGES)
    store.index()


def _measured(run: Callable[[], str]) -> Measured:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, busy = time.perf_counter(), time.process_time()
    note = run()
    taken, busy = time.perf_counter() - began, time.process_time() - busy
    return taken, busy, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, note


def _ours(folder: Path) -> Measured:
    tenant, scope, _, _ = _set_up(folder)
    from dashboard import exporting

    file = folder / "copy.zip"

    def write() -> str:
        with file.open("wb") as opened:
            opened.writelines(exporting.write(tenant, scope, language="en"))
        with zipfile.ZipFile(file) as zipped:
            unpacked = sum(member.file_size for member in zipped.infolist())
        return f"{file.stat().st_size / 1e6:.0f} MB, unpacked {unpacked / 1e6:.0f} MB"

    return _measured(write)


def _walk(folder: Path) -> Measured:
    _, scope, _, _ = _set_up(folder)
    return _measured(lambda: f"{sum(len(changes) for _, changes in scope.walk()):,} changes")


def _peers(folder: Path, number: int) -> Measured:
    peer = _peer(folder)

    def dump() -> str:
        found = peer.get_all(filters={"user_id": OWNER}, top_k=number, show_expired=True)["results"]
        return _dumped(folder, found)

    return _measured(dump)


def _peers_with_history(folder: Path, number: int) -> Measured:
    peer = _peer(folder)

    def dump() -> str:
        found = peer.get_all(filters={"user_id": OWNER}, top_k=number, show_expired=True)["results"]
        return _dumped(folder, [{**memory, "history": peer.history(memory["id"])} for memory in found])

    return _measured(dump)


def _peer(folder: Path) -> Any:
    """mem0 as it comes, over the same rows and the same history file."""
    from tests.benchmarks import memory

    _, _, _, address = _set_up(folder)
    return memory._plain_mem0("bench_export", str(folder), address)


def _dumped(folder: Path, found: list[Any]) -> str:
    file = folder / "dump.json"
    with file.open("w", encoding="utf-8") as opened:
        json.dump(found, opened)
    return f"{len(found):,} memories, {file.stat().st_size / 1e6:.0f} MB"


def _tear_down(folder: Path) -> None:
    import psycopg

    with psycopg.connect(embedded.url("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MEMORIES)
