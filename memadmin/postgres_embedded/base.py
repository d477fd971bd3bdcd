"""Django's PostgreSQL backend on the embedded server, which starts when the first connection is made."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg.conninfo import conninfo_to_dict

from memadmin.memory import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """``ENGINE = "memadmin.postgres_embedded"``; only ``NAME`` is read from the settings."""

    def get_connection_params(self) -> dict[str, Any]:
        address = conninfo_to_dict(embedded.url())
        address.pop("dbname")
        return {**super().get_connection_params(), **address}
