"""``manage.py your_data_link USER_ID``: a link into one person's own pages, for trying them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from memadmin.memory import ConfigurationError, InvalidUserId, your_data_token


class Command(BaseCommand):
    help = "Print a link that lets whoever opens it into one person's own pages, once, within five minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument(
            "--address",
            default="http://127.0.0.1:8000",
            help="of the desk, also where only its port is another one (default: %(default)s)",
        )

    def handle(self, *_: Any, user_id: str, address: str, **__: Any) -> None:
        if not settings.MEMADMIN_DEBUG:
            raise CommandError("Refused in production: only the person's own application may sign them in.")
        if not settings.MEMADMIN_YOUR_DATA_SECRET:
            raise CommandError("MEMADMIN_YOUR_DATA_KEY_FILE is set: sign the token with the private key to it.")
        try:
            token = your_data_token(
                user_id,
                secret=settings.MEMADMIN_YOUR_DATA_SECRET,
                audience=settings.MEMADMIN_YOUR_DATA_AUDIENCE,
                lifetime=timedelta(minutes=5),
            )
        except (InvalidUserId, ConfigurationError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{address.rstrip('/')}{reverse('enter-your-data')}?{urlencode({'token': token})}")
