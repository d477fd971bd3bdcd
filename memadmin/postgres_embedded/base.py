"""Django's PostgreSQL backend on the embedded server, which starts when the first connection is made."""

from typing import Any

from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg.conninfo import conninfo_to_dict

from memadmin.memory import StoreUnavailable, embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """``ENGINE = "memadmin.postgres_embedded"``; only ``NAME`` is read from the settings."""

    def get_connection_params(self) -> dict[str, Any]:
        try:
            address = conninfo_to_dict(embedded.url())
        except StoreUnavailable as error:  # callers handle a database that does not answer, not this one's own error
            raise OperationalError(str(error)) from error
        address.pop("dbname")
        return {**super().get_connection_params(), **address}
