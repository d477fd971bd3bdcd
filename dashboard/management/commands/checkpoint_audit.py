"""``manage.py checkpoint_audit``: sign the audit log as it ends now; the worker does it every five minutes."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from dashboard.audit import checkpoints, delivery
from dashboard.audit.checkpoints import ChainBroken


class Command(BaseCommand):
    help = "Sign the audit log as it ends now and deliver the checkpoint wherever that is configured."

    def handle(self, **_: Any) -> None:
        try:
            mark = checkpoints.take()
            if mark is None:
                self.stdout.write("Nothing was appended since the last checkpoint.")
                return
            for channel in delivery.configured():
                delivery.deliver(mark, channel)
        except (ChainBroken, ImproperlyConfigured, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Signed at event {mark.seq:,} with key {mark.key}.")
