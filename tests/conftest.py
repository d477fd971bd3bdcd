"""What every test stands on: an embedded PostgreSQL of its own, in the directory that ``environment.py`` made."""

import importlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from memadmin.memory import connect, embedded
from tests.flushing import empty_the_audit_log_too


def pytest_configure(config: pytest.Config) -> None:
    empty_the_audit_log_too()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
    if not hasattr(config, "workerinput"):  # the process that outlives the others keeps the server running
        embedded.url()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        embedded.stop()
        shutil.rmtree(Path(os.environ["MEMADMIN_TEST_VAR_DIR"]), ignore_errors=True)


@pytest.fixture(scope="session")
def worker_name(worker_id: str) -> str:
    """Distinguishes parallel workers in names of databases, tables and folders."""
    return worker_id


@pytest.fixture(scope="session")
def store_in_test_database(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The embedded default store: this worker's test database and a history file of its own.

    With a shared file, rows of another worker's memories would count as nobody's.
    """
    from django.db import connection

    directory = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("memadmin.memory.connect"), "var_dir", lambda: directory)
        patch.setenv("DATABASE_URL", embedded.server().get_uri(connection.settings_dict["NAME"]))
        yield
        connect().close()


@pytest.fixture
def store(db: Any, store_in_test_database: None) -> None:
    """Tests of the desk that touch memories. They share the tables: use user_ids of their own."""
