"""An audit log per test: its own events, keys and delivery file.

Aude audits, Petra is the privacy officer, Sam supports; Mallory is the database superuser who tampers.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AuditEvent
from tests.desk.conftest import *  # noqa: F403 - the same people
from tests.flushing import TRIGGERS_OFF, TRIGGERS_ON


@pytest.fixture(autouse=True)
def _keys_and_delivery_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "signing-key.pem")
    settings.MEMADMIN_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    settings.MEMADMIN_AUDIT_ARCHIVE = str(tmp_path / "archive")


@pytest.fixture
def log(db: None) -> Callable[[int], list[AuditEvent]]:
    """Writes some events of Sam's: ``log(10)``."""

    def write(number: int) -> list[AuditEvent]:
        return [
            audit.record(Action.MEMORIES_PAGED, actor="Sam Okafor (sam)", counts={"shown": count})
            for count in range(number)
        ]

    return write


@contextmanager
def mallory() -> Iterator[Any]:
    """A cursor of the tables' owner, who has turned every trigger off for the while."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS_OFF)
        yield cursor
        cursor.execute(TRIGGERS_ON)


class Webhook:
    """A server on this machine that keeps what it is sent."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    running = Webhook()
    thread = threading.Thread(target=running.server.serve_forever)
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()
