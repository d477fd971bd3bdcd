"""Configuration -> store. The only place that chooses one."""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from memadmin.memory import embedded
from memadmin.memory.embedded import var_dir
from memadmin.memory.embedding import DIMENSIONS
from memadmin.memory.errors import ConfigurationError
from memadmin.memory.scoped import ScopedMemory
from memadmin.memory.stores.base import Store

COLLECTION = "memories"
"""The embedded default's table; entities are kept in ``memories_entities``."""


class Connection:
    """A configured store that hands out scopes. Nothing is opened before the first call to the store.

    Args:
        store: see :func:`connect`, which makes one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def label(self) -> str:
        """Name of the store for people to read."""
        return self._store.label

    def scope(self, user_id: str) -> ScopedMemory:
        """The right to touch this tenant's memories. Raises InvalidUserId."""
        return ScopedMemory(user_id, store=self._store)

    def user_ids(self, *, after: str = "", limit: int = 1_000) -> list[str]:
        """Who has memories here, ascending, strictly after one. For the directory of tenants only."""
        return self._store.user_ids(after=after, limit=limit)

    def index(self) -> bool:
        """Build the per-tenant indexes where the store has any; False if it has none."""
        build = getattr(self._store, "index", None)
        if build is not None:
            build()
        return build is not None

    def close(self) -> None:
        """Release connections; the next call opens them again."""
        self._store.close()


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


def default_store() -> Store:
    """The store behind :func:`connect`, for ``ScopedMemory(user_id)``."""
    return connect()._store  # noqa: SLF001


_SETTINGS = ("MEM0_API_KEY", "MEM0_HOST", "MEM0_CONFIG", "DATABASE_URL")


@cache
def _connection(api_key: str, host: str, config: str, database_url: str, var: Path) -> Connection:
    if api_key and config:
        raise ConfigurationError("Both MEM0_API_KEY and MEM0_CONFIG are set; keep the one that names your store.")
    if host and not api_key:
        raise ConfigurationError("MEM0_HOST is set without MEM0_API_KEY; set both for the hosted platform, or neither.")
    if api_key:
        from memadmin.memory.stores.platform import PlatformStore  # noqa: PLC0415 - opened stores only

        return Connection(PlatformStore(api_key, host or None, home=var / "mem0"))
    if config:
        return Connection(_oss_store(_read_config(Path(config)), home=var / "mem0"))
    return Connection(_default(database_url, var))


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
