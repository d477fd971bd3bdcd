"""Freezing a tenant: from here on no agent stores anything of them, on any machine."""

from django.db import connection, transaction

from dashboard.models import Freeze

PATIENCE = "60s"
"""How long to wait for what agents are storing at this moment; with a language model behind it that takes seconds."""


def freeze(user_id: str) -> None:
    """Refuse further writes, and wait for those that have begun (``memadmin/memory/gate.py`` holds the other side).

    Raises:
        django.db.OperationalError: a write did not end within a minute; the freeze stands, so try again.
    """
    Freeze.objects.get_or_create(user_id=user_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [user_id])


def thaw(user_id: str) -> None:
    """Let agents write again."""
    Freeze.objects.filter(user_id=user_id).delete()
