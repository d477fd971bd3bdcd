"""``manage.py sync_directory``: take new tenants from the store into the directory."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard import directory
from memadmin.memory import MemoryScopeError


class Command(BaseCommand):
    help = "Take every user_id that the store knows into the directory; the worker does it every ten minutes."

    def handle(self, **_: Any) -> None:
        try:
            done = directory.sync()
        except MemoryScopeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.added} new tenants.")
        if done.refused:
            self.stdout.write(
                f"{done.refused} ids in the store cannot name one person to this desk (white space, control or "
                "invisible characters, more than 255 characters) and were left out. Rename them to reach them."
            )
