"""``manage.py residue USER_ID``: what every place still holds of one person."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from memadmin.memory import MemoryScopeError, Residue, connect

CLEAN, FOUND, UNCHECKED = 0, 1, 2


class Command(BaseCommand):
    help = "Scan every place for one person, apart from any deletion; exit 1 on residue, 2 if not all was checked."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument("--json", action="store_true", help="print the places as JSON")

    def handle(self, *, user_id: str, json: bool, **_: Any) -> None:
        try:
            residue = connect().scope(user_id).residue()
        except MemoryScopeError as error:
            raise CommandError(str(error), returncode=UNCHECKED) from error
        except Exception as error:  # a script must never read a crash as "residue"
            raise CommandError(f"Nothing was checked: {type(error).__name__}.", returncode=UNCHECKED) from error
        self.stdout.write(_json(residue) if json else _table(residue))
        if code := exit_code(residue):
            sys.exit(code)


def exit_code(residue: Residue) -> int:
    """0 clean, 1 residue, 2 where a place could not be checked."""
    if residue.found:
        return FOUND
    return CLEAN if residue.clean else UNCHECKED


def _json(residue: Residue) -> str:
    return json.dumps(residue.as_dict(), indent=2)


def _table(residue: Residue) -> str:
    return "\n".join(
        f"{finding.place.value:<9} {finding.status.value:<9} {finding.count:>6}  {finding.note}".rstrip()
        for finding in residue.findings
    )
