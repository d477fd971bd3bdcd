"""The gate before every write: nothing is learned of a person who is being erased.

The desk freezes a tenant by a row in its database, so that agents on other machines see it. A write holds a shared
lock for as long as it takes; who freezes waits for those under way (``dashboard/privacy/freezing.py``). After an
erasure the desk keeps a keyed digest of the user_id: a write that matches it is let through and noted, so that the
desk can say "the agent learned this person again".
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from memadmin.memory.errors import StoreUnavailable, TenantBeingErased
from memadmin.memory.identity import UserId
from memadmin.memory.stores.per_process import PerProcess

WAIT = 5.0
"""Seconds to wait for a connection to the desk's database."""

_HAS_DESK = "SELECT to_regclass('dashboard_freeze') IS NOT NULL AND to_regclass('dashboard_tombstone') IS NOT NULL"
_LOCK = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
_FROZEN = "SELECT 1 FROM dashboard_freeze WHERE user_id = %s"
_LEARNED_AGAIN = "UPDATE dashboard_tombstone SET relearned_at = now() WHERE digest = %s AND relearned_at IS NULL"


class Gate(Protocol):
    """What a scope asks before it writes."""

    def writing(self, owner: UserId) -> AbstractContextManager[None]:
        """Held while something is written. Raises TenantBeingErased, StoreUnavailable."""


class DeskGate:
    """The gate of a desk's database. One without a desk in it stops nobody.

    Args:
        address: gives the database's connection string.
        key: gives the key of tenant digests (``MEMADMIN_AUDIT_KEY``); "" where this process does not have it: then a
            freeze is respected, and only the desk's own checks notice that a person was learned again.
    """

    def __init__(self, address: Callable[[], str], key: Callable[[], str]) -> None:
        self._pool = PerProcess(lambda: _pool(address()))
        self._key = key
        self._has_desk = False

    @contextmanager
    def writing(self, owner: UserId) -> Iterator[None]:
        with self._transaction() as connection:
            if not self._guards(connection):
                yield
                return
            connection.execute(_LOCK, [owner])
            if connection.execute(_FROZEN, [owner]).fetchone():
                raise TenantBeingErased(
                    "This person is being erased: nothing is stored. Try again when that has ended."
                )
            yield
            if key := self._key():
                connection.execute(_LEARNED_AGAIN, [digest(owner, key)])

    def close(self) -> None:
        """Release connections; the next write opens them again."""
        if pool := self._pool.opened():
            self._pool.forget()
            pool.close(WAIT)

    def _guards(self, connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
        if not self._has_desk:
            found = connection.execute(_HAS_DESK).fetchone()
            self._has_desk = bool(found and found[0])
        return self._has_desk

    @contextmanager
    def _transaction(self) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        try:
            pool = self._pool()
            connection = pool.getconn()
        except (psycopg.OperationalError, PoolTimeout):
            raise StoreUnavailable(
                "The desk's database does not answer, so nobody can tell whether this person is being erased. "
                "Nothing was stored; check DATABASE_URL and try again."
            ) from None
        try:
            with connection.transaction():
                yield connection
        finally:
            pool.putconn(connection)


def digest(user_id: str, key: str) -> str:
    """HMAC-SHA256 of a user_id: how the desk names a person whom it must not know; 64 hexadecimal characters."""
    return hmac.digest(key.encode(), user_id.encode(), hashlib.sha256).hex()


def _pool(address: str) -> "ConnectionPool[psycopg.Connection[tuple[object, ...]]]":
    return ConnectionPool(
        address,
        min_size=0,
        max_size=8,
        timeout=WAIT,
        reconnect_timeout=WAIT,
        check=ConnectionPool.check_connection,
        kwargs={"connect_timeout": int(WAIT)},
        open=True,
    )
