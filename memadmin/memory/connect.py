"""Configuration -> store. The only place that chooses one."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from memadmin.memory import embedded
from memadmin.memory.embedded import var_dir
from memadmin.memory.embedding import DIMENSIONS
from memadmin.memory.erasing import ErasureScope
from memadmin.memory.errors import ConfigurationError
from memadmin.memory.gate import DeskGate, Gate
from memadmin.memory.identity import UserId, is_made_up, refusal
from memadmin.memory.records import Ghosts, Scrubbed
from memadmin.memory.scoped import MAX_PAGE, ScopedMemory
from memadmin.memory.stores.base import Store

COLLECTION = "memories"
"""The embedded default's table; entities are kept in ``memories_entities``."""


class Connection:
    """A configured store that hands out scopes. Nothing is opened before the first call to the store.

    Args:
        store: see :func:`connect`, which makes one.
        gate: asked before every write, see ``gate.py``. Default: none.
        environment: the settings that chose the store.
    """

    def __init__(
        self, store: Store, gate: DeskGate | None = None, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._store = store
        self._gate = gate
        self._environment = environment

    @property
    def label(self) -> str:
        """Name of the store for people to read."""
        return self._store.label

    def scope(self, user_id: str) -> ScopedMemory:
        """The right to touch this tenant's memories. Raises InvalidUserId."""
        return ScopedMemory(user_id, store=self._store, gate=self._gate)

    def user_ids(self, *, after: str = "", limit: int = 1_000) -> list[str]:
        """Who has memories here, ascending, strictly after one. For the directory of tenants only."""
        return self._store.user_ids(after=after, limit=limit)

    def mark(self) -> str | None:
        """Which store this is and the time there, for :meth:`user_ids_since` later; None: it cannot tell who is new."""
        return self._store.mark()

    def user_ids_since(self, mark: str, *, after: str = "", limit: int = 1_000) -> list[str] | None:
        """As :meth:`user_ids`, those with a memory created since an earlier mark, and perhaps others.

        Args:
            mark: what :meth:`mark` said then.

        Returns:
            None: the mark is another store's, or this one cannot tell. Whoever has only memories that say they are
            older, such as rows copied from elsewhere, is left out.
        """
        return self._store.user_ids_since(mark, after=after, limit=limit)

    def scope_for_erasure(self, user_id: str) -> ErasureScope:
        """The right to erase this tenant in batches. Raises InvalidUserId."""
        return ErasureScope(user_id, store=self._store)

    def neighbours(self, user_id: str, *, number: int = 5, most: int = 1_000) -> dict[str, frozenset[str]]:
        """Some other tenants and the ids of their memories, to see afterwards that they kept what they had.

        Args:
            user_id: who is not a neighbour. number: at most so many others, picked at random.
            most: of a tenant with more memories, the newest so many.
        """
        found = self._store.somebody(number + 1)
        others = [other for other in found if other != user_id and refusal(other) is None and not is_made_up(other)]
        return {other: self._newest_ids(other, most) for other in others[:number]}

    def mentions(self, terms: Sequence[str], *, excluding: str, limit: int = 1_000) -> list[tuple[str, str]] | None:
        """Other tenants' memories that mention any of the terms as whole words, whatever their case.

        Args:
            terms: names, e-mail addresses, ids. excluding: whose own memories do not count.
            limit: at most so many.

        Returns:
            pairs of user_id and memory id; None: this store cannot search across tenants.

        Raises:
            InvalidUserId. StoreUnavailable: the store does not answer, or took too long.
        """
        return self._store.mentions(list(terms), excluding=UserId.parse(excluding), limit=limit)

    def _newest_ids(self, user_id: str, most: int) -> frozenset[str]:
        scope, found, cursor = self.scope(user_id), list[str](), None
        while len(found) < most:
            page = scope.page(cursor, min(MAX_PAGE, most - len(found)))
            found += [memory.id for memory in page]
            if (cursor := page.next_cursor) is None:
                break
        return frozenset(found)

    def scrub(self, *, tables: Sequence[str] = ()) -> tuple[Scrubbed, ...]:
        """Get the bytes of whatever was deleted so far out of every file: for after erasures, seconds to minutes.

        Args:
            tables: further tables to treat alike, such as the desk's own. Only where the store is a PostgreSQL
                database and holds them; else see ``stores/scrubbing.py``, which takes a connection.

        Returns:
            one answer per place. ``pending`` means: call again later.

        Raises:
            StoreUnavailable, StoreError: as any call to the store; what was done so far stays done.
        """
        return self._store.scrub(tables)

    def ghosts(self) -> Ghosts | None:
        """History rows whose memory no longer exists, such as mem0's own deletions leave; None: not countable."""
        return self._store.ghosts()

    def purge_ghosts(self, before: datetime) -> int:
        """Delete the history of memories that no longer exist and last changed before a moment.

        Args:
            before: aware. Ghosts without a usable time stay.

        Returns:
            rows deleted.

        Raises:
            ValueError: the moment is naive. StoreUnavailable, StoreError: as any call to the store.
        """
        if before.tzinfo is None:
            raise ValueError("The moment needs a time zone.")
        return self._store.purge_ghosts(before)

    def index(self) -> bool:
        """Build the per-tenant indexes where the store has any; False if it has none."""
        build = getattr(self._store, "index", None)
        if build is not None:
            build()
        return build is not None

    def environment(self) -> dict[str, str]:
        """What another process needs in its environment to open the same store."""
        return dict(self._environment)

    def close(self) -> None:
        """Release connections; the next call opens them again."""
        self._store.close()
        if self._gate:
            self._gate.close()


def connect(environment: Mapping[str, str] | None = None) -> Connection:
    """Choose the store that the environment configures.

    ``MEM0_API_KEY`` (with ``MEM0_HOST``) selects the hosted platform, else ``MEM0_CONFIG`` a mem0 OSS configuration
    file, else pgvector with the offline embedder in the desk's own PostgreSQL (``DATABASE_URL``, or embedded).

    Args:
        environment: settings to read. Default: the process's environment, one connection per process and setting.

    Raises:
        ConfigurationError: a setting is unusable; the message names it.
    """
    values = os.environ if environment is None else environment
    return _connection(*(values.get(name, "") for name in _SETTINGS), var_dir())


def default_store() -> tuple[Store, Gate | None]:
    """The store behind :func:`connect` and its gate, for ``ScopedMemory(user_id)``."""
    connection = connect()
    return connection._store, connection._gate  # noqa: SLF001


_SETTINGS = ("MEM0_API_KEY", "MEM0_HOST", "MEM0_CONFIG", "DATABASE_URL")


@cache
def _connection(api_key: str, host: str, config: str, database_url: str, var: Path) -> Connection:
    if api_key and config:
        raise ConfigurationError("Both MEM0_API_KEY and MEM0_CONFIG are set; keep the one that names your store.")
    if host and not api_key:
        raise ConfigurationError("MEM0_HOST is set without MEM0_API_KEY; set both for the hosted platform, or neither.")
    if api_key:
        from memadmin.memory.stores.platform import PlatformStore  # noqa: PLC0415 - opened stores only

        store: Store = PlatformStore(api_key, host or None, home=var / "mem0")
    elif config:
        store = _oss_store(_read_config(Path(config)), home=var / "mem0")
    else:
        store = _default(database_url, var)
    chosen = dict(zip(_SETTINGS, (api_key, host, config, database_url), strict=True))
    environment = {name: value for name, value in chosen.items() if value} | {"MEMADMIN_VAR_DIR": str(var)}
    return Connection(store, _gate(database_url, var, own_store=not api_key and not config), environment)


def _gate(database_url: str, var: Path, *, own_store: bool) -> DeskGate | None:
    """The desk's gate, where this process can reach a desk: by ``DATABASE_URL``, or embedded on this machine."""
    if not database_url and not own_store and not (var / "postgres").exists():
        return None
    return DeskGate(lambda: database_url or embedded.url(), lambda: _digest_key(var))


def _digest_key(var: Path) -> str:
    """``MEMADMIN_AUDIT_KEY``, or the one that the desk made on this machine; "" if neither is there."""
    kept = var / "audit-key"
    return os.environ.get("MEMADMIN_AUDIT_KEY") or (kept.read_text(encoding="ascii") if kept.exists() else "")


def _default(database_url: str, var: Path) -> Store:
    from memadmin.memory.stores.pgvector import PgVectorStore  # noqa: PLC0415

    options = {
        "collection_name": COLLECTION,
        "embedding_model_dims": DIMENSIONS,
        # Every search is one tenant's and exact; an approximate index would cost writes and lose hits.
        "hnsw": False,
        "connection_string": database_url or embedded.url,
    }
    vector_store = {"provider": "pgvector", "config": options}
    config = {
        "vector_store": vector_store,
        "embedder": {"provider": "offline"},
        "history_db_path": str(var / "history.db"),
    }
    return PgVectorStore(config, home=var / "mem0")


def _oss_store(config: dict[str, Any], *, home: Path) -> Store:
    from memadmin.memory.stores.mem0_oss import Mem0OssStore  # noqa: PLC0415
    from memadmin.memory.stores.pgvector import PgVectorStore  # noqa: PLC0415

    provider = config.get("vector_store", {}).get("provider")
    return PgVectorStore(config, home=home) if provider == "pgvector" else Mem0OssStore(config, home=home)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        config = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise ConfigurationError(f"MEM0_CONFIG names {path}, which cannot be read: {error.strerror}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"MEM0_CONFIG names {path}, which is neither JSON nor YAML.") from error
    if problem := _problem(config):
        raise ConfigurationError(f"MEM0_CONFIG names {path}, {problem}.")
    return dict(config)


def _problem(config: Any) -> str | None:
    """What a configuration file lacks, in words; mem0 itself would fail later and less clearly."""
    if not isinstance(config, dict) or not isinstance(config.get("vector_store"), dict):
        return "which has no “vector_store” section"
    options = config["vector_store"].get("config")
    if not isinstance(config["vector_store"].get("provider"), str) or not isinstance(options, dict):
        return "whose “vector_store” lacks a “provider” or a “config” section"
    if not isinstance(options.get("collection_name", ""), str):
        return "whose “collection_name” is no text"
    if not all(isinstance(config.get(section, {}), dict) for section in ("embedder", "llm")):
        return "whose “embedder” or “llm” is no section"
    return None
