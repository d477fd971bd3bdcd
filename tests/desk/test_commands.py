"""The commands that scripts build on: what they print and how they exit."""

import json
import uuid
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from memadmin.memory import ScopedMemory, connect
from memadmin.memory.proof import prove
from tests.desk.conftest import Person
from tests.platform_standin import running_standin


def _run(command: str, *arguments: str) -> tuple[int, str]:
    output = StringIO()
    try:
        call_command(command, *arguments, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, output.getvalue()


@pytest.fixture
def qdrant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A MEM0_CONFIG that names a local Qdrant and nothing else."""
    options = {"path": str(tmp_path / "qdrant"), "collection_name": f"c{uuid.uuid4().hex[:6]}", "on_disk": True}
    file = tmp_path / "mem0.json"
    file.write_text(json.dumps({"vector_store": {"provider": "qdrant", "config": options}}))
    monkeypatch.setenv("MEM0_CONFIG", str(file))
    yield
    connect().close()


def test_the_isolation_proof_holds_on_the_embedded_default(store: None) -> None:
    code, printed = _run("isolation_proof", "--json")
    assert code == 0
    assert json.loads(printed)["held"]


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
def test_the_isolation_proof_holds_on_a_local_qdrant(qdrant: None) -> None:
    code, printed = _run("isolation_proof", "--json")
    assert code == 0
    assert json.loads(printed)["store"] == "qdrant"


def test_the_isolation_proof_holds_on_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_standin() as platform:
        monkeypatch.setenv("MEM0_API_KEY", platform.api_key)
        monkeypatch.setenv("MEM0_HOST", platform.url)
        code, _ = _run("isolation_proof")
        connect().close()
    assert code == 0


@pytest.mark.parametrize("sabotage", ["update", "delete"])
def test_the_proof_notices_a_by_id_call_that_reaches_bob(
    store: None, monkeypatch: pytest.MonkeyPatch, sabotage: str
) -> None:
    real = {name: getattr(ScopedMemory, name) for name in ("update", "delete")}
    opened: list[ScopedMemory] = []
    monkeypatch.setattr(type(connect()), "scope", lambda self, who: opened.append(real_scope(self, who)) or opened[-1])
    monkeypatch.setattr(
        ScopedMemory, sabotage, lambda _scope, *arguments: real[sabotage](opened[1], *arguments) and None
    )
    assert not prove(connect()).held


def real_scope(connection: Any, who: str) -> ScopedMemory:
    return ScopedMemory(who, store=connection._store)


def test_residue_is_0_where_nothing_is_left(alice: Person, bob: Person) -> None:
    alice.remember("Short-lived.")
    bob.remember("Stays.")
    alice.scope.delete_all()
    assert _run("residue", alice.user_id)[0] == 0


def test_residue_is_1_where_something_is_left(alice: Person) -> None:
    alice.remember("Still here.")
    code, printed = _run("residue", alice.user_id, "--json")
    assert code == 1
    assert {place["place"]: place["count"] for place in json.loads(printed)["places"]}["vectors"] == 1


@pytest.mark.parametrize("user_id", ["*", "two words", "x" * 300])
def test_residue_is_2_where_the_user_id_is_none(store: None, user_id: str) -> None:
    assert _run("residue", user_id)[0] == 2


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"vector_store": {"provider": "pgvector"}}', "\x00", "vector_store: {provider: 7, config: {}}"],
)
def test_residue_is_2_and_says_so_where_the_configuration_is_unusable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "mem0.yaml"
    file.write_text(content)
    monkeypatch.setenv("MEM0_CONFIG", str(file))
    code, says = _run("residue", "u_alice")
    assert code == 2
    assert "MEM0_CONFIG" in says


def test_a_host_without_a_key_is_not_taken_for_the_embedded_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEM0_HOST", "http://127.0.0.1:1")
    code, says = _run("residue", "u_alice")
    assert code == 2
    assert "MEM0_API_KEY" in says


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
def test_an_empty_history_that_nobody_named_is_not_called_clean(qdrant: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEM0_DIR", raising=False)  # another test's store may have set it in this process
    code, printed = _run("residue", "u_alice", "--json")
    assert code == 2
    unchecked = {place["place"] for place in json.loads(printed)["places"] if place["status"] == "unchecked"}
    assert unchecked == {"history", "messages"}


def test_tune_store_says_that_the_indexes_exist(store: None) -> None:
    assert _run("tune_store") == (0, "The per-tenant indexes of pgvector exist.\n")


def test_sync_directory_counts_whom_it_took_in(alice: Person) -> None:
    alice.remember("Is new.")
    assert _run("sync_directory")[1].split()[0].isdigit()
