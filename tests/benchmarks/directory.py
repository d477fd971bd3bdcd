"""The directory: one look-up among many tenants, taking in a file of them, and syncing with the store.

``.venv/bin/python -m tests.benchmarks.directory [TENANTS]``; 1,000,000 by default. It works in a database of its own.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
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
            _syncing()
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
        began = time.perf_counter()
        call_command("import_tenants", str(file), stdout=StringIO())
        print(f"import {tenants:,} tenants {time_of_day:<15} {time.perf_counter() - began:>6.1f} s")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"  {grown:.0f} MB more memory, file of {file.stat().st_size / 1e6:.0f} MB")


def _rows(tenants: int) -> Iterator[str]:
    for n in range(tenants):
        order = f"ORDER-{n}" if n % 10 == 0 else ""
        yield f"u_{n},person{n}@mail{n % 7}.example,{('Ana', 'Bo', 'Chi', 'Dee')[n % 4]} Number {n},{order}\n"


# --- Looking up


def _looking_up(tenants: int) -> None:
    from django.db import connection

    from dashboard import access

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE dashboard_tenant, dashboard_externalreference")
    access.discover = lambda user_id: None  # what the store takes is measured elsewhere
    middle = tenants // 2
    print(f"one look-up among {tenants:,} tenants, all its queries:")
    for kind, typed in {
        "user_id": f"u_{middle}",
        "e-mail address": f"person{middle}@mail{middle % 7}.example",
        "name": f"Ana Number {middle}",
        "external reference": f"ORDER-{middle}",
        "beginning of all user_ids": "u_",
        "beginning of a quarter of the names": "ana",
        "beginning of all e-mails": "p",
        "nobody": "zzz-nobody",
    }.items():
        print(f"  {kind:<36} {_slowest(typed)}")


def _slowest(typed: str) -> str:
    from dashboard.finding import find_tenants

    find_tenants(typed)
    taken = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        find_tenants(typed)
        taken.append((time.perf_counter() - began) * 1_000)
    return f"median {statistics.median(taken):>5.1f} ms   slowest {max(taken):>5.1f} ms"


# --- The store


class _Store:
    """Somebody with memories for every number: what a store answers, without what it takes to answer."""

    def __init__(self, tenants: int) -> None:
        self._user_ids = sorted(f"s_{n}" for n in range(tenants))

    def user_ids(self, *, after: str = "", limit: int = 1_000) -> list[str]:
        from bisect import bisect_right

        start = bisect_right(self._user_ids, after)
        return self._user_ids[start : start + limit]


def _syncing() -> None:
    from dashboard import directory

    store = _Store(IN_STORE)
    directory.connect = lambda: store
    for time_of_day in ("all new", "none new"):
        began = time.perf_counter()
        added = directory.sync().added
        print(f"sync {IN_STORE:,} user_ids, {time_of_day:<10} {time.perf_counter() - began:>6.1f} s   {added:,} added")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TENANTS)
