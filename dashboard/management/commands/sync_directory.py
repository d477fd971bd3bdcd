"""``manage.py sync_directory``: take new tenants from the store into the directory."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import directory
from memadmin.memory import MemoryScopeError


class Command(BaseCommand):
    help = "Take new user_ids from the store into the directory; the worker does it every ten minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full",
            action="store_true",
            help="walk through everybody, also where the store can tell who is new: finds memories with old dates, "
            "such as copied or restored ones (the worker does so once a day)",
        )

    def handle(self, *, full: bool, **_: Any) -> None:
        try:
            done = directory.sync(full=full)
        except MemoryScopeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.added:,} new tenant{'' if done.added == 1 else 's'}.")
        if not done.everybody:
            self.stdout.write("Looked at memories written since the last look; --full walks through everybody.")
        if done.refused:
            self.stdout.write(
                f"{done.refused} ids in the store cannot name one person to this desk (white space, control or "
                "invisible characters, more than 255 characters) and were left out. Rename them to reach them."
            )
