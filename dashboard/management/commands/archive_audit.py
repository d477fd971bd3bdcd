"""``manage.py archive_audit --days N``: old events to a signed file, out of the database."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from dashboard.audit import AuditUnavailable, segments
from dashboard.audit.checkpoints import ChainBroken


class Command(BaseCommand):
    help = (
        "Archive events older than this many days to a signed file and drop them. "
        "With MEMADMIN_AUDIT_RETENTION_DAYS set, the worker does it daily."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, required=True)

    def handle(self, *, days: int, **_: Any) -> None:
        try:
            archived = segments.archive_old(keep=timedelta(days=days), actor="command: archive_audit")
        except (ChainBroken, ImproperlyConfigured, AuditUnavailable, OSError) as error:
            raise CommandError(str(error)) from error
        if archived is None:
            self.stdout.write("No checkpoint covers events that old; nothing was archived.")
            return
        self.stdout.write(f"Events {archived.first_seq:,} to {archived.last_seq:,} are in {archived.file}.")
