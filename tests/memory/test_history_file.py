"""mem0's SQLite file: whose raw chat is whose, and a file that cannot be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from memadmin.memory import StoreUnavailable, UserId
from memadmin.memory.stores import history_file
from memadmin.memory.stores.history_file import HistoryFile


@pytest.fixture
def path(tmp_path: Path, folder: Path) -> Path:
    from memadmin.memory.stores.mem0_import import load_mem0

    load_mem0(folder / "mem0")
    from mem0.memory.storage import SQLiteManager

    SQLiteManager(str(tmp_path / "history.db")).close()
    return tmp_path / "history.db"


def chat(path: Path, **scope: str) -> None:
    """A line of raw chat under the scope that mem0 itself builds."""
    from mem0.memory.main import _build_session_scope
    from mem0.memory.storage import SQLiteManager

    with closing(SQLiteManager(str(path))) as manager:
        manager.save_messages([{"role": "user", "content": "I am vegetarian."}], _build_session_scope(scope))


def test_the_history_of_many_memories_is_read_at_once(path: Path) -> None:
    from mem0.memory.storage import SQLiteManager

    with closing(SQLiteManager(str(path))) as manager:
        for number in range(3):
            manager.add_history(f"m{number}", None, f"fact {number}", "ADD", created_at="2026-01-02T00:00:00+00:00")
        manager.add_history("m1", "fact 1", "fact one", "UPDATE", updated_at="2026-01-03T00:00:00+00:00")
    history = HistoryFile(path)
    found = history.changes_of([*(f"m{number}" for number in range(1, 40_000)), "m0' OR '1'='1"])
    assert {memory_id: len(changes) for memory_id, changes in found.items()} == {"m1": 2, "m2": 1}
    assert found["m1"] == history.changes("m1")


HOSTILE = [
    "alice",
    "x&user_id=alice",
    "user_id=alice",
    "=alice",
    "&",
    "%",
    "%25",
    "alice%",
    "_lice",
    "a'lice",
    "Alice",
    "\N{GRINNING FACE}",
]


@pytest.mark.parametrize("user_id", HOSTILE)
def test_only_ones_own_chat_is_counted_and_erased(path: Path, user_id: str) -> None:
    for somebody in HOSTILE:
        chat(path, user_id=somebody)
        chat(path, user_id=somebody, agent_id="chef", run_id="r1")
    history = HistoryFile(path)
    assert history.count_messages(UserId(user_id)) == 2
    assert history.delete_messages(UserId(user_id)) == 2
    assert [history.count_messages(UserId(somebody)) for somebody in HOSTILE if somebody != user_id] == [2] * 11


@pytest.mark.parametrize(
    "scope",
    [
        {"agent_id": "alice"},
        {"run_id": "alice"},
        {"agent_id": "user_id=alice"},
        {"agent_id": "x&user_id=alice"},
        {"agent_id": "alice", "user_id": "bob"},
        {"user_id": "alice2"},
        {"user_id": "malice"},
    ],
    ids=str,
)
def test_chat_that_only_looks_like_hers_is_left_alone(path: Path, scope: dict[str, str]) -> None:
    chat(path, **scope)
    assert HistoryFile(path).delete_messages(UserId("alice")) == 0


@pytest.mark.parametrize(
    "scope", [{}, {"agent_id": "chef"}, {"run_id": "r=1"}, {"agent_id": "a&b", "run_id": "user_id=bob"}], ids=str
)
def test_her_chat_is_found_under_every_agent_and_run(path: Path, scope: dict[str, str]) -> None:
    chat(path, user_id="alice", **scope)
    assert HistoryFile(path).delete_messages(UserId("alice")) == 1


def test_what_is_erased_is_not_left_in_the_file(path: Path) -> None:
    chat(path, user_id="alice")
    assert b"I am vegetarian." in path.read_bytes()
    HistoryFile(path).delete_messages(UserId("alice"))
    assert b"I am vegetarian." not in path.read_bytes()


@pytest.fixture
def locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(history_file, "WAIT", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield path


def test_a_locked_file_is_an_outage(locked: Path) -> None:
    with pytest.raises(StoreUnavailable, match="not locked by another process"):
        HistoryFile(locked).count(["m1"])
    with pytest.raises(StoreUnavailable):
        HistoryFile(locked).delete(["m1"])


def test_a_file_that_mem0_never_made_is_an_outage(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"history\.db"):
        HistoryFile(tmp_path / "missing" / "history.db").count(["m1"])


def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnavailable):
        HistoryFile(tmp_path / "history.db").count(["m1"])


def test_ten_thousand_ids_are_one_statement(path: Path) -> None:
    assert HistoryFile(path).delete(str(number) for number in range(10_000)) == 0


@pytest.mark.parametrize("memory_id", ["'; DROP TABLE history; --", '"', "]", "%", "\N{GRINNING FACE}"])
def test_a_hostile_memory_id_is_data(path: Path, memory_id: str) -> None:
    history = HistoryFile(path)
    assert history.count([memory_id]) == history.delete([memory_id]) == 0
    assert history.changes(memory_id) == []
