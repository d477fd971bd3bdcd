"""Nothing leaves the machine, and nothing is written elsewhere: seen by an audit hook in a fresh process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, sys

seen = {"sockets": [], "processes": []}

def watch(event, arguments):
    # Not socket.bind: urllib3 binds ::1 while it is imported, to see whether there is IPv6, and lets go.
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        seen["sockets"].append([event, arguments[0].family.name, str(arguments[1])])
    elif event.startswith("socket.get") and event != "socket.gethostname" or event == "urllib.Request":
        seen["sockets"].append([event, "", str(arguments)])
    elif event in {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}:
        seen["processes"].append(str(arguments[0]))

sys.addaudithook(watch)

from memadmin.memory import ScopedMemory

people = [ScopedMemory(name) for name in ("u_alice.leaves", "u_bob.leaves")]
for person in people:
    memory_id = person.add([{"role": "user", "content": "I live in Lisbon with Maria Silva since 2019."}]).ids[0]
    person.add("I am vegetarian.", agent_id="chef", metadata={"since": "2019-01-01"})
    person.search("food preferences in Lisbon", limit=100)
    person.page(limit=1)
    person.update(memory_id, "I live in Oslo.")
    person.history(memory_id)
    person.delete(memory_id)
    person.delete_all()
    person.residue([memory_id])

import mem0.memory.setup
seen["mem0"] = mem0.memory.setup.mem0_dir
seen["downloaded"] = [name for name in sys.modules if name.startswith("spacy")]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def seen(home: Path) -> dict[str, Any]:
    """What a fresh process with a fresh home did."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MEM0_"))}
    environment |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_no_socket_is_opened_but_the_databases_own(seen: dict[str, Any]) -> None:
    elsewhere = [entry for entry in seen["sockets"] if entry[1] != "AF_UNIX"]
    assert elsewhere == []


def test_no_program_is_run_that_could_reach_out(seen: dict[str, Any]) -> None:
    assert [program for program in seen["processes"] if "postgres" not in program and "pg_" not in program] == []


def test_mem0s_home_is_inside_the_var_directory(seen: dict[str, Any]) -> None:
    assert Path(seen["mem0"]).is_relative_to(Path(os.environ["MEMADMIN_VAR_DIR"]).resolve())


def test_the_users_home_is_not_written_to(seen: dict[str, Any], home: Path) -> None:
    assert not (home / ".mem0").exists()
    assert [entry.name for entry in home.iterdir()] == []


NO_MODEL = """
import sys, types
from pathlib import Path

spacy = types.ModuleType("spacy")
spacy.util = types.SimpleNamespace(is_package=lambda name: False)
cli = types.ModuleType("spacy.cli")
cli.download = lambda name: print("downloads", name)
sys.modules |= {"spacy": spacy, "spacy.cli": cli}

from memadmin.memory.stores.mem0_import import load_mem0

load_mem0(Path(sys.argv[1]))
from mem0.utils import spacy_models

print(spacy_models.get_nlp_full(), spacy_models.get_nlp_lemma())
"""


def test_no_model_is_downloaded_where_spacy_is_installed_without_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_MODEL, str(tmp_path / "mem0")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None None"
