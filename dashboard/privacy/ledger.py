"""How far an erasure has come. Every step is written down before the next begins, so that a crash resumes.

opened     the run exists
frozen     agents store nothing of the person any more
collected  the memories are known, in batches; neighbours were counted
erased     every batch is done
swept      chat, entities and stragglers are gone
verified   another process has looked
forgotten  the desk itself has forgotten the person, or agents may write again because something is left
scrubbed   the deleted bytes are out of the files, as far as the server allows
certified  the certificate is signed
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.utils import timezone

from dashboard.models import ErasureBatch, ErasureRun, PrivacyRequest

BATCH = 1_000
"""Memories removed between two looks at holds, roles and signals."""
_FINISHING = "finishing erasures"
_LOOK_AGAIN = 0.2  # seconds


class Step(StrEnum):
    """The last step that is done."""

    OPENED = "opened"
    FROZEN = "frozen"
    COLLECTED = "collected"
    ERASED = "erased"
    SWEPT = "swept"
    VERIFIED = "verified"
    FORGOTTEN = "forgotten"
    SCRUBBED = "scrubbed"
    CERTIFIED = "certified"


class Busy(Exception):
    """Another worker is at this erasure."""


@contextmanager
def alone(asked: PrivacyRequest) -> Iterator[None]:
    """One worker an erasure; the lock goes with the connection, so a killed worker holds nothing up.

    Raises:
        Busy: another one has it.
    """
    key = f"erasure {asked.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 1))", [key])
        if not cursor.fetchone()[0]:
            raise Busy
    try:
        yield
    finally:
        if connection.connection is None or connection.connection.closed:
            connection.close()  # the server went away and took the lock along; the next attempt connects anew
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 1))", [key])


@contextmanager
def alone_finishing() -> Iterator[None]:
    """One at a time scrubs and certifies; the others wait, between statements, so that no snapshot holds up a REINDEX.

    The lock goes with the connection, as in ``alone``.
    """
    with connection.cursor() as cursor:
        while not _locked(cursor):
            time.sleep(_LOOK_AGAIN)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 1))", [_FINISHING])


def _locked(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 1))", [_FINISHING])
    return bool(cursor.fetchone()[0])


def opened(asked: PrivacyRequest) -> ErasureRun:
    """This request's run; made on the first start."""
    run, _ = ErasureRun.objects.get_or_create(request=asked, defaults={"step": Step.OPENED.value})
    ErasureRun.objects.filter(pk=run.pk).update(attempts=F("attempts") + 1, trouble="", alive_at=timezone.now())
    run.refresh_from_db()
    return run


def reached(run: ErasureRun, step: Step, **values: Any) -> None:
    """Write down that a step is done."""
    for name, value in {**values, "step": step.value, "trouble": ""}.items():
        setattr(run, name, value)
    run.save()


def plan(run: ErasureRun, memory_ids: Sequence[str], **values: Any) -> None:
    """Write down which memories go, in batches."""
    with transaction.atomic():
        run.batches.all().delete()
        ErasureBatch.objects.bulk_create(
            [
                ErasureBatch(run=run, number=number, memory_ids=list(memory_ids[start : start + BATCH]))
                for number, start in enumerate(range(0, len(memory_ids), BATCH), start=1)
            ]
        )
        reached(run, Step.COLLECTED, total=len(memory_ids), done=0, **values)


def batch_done(run: ErasureRun, batch: ErasureBatch, removed: dict[str, int]) -> None:
    """Write down what one batch removed."""
    with transaction.atomic():
        batch.removed, batch.done_at = removed, timezone.now()
        batch.save()
        run.done += len(batch.memory_ids)
        run.save()


def known_ids(run: ErasureRun) -> list[str]:
    """Every memory that was collected."""
    return [memory_id for batch in run.batches.all() for memory_id in batch.memory_ids]


def removed(run: ErasureRun) -> dict[str, int]:
    """Rows per place that batches and sweep removed."""
    sums: dict[str, int] = dict(run.swept)
    for batch in run.batches.all():
        for place, count in batch.removed.items():
            sums[place] = sums.get(place, 0) + count
    return sums
