"""``manage.py verify_audit``: is the audit log what was written?"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from dashboard import audit
from dashboard.audit import delivery
from dashboard.audit.marks import NotACheckpoint
from dashboard.audit.verifying import Verification
from dashboard.management.progress import ProgressBar

INTACT, BROKEN, UNREADABLE, NOT_PROVEN = 0, 1, 2, 3


class Command(BaseCommand):
    help = (
        "Walk the audit log's chain and its signed checkpoints; exit 1 at the first break, 2 if it cannot be checked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--strict", action="store_true", help="exit 3 if anything is left that is not proven")
        parser.add_argument(
            "--checkpoints",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="checkpoints that were kept outside the database, one JSON object a line; may be given several times. "
            "The file that MEMADMIN_CHECKPOINT_FILE names is read in any case.",
        )

    def handle(self, *, json: bool, strict: bool, checkpoints: list[Path], **_: Any) -> None:
        bar = ProgressBar("events")
        try:
            configured = delivery.file()
            copies = [*checkpoints, configured] if configured else checkpoints
            verification = audit.verify(delivered=copies, progress=bar)
        except (NotACheckpoint, ImproperlyConfigured, OSError) as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        bar.close()
        self.stdout.write(_as_json(verification) if json else _in_words(verification))
        if not verification.intact:
            sys.exit(BROKEN)
        if strict and verification.not_proven:
            sys.exit(NOT_PROVEN)


def _as_json(verification: Verification) -> str:
    return json.dumps(verification.as_dict(), indent=2)


def _in_words(verification: Verification) -> str:
    counts = (
        f"{verification.events:,} events and {verification.checkpoints:,} checkpoints followed "
        f"({verification.delivered:,} of them kept outside the database) in {verification.seconds:.1f} s."
    )
    if verification.found is None:
        archived = f" {verification.archived:,} older events are archived." if verification.archived else ""
        erased = f" {verification.notes_erased:,} notes were erased." if verification.notes_erased else ""
        not_proven = "".join(f"\nNot proven: {sentence}" for sentence in verification.not_proven)
        return f"Intact. {counts}{archived}{erased}{not_proven}"
    found = verification.found
    where = f"event {found.position}" + (f" to {found.through}" if found.through > found.position else "")
    return f"BROKEN at {where}: {found.fault.value}. {found.explanation}\n{counts}"
