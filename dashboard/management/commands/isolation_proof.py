"""``manage.py isolation_proof``: Alice and Bob on the configured store."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from memadmin.memory import MemoryScopeError, connect
from memadmin.memory.proof import prove


class Command(BaseCommand):
    help = "Write, search, list and delete as two people on the configured store; exit 1 on any leak."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the steps as JSON")

    def handle(self, *, json: bool, **_: Any) -> None:
        try:
            proof = prove(connect())
        except MemoryScopeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_json(proof.as_dict()) if json else "\n".join(map(_line, proof.steps)))
        if not proof.held:
            raise CommandError("The isolation proof failed; do not use this store.", returncode=1)


def _line(step: Any) -> str:
    return f"{'ok  ' if step.held else 'LEAK'}  {step.claim} ({step.seen})"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)
