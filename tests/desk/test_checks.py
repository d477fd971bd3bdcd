"""Production refuses to start without what it needs, and says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.checks import delivered_checkpoints, deployment

ROOT = Path(__file__).parents[2]


@pytest.fixture
def production(settings) -> None:
    settings.MEMADMIN_DEBUG = False
    settings.SECRET_KEY_FROM_ENVIRONMENT = "x" * 50
    settings.AUDIT_KEY_FROM_ENVIRONMENT = "a" * 50
    settings.ALLOWED_HOSTS = ["desk.example.com"]
    settings.DATABASE_URL = "postgresql://desk@db/desk"


def test_a_complete_configuration_passes(production: None) -> None:
    assert deployment() == []


@pytest.mark.parametrize(
    ("setting", "value", "code", "names"),
    [
        ("SECRET_KEY_FROM_ENVIRONMENT", "", "memadmin.E001", "MEMADMIN_SECRET_KEY"),
        ("SECRET_KEY_FROM_ENVIRONMENT", "too short", "memadmin.E001", "MEMADMIN_SECRET_KEY"),
        ("ALLOWED_HOSTS", [], "memadmin.E002", "MEMADMIN_ALLOWED_HOSTS"),
        ("DATABASE_URL", "", "memadmin.E003", "DATABASE_URL"),
        ("AUDIT_KEY_FROM_ENVIRONMENT", "", "memadmin.E004", "MEMADMIN_AUDIT_KEY"),
    ],
)
def test_a_missing_setting_is_named(
    production: None, settings, setting: str, value: object, code: str, names: str
) -> None:
    setattr(settings, setting, value)
    (error,) = deployment()
    assert error.id == code
    assert names in error.hint


def test_checkpoints_that_stay_in_the_database_are_warned_of(production: None, settings) -> None:
    settings.MEMADMIN_CHECKPOINT_FILE = settings.MEMADMIN_CHECKPOINT_WEBHOOK = ""
    settings.MEMADMIN_CHECKPOINT_EMAIL = []
    (warning,) = delivered_checkpoints()
    assert warning.id == "memadmin.W002"
    for name in ("MEMADMIN_CHECKPOINT_FILE", "MEMADMIN_CHECKPOINT_EMAIL", "MEMADMIN_CHECKPOINT_WEBHOOK"):
        assert name in warning.hint
    settings.MEMADMIN_CHECKPOINT_EMAIL = ["auditor@example.com"]
    assert delivered_checkpoints() == []


def test_the_web_server_does_not_start_unconfigured(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "MEMADMIN_VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-c", "import memadmin.wsgi"]
    started = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert started.returncode != 0
    assert "MEMADMIN_SECRET_KEY" in started.stderr
    assert "MEMADMIN_ALLOWED_HOSTS" in started.stderr
    assert "DATABASE_URL" in started.stderr
