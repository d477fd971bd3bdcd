"""An erasure over a history file that cannot be used: it says so, and nothing is half claimed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from memadmin.memory import Connection, Place, StoreUnavailable
from memadmin.memory.stores import history_file
from memadmin.memory.stores.history_file import HistoryFile
from memadmin.memory.stores.mem0_oss import Mem0OssStore
from tests.memory.conftest import Pair, add, texts


@pytest.fixture(params=["pgvector", "qdrant"])
def any_store(request: pytest.FixtureRequest) -> Mem0OssStore:
    """The stores that keep a history file."""
    store: Mem0OssStore = request.getfixturevalue(f"{request.param}_store")
    return store


@contextmanager
def unusable(fault: str, store: Mem0OssStore, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store's history file cannot be used within this block."""
    connect, path = sqlite3.connect, store._history.path
    with patch.context() as patched, closing(connect(path, isolation_level=None)) as other:
        if fault == "locked":
            patched.setattr(history_file, "WAIT", 0.05)
            other.execute("BEGIN EXCLUSIVE")
        elif fault == "read-only":  # a file's mode would not stop root
            patched.setattr(sqlite3, "connect", lambda name, **how: connect(name.replace("mode=rw", "mode=ro"), **how))
        else:
            missing = folder / "missing" if fault == "missing folder" else folder
            patched.setattr(Mem0OssStore, "_history", HistoryFile(missing / "history.db"))
        yield


@pytest.mark.parametrize("fault", ["missing folder", "missing file", "read-only", "locked"])
@pytest.mark.parametrize("step", ["erase", "erase_rest"])
def test_with_an_unusable_history_file_nothing_is_claimed_and_nothing_gone(
    any_store: Mem0OssStore, people: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, step: str
) -> None:
    memory_id = add(people.alice, "I live in Lisbon.")
    add(people.bob, "I love steak.")
    scope = Connection(any_store).scope_for_erasure(people.alice_id)
    clear = r"history file .* cannot be used .* exists, is writable and is not locked"
    with unusable(fault, any_store, tmp_path, monkeypatch), pytest.raises(StoreUnavailable, match=clear):
        getattr(scope, step)(*[[memory_id]][: step == "erase"])
    assert (texts(people.alice.get_all()), texts(people.bob.get_all())) == (["I live in Lisbon."], ["I love steak."])
    assert scope.erase([memory_id]) == {Place.HISTORY: 1, Place.VECTORS: 1}


def test_a_missing_history_file_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        HistoryFile(tmp_path / "history.db").count(["m1"])
    assert list(tmp_path.iterdir()) == []
