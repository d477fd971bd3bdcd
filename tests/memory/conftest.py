"""The stores, opened once per worker, and two people who are new to them in every test.

Alice and Bob share a store on purpose. Their ids are unique per test, so that no test sees another's memories.
"""

import secrets
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memadmin.memory import ScopedMemory, embedded
from memadmin.memory.stores.base import Store
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from memadmin.memory.stores.pgvector import PgVectorStore
from memadmin.memory.stores.platform import PlatformStore
from tests.platform_standin import Standin, running_standin

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
NOT_HERS = (
    "00000000-0000-4000-8000-000000000000",
    "not-a-uuid",
    "",
    "*",
    "a\0b",
    "%",
    "\N{GRINNING FACE}",
    "x" * 10_000,
)
"""Memory ids that name nothing: unknown, malformed, hostile."""


def pgvector_config(collection: str, folder: Path, **options: Any) -> dict[str, Any]:
    return {
        "vector_store": {
            "provider": "pgvector",
            "config": {
                "collection_name": collection,
                "embedding_model_dims": 256,
                "hnsw": False,
                "connection_string": embedded.url,
                **options,
            },
        },
        "embedder": {"provider": "offline"},
        "history_db_path": str(folder / f"{collection}.db"),
    }


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stores of this worker keep their files."""
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="session")
def pgvector_store(folder: Path, worker_name: str) -> Iterator[PgVectorStore]:
    store = PgVectorStore(pgvector_config(f"shared_{worker_name}", folder), home=folder / "mem0")
    yield store
    store.close()


@pytest.fixture(scope="session")
def qdrant_store(folder: Path) -> Iterator[Mem0OssStore]:
    section = {"provider": "qdrant", "config": {"collection_name": "shared", "path": str(folder / "qdrant")}}
    config = {
        "vector_store": section,
        "embedder": {"provider": "offline"},
        "history_db_path": str(folder / "qdrant.db"),
    }
    store = Mem0OssStore(config, home=folder / "mem0")
    with warnings.catch_warnings():  # mem0 asks local Qdrant for indexes on the entity collection; it has none
        warnings.filterwarnings("ignore", message="Payload indexes have no effect in the local Qdrant")
        assert store._entities
    yield store
    store.close()


@pytest.fixture(scope="session")
def standin() -> Iterator[Standin]:
    with running_standin() as server:
        yield server


@pytest.fixture(scope="session")
def platform_store(standin: Standin, folder: Path) -> Iterator[PlatformStore]:
    store = PlatformStore(standin.api_key, standin.url, home=folder / "mem0")
    yield store
    store.close()


@pytest.fixture(params=["pgvector", "qdrant", "platform"])
def any_store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


@dataclass(frozen=True)
class Pair:
    """Two tenants of one store."""

    alice: ScopedMemory
    bob: ScopedMemory
    alice_id: str
    bob_id: str


def pair_in(store: Store) -> Pair:
    run = secrets.token_hex(4)
    alice_id, bob_id = f"u_alice_{run}", f"u_bob_{run}"
    return Pair(ScopedMemory(alice_id, store=store), ScopedMemory(bob_id, store=store), alice_id, bob_id)


@pytest.fixture
def people(any_store: Store) -> Pair:
    """Alice and Bob in every store, one after the other."""
    return pair_in(any_store)


@pytest.fixture
def alice(people: Pair) -> ScopedMemory:
    return people.alice


@pytest.fixture
def bob(people: Pair) -> ScopedMemory:
    return people.bob


@pytest.fixture
def fresh_pgvector(tmp_path: Path, worker_name: str) -> Iterator[Callable[..., PgVectorStore]]:
    """Makes store objects that look at one new collection, as processes of their own would."""
    collection = f"fresh_{worker_name}_{secrets.token_hex(4)}"
    made: list[PgVectorStore] = []

    def make(**options: Any) -> PgVectorStore:
        made.append(PgVectorStore(pgvector_config(collection, tmp_path, **options), home=tmp_path / "mem0"))
        return made[-1]

    yield make
    for store in made:
        store.close()


def texts(records: Any) -> list[str]:
    return sorted(record.text for record in records)


def everything(scope: ScopedMemory) -> list[Any]:
    """All that is remembered of somebody, history included, to compare before and after."""
    return [
        (memory.as_dict(), [change.as_dict() for change in scope.history(memory.id) or []])
        for memory in scope.get_all()
    ]


def add(scope: ScopedMemory, text: str, *, expires_on: date | None = None, **options: Any) -> str:
    return scope.add(text, expires_on=expires_on, **options).ids[0]
