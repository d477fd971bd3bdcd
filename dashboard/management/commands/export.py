"""``manage.py export USER_ID``: what is held on one person, as a file."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard import access, audit, exporting
from dashboard.audit import Action, AuditUnavailable, tenant_digest
from dashboard.models import AuditEvent, PrivacyRequest, Tenant
from memadmin.memory import MemoryScopeError, ScopedMemory, UserId

NOT_DONE = 1
STANDARD_OUTPUT = "-"
WRITERS: dict[str, Callable[..., Iterable[bytes]]] = {
    "json": exporting.write_json,
    "csv": exporting.write_csv,
    "zip": exporting.write,
}


class Command(BaseCommand):
    help = (
        "Write what is held on one person to a file that only you can read: zip has everything in every form, json "
        "everything, csv the memories alone. Exit 1 if nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument("--format", required=True, choices=list(WRITERS))
        parser.add_argument("--output", required=True, metavar="FILE", help="where to; “-” for standard output")
        parser.add_argument("--force", action="store_true", help="replace the file if there is one")
        languages = [code for code, _ in settings.LANGUAGES]
        parser.add_argument("--language", default="en", choices=languages, help="of words and pages; default en")
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, *, user_id: str, output: str, force: bool, json: bool, **given: Any) -> None:
        if output != STANDARD_OUTPUT and Path(output).exists() and not force:
            raise CommandError(f"{output} exists already. Choose another file, or --force.", returncode=NOT_DONE)
        with _exit_codes():
            tenant, digest = _found(user_id)
            scope = access.open_scope(tenant) if tenant else None
            memories = _record(scope, digest)
            pieces = WRITERS[given["format"]](tenant, scope, language=given["language"], digest=digest)
            size = self._write(output, pieces)
        said = {"memories": memories, "bytes": size, "format": given["format"], "file": output}
        out = self.stderr if output == STANDARD_OUTPUT else self.stdout
        out.write(_json(said) if json else f"{memories:,} memories, {size:,} bytes.", ending="\n")

    def _write(self, output: str, pieces: Iterable[bytes]) -> int:
        if output == STANDARD_OUTPUT:
            return _copied(pieces, sys.stdout.buffer)
        return _saved(pieces, Path(output))


def _found(user_id: str) -> tuple[Tenant | None, str]:
    """Who it is, by directory, store, or what is on record of somebody who was erased."""
    named = UserId.parse(user_id)
    tenant, digest = Tenant.objects.filter(user_id=named).first() or access.discover(named), tenant_digest(named)
    on_record = (PrivacyRequest.objects.filter(tenant_digest=digest), AuditEvent.objects.filter(tenant_digest=digest))
    if tenant is None and not any(rows.exists() for rows in on_record):
        raise CommandError(
            "Nobody of this user_id is known to the desk or to the store. Mind capitals: they name different people.",
            returncode=NOT_DONE,
        )
    return tenant, digest


def _record(scope: ScopedMemory | None, digest: str) -> int:
    """Say in the audit log what is about to be written; returns the number of memories."""
    memories = scope.count() if scope else 0
    audit.record(Action.MEMORIES_EXPORTED, actor="command: export", digest=digest, counts={"memories": memories})
    return memories


def _saved(pieces: Iterable[bytes], path: Path) -> int:
    """Write a file for its owner alone; it has its name once it is complete."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with open(part, "xb", opener=_for_one) as file:
            size = _copied(pieces, file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return size


def _for_one(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _copied(pieces: Iterable[bytes], file: BinaryIO) -> int:
    return sum(file.write(piece) for piece in pieces)


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except (MemoryScopeError, AuditUnavailable) as error:
        raise CommandError(str(error), returncode=NOT_DONE) from error
    except OSError as error:
        raise CommandError(f"The file cannot be written: {error.strerror}.", returncode=NOT_DONE) from error


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, indent=2)
