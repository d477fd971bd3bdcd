"""An erased person is in no table of a dump and in no byte of any file of the embedded cluster, log included."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

MARKER = "Zanzibarquux"
USER_ID = f"u_{MARKER}"

PLANT = f"""
import os, sys
from datetime import UTC, datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "memadmin.settings"
from django.core.management import call_command, execute_from_command_line
execute_from_command_line(["manage.py", "migrate", "--verbosity", "0"])
from memadmin.memory import UserId, connect
from memadmin.memory.sample import Conversation, Fact
from memadmin.memory.stores import seeding

store = connect()._store
for owner, word in (("{USER_ID}", "{MARKER}"), ("u_bob", "Bob")):
    seeding.replay(store, UserId(owner), Conversation(
        messages=({{"role": "user", "content": f"Listen: {{word}} said so."}},),
        facts=(
            Fact(text=f"{{word}} is here.", entities=(("PROPER", word),), corrected_to=f"Left {{word}}."),
            Fact(text=f"Likes {{word}} tea.", entities=(("PROPER", f"{{word}} tea"),)),
        ),
        at=datetime.now(UTC), agent_id="agent", run_id=None, metadata={{"category": word}}, expires_on=None,
    ))
    connect().scope(owner).add(f"{{word}} wrote a long letter. " * 900)
print(connect().scope("{USER_ID}").residue().as_dict()["places"])
call_command("sync_directory")
call_command("import_tenants", sys.argv[1])
"""
"""A desk in use, in one process: each would import all of it first."""


class Desk:
    """A desk of its own on a disk of its own, driven by its commands."""

    def __init__(self, var: Path) -> None:
        self.var = var
        unset = ("DATABASE_URL", "MEM0_CONFIG", "MEM0_API_KEY")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        self._environment = {**inherited, "MEMADMIN_VAR_DIR": str(var), "MEMADMIN_DEBUG": "on"}

    def run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run("manage.py", *arguments)

    def files_with(self, word: str) -> list[str]:
        """Files below the folder in which the word stands, as text or as JSON and tsvector have it."""
        variants = {word.encode(), word.lower().encode(), word.encode("utf-16-le")}
        return [
            str(path.relative_to(self.var))
            for path in self.var.rglob("*")
            if path.is_file() and any(variant in path.read_bytes() for variant in variants)
        ]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("desk"))
    people = tmp_path_factory.mktemp("people") / "people.csv"
    people.write_text(f"user_id,email,display_name\n{USER_ID},{MARKER}@example.org,Zoe {MARKER}\n", encoding="utf-8")
    assert "'count': 0" not in made.run("-c", PLANT, str(people))  # every place holds something
    return made


def test_no_byte_of_an_erased_person_is_left_in_any_file(desk: Desk) -> None:
    assert desk.files_with(MARKER)
    people = ["--actor", "Petra", "--approved-by", "Paul"]
    result: dict[str, Any] = json.loads(
        desk.manage("erase", USER_ID, "--reason", "17-1-b", "--ticket", "T-4711", *people, "--json")
    )
    assert (result["state"], result["verdict"]) == ("completed", "clean")
    assert desk.files_with(MARKER) == []
    assert desk.files_with("Likes Bob tea")
