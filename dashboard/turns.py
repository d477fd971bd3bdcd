"""One at a time, across processes and machines."""

from django.db import connection


def take(key: str) -> None:
    """Wait until nobody else is between here and the end of their transaction under the same key.

    Args:
        key: what it is about; the caller is in a transaction, whose end lets the next one go on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
