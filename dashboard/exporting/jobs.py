"""A copy that takes longer than anybody waits: ordered, made by a worker, fetched once, deleted."""

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from procrastinate.contrib.django import app

from dashboard import access, audit, export_files, turns
from dashboard.audit import Action, ActorKind, Outcome
from dashboard.exporting.writing import write
from dashboard.models import Export, Freeze, Tenant

BY = "job: make_export"


class Standing(StrEnum):
    """How far a copy has come."""

    WAITING = "waiting"
    MAKING = "making"  # done and total tell how far
    READY = "ready"
    FETCHED = "fetched"
    EXPIRED = "expired"
    FAILED = "failed"  # trouble says why
    WITHDRAWN = "withdrawn"  # a newer one was ordered, or the person is being erased or was


_UNDER_WAY = {Standing.WAITING, Standing.MAKING}


class Withdrawn(Exception):
    """The copy is not wanted, or not allowed, any more."""


def newest(digest: str) -> Export | None:
    """The copy of one person that was ordered last."""
    return Export.objects.filter(tenant_digest=digest).order_by("-asked_at").first()


def standing(export: Export) -> Standing:
    """How far it has come, as the row says that the caller has."""
    if export.trouble:
        return Standing.FAILED
    if export.fetched_at:
        return Standing.FETCHED
    if export.ready_at and export.expires_at:
        if export.expires_at <= timezone.now():
            return Standing.EXPIRED
        return Standing.WITHDRAWN if export.removed_at else Standing.READY
    if export.removed_at:
        return Standing.WITHDRAWN
    return Standing.MAKING if export.total else Standing.WAITING


def order(
    tenant: Tenant | None,
    digest: str,
    language: str,
    *,
    request: HttpRequest | None = None,
    actor: str = "",
    kind: ActorKind | None = None,
) -> Export:
    """Have a copy made; one that is under way already is returned instead, one that waits to be fetched is replaced.

    Args:
        tenant: whose. None: somebody who was erased, of whom ``digest`` alone is known.
        language: of words and pages.
        request, actor, kind: who orders it, as ``audit.record`` takes them.

    Raises:
        AuditUnavailable: nothing was ordered.
    """
    with transaction.atomic():
        turns.take(f"export of {digest}")
        latest = newest(digest)
        if latest and standing(latest) in _UNDER_WAY:
            return latest
        audit.record(Action.EXPORT_ORDERED, request=request, actor=actor, kind=kind, tenant=tenant, digest=digest)
        export = Export.objects.create(tenant=tenant, tenant_digest=digest, language=language)
        app.configure_task("dashboard.tasks.make_export").defer(export_id=str(export.pk))
    if latest and standing(latest) is Standing.READY:
        export_files.remove([latest])
    return export


def make(export: Export) -> None:
    """Write the copy, if it is still wanted and nobody else is at it; doing it again begins anew.

    Raises:
        MemoryScopeError, AuditUnavailable, OSError, django.db.Error: nothing is left on disk; try again.
    """
    with export_files.alone(export) as is_free:
        current = Export.objects.select_related("tenant").get(pk=export.pk)
        if not is_free or standing(current) not in _UNDER_WAY:
            return
        try:
            _make(current)
        except Withdrawn:
            Export.objects.filter(pk=export.pk, removed_at=None).update(removed_at=timezone.now())
        finally:
            export_files.unfinished(export).unlink(missing_ok=True)


def give_up(export: Export, reason: str) -> None:
    """After the last attempt: it failed, and the person can order another one."""
    Export.objects.filter(pk=export.pk, ready_at=None).update(trouble=reason[:255])
    audit.record(Action.EXPORT_MADE, actor=BY, digest=export.tenant_digest, outcome=Outcome.FAILED)


def fetch(
    export: Export, *, request: HttpRequest | None = None, actor: str = "", kind: ActorKind | None = None
) -> BinaryIO | None:
    """Hand the copy out, once: its file has no name any more when this returns.

    Args:
        request, actor, kind: who fetches it, as ``audit.record`` takes them.

    Raises:
        AuditUnavailable: nothing was handed out; it can be fetched still.

    Returns:
        the open file, which the caller closes; None if it was fetched before, has expired or was withdrawn.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            waiting = Export.objects.filter(pk=export.pk, ready_at__isnull=False, removed_at=None, expires_at__gt=now)
            if not waiting.filter(fetched_at=None).update(fetched_at=now, removed_at=now):
                return None
            return _taken(
                export,
                lambda: audit.record(
                    Action.EXPORT_FETCHED, request=request, actor=actor, kind=kind, digest=export.tenant_digest
                ),
            )
    except FileNotFoundError:  # somebody else deleted it
        Export.objects.filter(pk=export.pk, removed_at=None).update(removed_at=now)
        return None


def _taken(export: Export, record: Callable[[], object]) -> BinaryIO:
    """The file, open and without a name; nothing of it has left the desk before that is on record."""
    path = export_files.finished(export)
    file = path.open("rb")
    try:
        record()
        path.unlink(missing_ok=True)
    except BaseException:
        file.close()
        raise
    return file


def _make(export: Export) -> None:
    tenant = export.tenant
    _stop_if_withdrawn(export, tenant)
    scope = access.open_scope(tenant) if tenant else None
    told, digest = _teller(export), export.tenant_digest
    part = export_files.unfinished(export)
    size = _save(part, write(tenant, scope, language=export.language, digest=digest, progress=told))
    with transaction.atomic():
        # Whoever erases the person marks this row, and waits for it: either they find the file, or we find the mark.
        current = Export.objects.select_for_update().get(pk=export.pk)
        _stop_if_withdrawn(current, tenant)
        audit.record(Action.EXPORT_MADE, actor=BY, digest=digest, counts={"memories": current.done, "bytes": size})
        part.rename(export_files.finished(export))
        current.size, current.ready_at = size, timezone.now()
        current.expires_at = current.ready_at + timedelta(hours=settings.MEMADMIN_EXPORT_HOURS)
        current.save(update_fields=["size", "ready_at", "expires_at"])


def _stop_if_withdrawn(export: Export, tenant: Tenant | None) -> None:
    """Raises Withdrawn, also from the first step of an erasure on: until its end it would be a copy too many."""
    is_gone = tenant is not None and export.tenant_id != tenant.pk
    if export.removed_at or is_gone or (tenant and Freeze.objects.filter(user_id=tenant.user_id).exists()):
        raise Withdrawn


def _teller(export: Export) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if not Export.objects.filter(pk=export.pk, removed_at=None).update(done=done, total=total):
            raise Withdrawn

    return tell


def _save(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a file that nobody else on the machine may read; returns its size."""
    with open(path, "wb", opener=_for_one) as file:
        file.writelines(pieces)
        return file.tell()


def _for_one(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
