"""The directory: one look-up among many tenants, taking in a file of them, and syncing with the store.

``.venv/bin/python -m tests.benchmarks.directory [TENANTS]``; 1,000,000 by default. It works in a database of its own.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import psycopg

TENANTS = 1_000_000
IN_STORE = 200_000
SAMPLES = 30
DATABASE = "bench_directory"


def main(tenants: int = TENANTS) -> None:
    with tempfile.TemporaryDirectory(prefix="memadmin-bench-") as folder:
        _set_up()
        try:
            _importing(Path(folder), tenants)
            _looking_up(tenants)
            _syncing(Path(folder))
        finally:
            _tear_down()


def _set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "memadmin.settings"
    os.environ["MEMADMIN_DEBUG"] = "true"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = DATABASE
    from memadmin.memory import embedded

    embedded.url(DATABASE)
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.close()  # an earlier benchmark in this process had a database of its own
    connection.settings_dict["NAME"] = DATABASE
    call_command("migrate", verbosity=0)


def _tear_down() -> None:
    from django.db import connection

    from dashboard.audit.appending import appender
    from memadmin.memory import embedded

    connection.close()
    appender.close()
    with psycopg.connect(embedded.url("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


# --- A file of tenants


def _importing(folder: Path, tenants: int) -> None:
    from django.core.management import call_command

    file = folder / "tenants.csv"
    with file.open("w", encoding="utf-8") as opened:
        opened.write("user_id,email,display_name,references\n")
        opened.writelines(_rows(tenants))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for time_of_day in ("at first", "the same again"):
        began, worked = time.perf_counter(), time.process_time()
        call_command("import_tenants", str(file), stdout=StringIO())
        taken, worked = time.perf_counter() - began, time.process_time() - worked
        print(f"import {tenants:,} tenants {time_of_day:<15} {taken:>6.1f} s   {worked:>5.1f} s of them at work here")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"  {grown:.0f} MB more memory, file of {file.stat().st_size / 1e6:.0f} MB")


def _rows(tenants: int) -> Iterator[str]:
    for n in range(tenants):
        order = f"ORDER-{n}" if n % 10 == 0 else ""
        yield f"u_{n},person{n}@mail{n % 7}.example,{_name(n)},{order}\n"


def _name(n: int) -> str:
    first, second = ("Ana", "José", "Chi", "Dee"), ("Okafor", "Smith", "Müller", "Haddad", "Sato", "Ivanova", "Moreau")
    return f"{first[n % 4]} {second[n % 7]} {n}"


# --- Looking up


def _looking_up(tenants: int) -> None:
    from django.db import connection

    from dashboard import access
    from dashboard.finding import find_tenants

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE dashboard_tenant, dashboard_externalreference, dashboard_namekey")
    access.discover = lambda user_id: None  # what the store takes is measured elsewhere
    print(f"one look-up among {tenants:,} tenants, all its queries, in ms:")
    for kind, typed in _questions(tenants // 28 * 14 + 9).items():  # José Müller
        print(f"  {kind:<36} {_slowest(lambda typed=typed: find_tenants(typed))}")
    print("one statement of bare SQL, in ms:")
    for kind, (statement, *given) in _bare_sql(tenants // 28 * 14 + 9).items():
        print(f"  {kind:<36} {_slowest(lambda asked=(statement, given): _ask(*asked))}")


def _questions(n: int) -> dict[str, str]:
    return {
        "user_id": f"u_{n}",
        "e-mail address": f"person{n}@mail{n % 7}.example",
        "name": _name(n),
        "name without accents": f"jose muller {n}",
        "last word of one name": str(n),
        "surname of a seventh, no accents": "muller",
        "surname first": f"muller {n} jose",
        "words with others between, rare": f"jose {n}",
        "words with others between, frequent": "muller jose",
        "external reference": f"ORDER-{n // 10 * 10}",
        "beginning of all user_ids": "u_",
        "beginning of a quarter of the names": "ana",
        "beginning of all e-mails": "p",
        "nobody": "zzz-nobody",
    }


def _bare_sql(n: int) -> dict[str, tuple[str, ...]]:
    names = "SELECT tenant.* FROM dashboard_namekey JOIN dashboard_tenant AS tenant ON tenant.id = tenant_id"
    return {
        "user_id": ("SELECT * FROM dashboard_tenant WHERE user_id = %s", f"u_{n}"),
        "name by its key": (f"{names} WHERE key = %s LIMIT 20", f"jose muller {n}"),
        "surname of a seventh by its key": (f"{names} WHERE key LIKE %s ORDER BY key LIMIT 20", "muller%"),
        "last word of one name, without keys": ("SELECT * FROM dashboard_tenant WHERE display_name ~ %s", f" {n}$"),
    }


def _ask(statement: str, given: list[str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        cursor.fetchall()


def _slowest(ask: Callable[[], object]) -> str:
    ask()
    taken = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1_000)
    return f"median {statistics.median(taken):>6.1f}   slowest {max(taken):>6.1f}"


# --- The store


FRESH = 100
"""Tenants who are new to the store since the last look."""

_FILL = """
INSERT INTO bench_store (id, vector, payload)
SELECT gen_random_uuid(), array_fill(0.1, ARRAY[256])::vector,
       jsonb_build_object('user_id', %(prefix)s || n, 'data', 'fact ' || n, 'text_lemmatized', 'fact ' || n,
                          'hash', md5(n::text), 'created_at', to_char(
                              (now() - (%(rows)s - n) * %(apart)s::interval) AT TIME ZONE 'utc',
                              'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
FROM generate_series(1, %(rows)s) AS n
"""


def _syncing(folder: Path) -> None:
    from memadmin.memory import embedded
    from memadmin.memory.connect import Connection
    from tests.benchmarks import memory

    address = embedded.url(DATABASE)
    store = memory._store("bench_store", str(folder), hnsw=False, address=address)
    store.mark()  # makes the tables
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(_FILL, {"prefix": "s_", "rows": IN_STORE, "apart": "40 seconds"})  # in three months
            store.index()
            _sync_in_turn(Connection(store), connection)
    finally:
        store.close()


def _sync_in_turn(store: object, connection: psycopg.Connection) -> None:
    from dashboard import directory

    directory.connect = lambda: store
    _sync("full walk, all new")
    _sync("full walk, none new", full=True)
    _sync("incremental, none new")
    connection.execute(_FILL, {"prefix": "fresh_", "rows": FRESH, "apart": "1 second"})
    _sync(f"incremental, {FRESH} new")
    _sync("full walk, none new", full=True)


def _sync(kind: str, **options: bool) -> None:
    from dashboard import directory

    began = time.perf_counter()
    done = directory.sync(**options)
    taken = (time.perf_counter() - began) * 1_000
    print(f"sync {IN_STORE:,} user_ids, {kind:<22} {taken:>9,.1f} ms   {done.added:,} added")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TENANTS)
