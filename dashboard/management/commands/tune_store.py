"""``manage.py tune_store``: the indexes that mem0 leaves out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from memadmin.memory import MemoryScopeError, connect


class Command(BaseCommand):
    help = "Build the per-tenant indexes of the configured store, while agents go on writing."

    def handle(self, **_: Any) -> None:
        try:
            connection = connect()
            built = connection.index()
        except MemoryScopeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The per-tenant indexes of {connection.label} exist."
            if built
            else f"{connection.label} keeps its own indexes; nothing to do."
        )
