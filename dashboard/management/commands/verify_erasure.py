"""``manage.py verify_erasure``: the second look, in a process of its own. Started by the erasure, not by people."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.privacy.verification import Order, look
from memadmin.memory import MemoryScopeError


class Command(BaseCommand):
    help = "Read an order (JSON) from standard input, look whether that person is gone, and print the verdict as JSON."
    requires_migrations_checks = False

    def handle(self, **_: Any) -> None:
        try:
            order = Order(**json.load(sys.stdin))
        except (ValueError, TypeError) as error:
            raise CommandError("Standard input holds no order of an erasure.", returncode=2) from error
        try:
            self.stdout.write(json.dumps(look(order)))
        except MemoryScopeError as error:
            raise CommandError(str(error), returncode=2) from error
