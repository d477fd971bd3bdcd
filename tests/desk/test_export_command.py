"""``manage.py export``: to a file, to standard output, and not over what is there."""

import io
import json
import stat
import sys
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard import audit
from dashboard.audit import Action
from dashboard.models import AuditEvent, Tenant
from tests.desk.conftest import Person


@pytest.fixture(autouse=True)
def _folder_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.MEMADMIN_EXPORT_DIR = str(tmp_path / "exports")


def export(user_id: str, file: Path | str, *options: str, form: str = "zip") -> tuple[int, str]:
    output = StringIO()
    try:
        call_command("export", user_id, "--format", form, "--output", str(file), *options, stdout=output, stderr=output)
    except CommandError as error:
        return error.returncode, str(error)
    return 0, output.getvalue()


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=Action.MEMORIES_EXPORTED.value))


@pytest.mark.parametrize("form", ["zip", "json", "csv"])
def test_a_person_is_written_to_a_file_for_its_owner_alone(alice: Person, tmp_path: Path, form: str) -> None:
    alice.remember("I am vegetarian.", "I like tea.")
    file = tmp_path / f"alice.{form}"
    code, printed = export(alice.user_id, file, "--json", form=form)
    assert code == 0
    assert json.loads(printed) == {"memories": 2, "bytes": file.stat().st_size, "format": form, "file": str(file)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (b"vegetarian" in file.read_bytes()) is (form != "zip")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [file.name]


def test_that_it_was_written_is_on_record_with_its_numbers(alice: Person, tmp_path: Path) -> None:
    alice.remember("I am vegetarian.")
    export(alice.user_id, tmp_path / "alice.zip")
    (event,) = events()
    assert (event.actor_label, event.actor_kind, event.counts) == ("command: export", "command", {"memories": 1})
    assert event.tenant_digest == audit.tenant_digest(alice.user_id)


def test_nothing_is_written_if_it_cannot_be_on_record(
    alice: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise audit.AuditUnavailable("The audit log cannot be written.")

    monkeypatch.setattr(audit, "record", fail)
    alice.remember("I am vegetarian.")
    assert export(alice.user_id, tmp_path / "alice.zip") == (1, "The audit log cannot be written.")
    assert not (tmp_path / "alice.zip").exists()


def test_a_file_that_is_there_is_replaced_only_by_force(alice: Person, tmp_path: Path) -> None:
    alice.remember("I am vegetarian.")
    file = tmp_path / "alice.json"
    file.write_text("precious")
    code, message = export(alice.user_id, file, form="json")
    assert (code, "--force" in message, file.read_text()) == (1, True, "precious")
    assert events() == []
    assert export(alice.user_id, file, "--force", form="json")[0] == 0
    assert json.loads(file.read_text())["memories"][0]["memory"] == "I am vegetarian."
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("user_id", ["u_nobody_at_all", "*", ""])
def test_nobody_is_not_written(store: None, tmp_path: Path, user_id: str) -> None:
    code, message = export(user_id, tmp_path / "nobody.zip")
    assert code == 1
    assert message
    assert list(tmp_path.glob("nobody*")) == []
    assert events() == []
    assert not Tenant.objects.filter(user_id=user_id).exists()


def test_somebody_whom_only_the_store_knows_is_written(alice: Person, tmp_path: Path) -> None:
    alice.remember("I am vegetarian.")
    Tenant.objects.filter(user_id=alice.user_id).delete()
    assert export(alice.user_id, tmp_path / "alice.csv", form="csv")[0] == 0
    assert "vegetarian" in (tmp_path / "alice.csv").read_text(encoding="utf-8-sig")


def test_of_somebody_who_was_erased_what_is_on_record_is_written(alice: Person, tmp_path: Path) -> None:
    audit.record(Action.ERASURE_STARTED, actor="job: run_erasure", digest=audit.tenant_digest(alice.user_id))
    assert export(alice.user_id, tmp_path / "alice.json", form="json")[0] == 0
    whole = json.loads((tmp_path / "alice.json").read_text())
    assert "memories" not in whole
    assert [look["what"] for look in whole["looks"]] == [
        "Made a copy of everything held on you, with 0 memories.",
        "Started to erase your data.",
    ]


def test_a_folder_that_is_not_there_is_named(alice: Person, tmp_path: Path) -> None:
    alice.remember("I am vegetarian.")
    code, message = export(alice.user_id, tmp_path / "missing" / "alice.zip")
    assert (code, message) == (1, "The file cannot be written: No such file or directory.")


def test_standard_output_gets_the_file_and_nothing_else(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.remember("I am vegetarian.")
    received = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(received, write_through=True))
    code, _ = export(alice.user_id, "-")
    assert code == 0
    assert zipfile.ZipFile(io.BytesIO(received.getvalue())).testzip() is None
