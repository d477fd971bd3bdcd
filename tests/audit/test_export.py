"""An export is checked elsewhere, by a script that shares no code with the desk."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import audit
from dashboard.audit import Action, checkpoints, export, signing
from dashboard.audit.search import Wanted
from dashboard.models import AuditEvent
from dashboard.views.audit import VERIFIER
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def exported(log: Callable[[int], Any], tmp_path: Path) -> Path:
    """Twelve events in three checkpoints, of which Petra's one is wanted."""
    log(4)
    checkpoints.take()
    log(3)
    audit.record(Action.MEMORY_OPENED, actor="petra", tenant=TenantFactory(), reason="=SUM(A1)")
    log(2)
    checkpoints.take()
    log(2)
    checkpoints.take()
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(export.json_lines(export.lines(Wanted(actor="petra"), with_notes=True))), encoding="utf-8")
    return file


def _check(file: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    named = keys or (signing.fingerprint(signing.public_hex(signing.signing_key())),)
    # Started away from the desk's packages, as on an auditor's machine.
    command = [sys.executable, "-I", str(VERIFIER), str(file), *(part for key in named for part in ("--key", key))]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)


def _edit(file: Path, change: Callable[[list[dict[str, str]]], Any]) -> None:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    change(lines)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def test_an_export_has_the_wanted_events_and_only_hashes_of_the_others(exported: Path) -> None:
    lines = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    kinds = [line["kind"] for line in lines]
    assert kinds == ["header", "start", *["withheld"] * 3, "event", *["withheld"] * 2, "checkpoint"]
    assert "Sam" not in exported.read_text(encoding="utf-8")


def test_the_script_proves_it(exported: Path) -> None:
    result = _check(exported)
    assert (result.returncode, result.stdout) == (
        0,
        "Proven: 1 events as the desk wrote and signed them (1 checkpoints, 5 events withheld).\n",
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[5].update(actor_label="sam"), "Event 8 was changed"),
        (lambda lines: lines[5].update(at=str(int(lines[5]["at"]) + 1)), "Event 8 was changed"),
        (lambda lines: lines[5].update(note="other"), "The note of event 8 was changed"),
        (lambda lines: lines.pop(5), "After event 7 comes 9"),
        (lambda lines: lines.insert(5, lines[5]), "After event 8 comes 8"),
        (lambda lines: lines.insert(4, lines.pop(5)), "After event 6 comes 8"),
        (lambda lines: lines[2].update(content_hash="a" * 64), "does not follow"),
        (lambda lines: lines[6].update(content_hash="a" * 64), "are not those that were signed"),
        (lambda lines: lines[1].update(hash="a" * 64), "does not follow"),
        (lambda lines: lines[-1].update(hash="a" * 64), "The signature"),
        (lambda lines: lines[-1].update(public_key="a" * 64), "another key"),
        (lambda lines: lines[-1].update(key="a" * 64), "a key that you did not name"),
        (lambda lines: lines.pop(), "not covered by a checkpoint"),
    ],
)
def test_the_script_names_what_was_changed(exported: Path, change: Callable[[Any], Any], says: str) -> None:
    _edit(exported, change)
    result = _check(exported)
    assert result.returncode == 1
    assert says in result.stderr


def test_the_script_wants_a_key(exported: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(exported)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "--key" in result.stderr


def test_the_script_does_not_believe_another_key(exported: Path) -> None:
    assert _check(exported, "a" * 64).returncode == 1


def test_a_csv_is_proven_and_runs_no_formula(exported: Path, log: Callable[[int], Any]) -> None:
    audit.record(Action.SIGNED_IN, actor="=HYPERLINK(1)")
    audit.record(Action.SIGNED_IN, actor="'quoted'")
    checkpoints.take()
    file = exported.with_suffix(".csv")
    text = "".join(export.csv_lines(export.lines(Wanted(), with_notes=True)))
    file.write_text(text, encoding="utf-8", newline="")
    assert not any(cell[:1] in "=+-@\t\r" for row in csv.reader(io.StringIO(text)) for cell in row if cell)
    assert _check(file).returncode == 0


def test_events_after_the_last_checkpoint_are_said_to_be_unproven(log: Callable[[int], Any], tmp_path: Path) -> None:
    log(3)
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(export.json_lines(export.lines(Wanted()))), encoding="utf-8")
    result = _check(file)
    assert (result.returncode, "The last 3 events" in result.stderr) == (1, True)


def test_aude_downloads_events_and_the_script_and_checks_them(
    aude: Client, log: Callable[[int], Any], tmp_path: Path
) -> None:
    log(5)
    for form in ("jsonl", "csv"):
        response = aude.post(reverse("export-audit-events"), {"format": form})
        file = tmp_path / f"audit.{form}"
        file.write_bytes(response.getvalue())
        assert _check(file).returncode == 0
    assert aude.get(reverse("download-audit-verifier")).content == VERIFIER.read_bytes()


def test_an_export_is_in_the_log_before_it_is_given_out(aude: Client) -> None:
    response = aude.post(reverse("export-audit-events"), {"format": "jsonl"})
    assert AuditEvent.objects.first().action == Action.AUDIT_EXPORTED
    assert "audit-exported" in response.getvalue().decode()


def test_an_export_of_one_person_names_the_person_by_digest_only(aude: Client) -> None:
    audit.record(Action.MEMORY_OPENED, actor="sam", tenant=TenantFactory(user_id="u_alice"))
    digest = audit.tenant_digest("u_alice")
    text = aude.post(reverse("export-audit-events"), {"format": "jsonl", "tenant": digest}).getvalue().decode()
    assert digest in text
    assert "u_alice" not in text


def test_notes_are_exported_only_where_asked_for(aude: Client) -> None:
    audit.record(Action.MEMORIES_SEARCHED, actor="sam", reason="allergies")
    url = reverse("export-audit-events")
    assert "allergies" not in aude.post(url, {"format": "jsonl"}).getvalue().decode()
    assert "allergies" in aude.post(url, {"format": "jsonl", "notes": "on"}).getvalue().decode()


def test_an_export_in_an_unknown_format_is_refused(aude: Client) -> None:
    assert aude.post(reverse("export-audit-events"), {"format": "exe"}).status_code == 400
