"""``manage.py demo``: from nothing to serving, in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dashboard import demo
from tests.desk.conftest import Person

ROOT = Path(__file__).parents[2]


class Desk:
    """A clone's folder for everything on disk, and the command in it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.environment = {"PATH": os.environ["PATH"], "MEMADMIN_VAR_DIR": str(var), "HOME": str(var)}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        settings = {**self.environment, **environment}
        return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment)

    def set_up(self) -> dict[str, Any]:
        done = self.run("demo", "--no-serve", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    return Desk(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def first_run(desk: Desk) -> dict[str, Any]:
    return desk.set_up()


def test_it_loads_the_sample_proves_isolation_and_makes_an_account_per_role(first_run: dict[str, Any]) -> None:
    assert first_run["tenants"] == 40
    assert first_run["isolation_proof"]["held"]
    roles = {account["role"] for account in first_run["accounts"]}
    assert roles == {"support", "privacy officer", "auditor", "administrator"}


def test_a_second_run_changes_nothing(desk: Desk, first_run: dict[str, Any]) -> None:
    before = desk.run("residue", "u_1042", "--json").stdout
    assert desk.set_up() == first_run
    assert desk.run("residue", "u_1042", "--json").stdout == before


def test_passwords_are_readable_by_their_owner_only(desk: Desk, first_run: dict[str, Any]) -> None:
    assert (desk.var / "demo-accounts.json").stat().st_mode & 0o077 == 0


def test_sigterm_stops_server_worker_and_database(desk: Desk, first_run: dict[str, Any]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = desk.start("demo", "--port", str(port))
    _wait_for(f"http://127.0.0.1:{port}/accounts/login/")
    family = psutil.Process(serving.pid).children(recursive=True)
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(timeout=30) == 0
    assert not psutil.wait_procs(family, timeout=5)[1]
    assert not (desk.var / "postgres" / "postmaster.pid").exists()


def test_a_port_in_use_is_said_before_anything_is_done(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = desk.run("demo", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "in use" in done.stderr


def test_production_has_no_demo(desk: Desk) -> None:
    done = desk.run("demo", "--no-serve", MEMADMIN_DEBUG="false")
    assert done.returncode == 1


def test_a_store_that_holds_somebody_is_left_alone(alice: Person) -> None:
    alice.remember("A real person's fact.")
    assert demo.load_sample(lambda _done, _total: None) == 0


def _wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(address)  # noqa: S310 - loopback
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"nothing answers at {address}")
