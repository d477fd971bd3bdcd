"""The files of copies that wait to be fetched: where they are, and that none stays longer than it may.

Below ``privacy``, so that an erasure can take them along. ``exporting`` makes them.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from dashboard.models import Export

LOST = timedelta(days=1)
"""After so long a copy that nobody is making will not be made any more."""


def folder() -> Path:
    """``MEMADMIN_EXPORT_DIR``, for nobody else on the machine; made where it is missing."""
    path = Path(settings.MEMADMIN_EXPORT_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def finished(export: Export) -> Path:
    """Where the copy is once it is complete."""
    return folder() / f"{export.pk}.zip"


def unfinished(export: Export) -> Path:
    """Where it is while it is being made."""
    return folder() / f"{export.pk}.zip.part"


@contextmanager
def alone(export: Export) -> Iterator[bool]:
    """Whether nobody else is at this copy, on any machine, for as long as it lasts.

    The lock goes with the connection, so a killed worker holds nothing up.
    """
    key = f"export {export.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 1))", [key])
        locked = bool(cursor.fetchone()[0])
    try:
        yield locked
    finally:
        if connection.connection is None or connection.connection.closed:
            connection.close()  # the server went away and took the lock along; the next query connects anew
        elif locked:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 1))", [key])


def remove(exports: Iterable[Export]) -> int:
    """Delete the files of these copies, whole or half made; returns how many copies that were."""
    ids = []
    for export in exports:
        finished(export).unlink(missing_ok=True)
        unfinished(export).unlink(missing_ok=True)
        ids.append(export.pk)
    Export.objects.filter(pk__in=ids, removed_at=None).update(removed_at=timezone.now())
    return len(ids)


def forget(digest: str) -> None:
    """Delete every copy of one person, and have one that is being made come to nothing.

    Args:
        digest: the person's, see ``audit.tenant_digest``.
    """
    theirs = Export.objects.filter(tenant_digest=digest)
    theirs.filter(removed_at=None).update(removed_at=timezone.now())  # first: who is making one looks here at the end
    remove(theirs)


def sweep() -> int:
    """Delete what has expired and what a killed worker left behind; returns how many files and copies that were."""
    removed = remove(Export.objects.filter(expires_at__lte=timezone.now(), removed_at=None))
    lost = Export.objects.filter(asked_at__lt=timezone.now() - LOST, ready_at=None, removed_at=None, trouble="")
    for export in lost:
        with alone(export) as is_dead:
            if is_dead:
                Export.objects.filter(pk=export.pk).update(trouble="The job that should have made it was lost.")
    return removed + sum(_swept(path) for path in folder().glob("*.zip*"))


def _swept(path: Path) -> bool:
    """Delete a file that is nobody's to fetch and that nobody is writing."""
    export_id = _export_id(path)
    if export_id is None:  # not one of ours
        return False
    export = Export.objects.filter(pk=export_id).first()
    if export is None:  # perhaps another desk's, with another database
        return _is_old(path) and _gone(path)
    with alone(export) as is_dead:
        export.refresh_from_db()  # it may have been finished just now
        waits = path == finished(export) and export.ready_at is not None and export.removed_at is None
        return is_dead and not waits and _gone(path)


def _export_id(path: Path) -> uuid.UUID | None:
    try:
        return uuid.UUID(path.name.removesuffix(".part").removesuffix(".zip"))
    except ValueError:
        return None


def _is_old(path: Path) -> bool:
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return False
    return written < timezone.now() - LOST - timedelta(hours=settings.MEMADMIN_EXPORT_HOURS)


def _gone(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True
