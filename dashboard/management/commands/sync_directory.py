"""``manage.py sync_directory``: take new tenants from the store into the directory."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard import directory
from memadmin.memory import MemoryScopeError


class Command(BaseCommand):
    help = "Take every user_id that the store knows into the directory; the worker does it every ten minutes."

    def handle(self, **_: Any) -> None:
        try:
            added = directory.sync()
        except MemoryScopeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{added} new tenants.")
