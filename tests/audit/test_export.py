"""An export is checked elsewhere, by a script that shares no code with the desk."""

import csv
import gzip
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
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard import audit, tasks
from dashboard.audit import Action, checkpoints, export, signing
from dashboard.audit.search import Wanted
from dashboard.models import AuditEvent
from dashboard.views.audit import VERIFIER
from tests.audit.conftest import mallory
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
    assert kinds == ["header", "start", *["withheld"] * 3, "event", *["withheld"] * 2, "checkpoint", "end"]
    assert "Sam" not in exported.read_text(encoding="utf-8")


def test_the_script_proves_it(exported: Path) -> None:
    result = _check(exported)
    assert result.returncode == 0
    assert result.stdout.startswith(
        "Proven: 1 events as the desk wrote and signed them (1 checkpoints, 5 events withheld).\n"
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
        (lambda lines: lines[-2].update(hash="a" * 64), "The signature"),
        (lambda lines: lines[-2].update(public_key="a" * 64), "another key"),
        (lambda lines: lines[-2].update(key="a" * 64), "a key that you did not name"),
        (lambda lines: lines.pop(-2), "Something was cut out"),
        (lambda lines: lines[-1].update(events="2"), "Something was cut out"),
        (lambda lines: lines.append(lines[1]), "Something follows the last line"),
        (lambda lines: lines[5].update(shown_as="sam"), "what nothing vouches for: shown_as"),
        (lambda lines: lines[-2].update(note="sam"), "what nothing vouches for: note"),
        (lambda lines: lines[0].update(filter=""), "is withheld from an export that leaves none out"),
    ],
)
def test_the_script_names_what_was_changed(exported: Path, change: Callable[[Any], Any], says: str) -> None:
    _edit(exported, change)
    result = _check(exported)
    assert result.returncode == 1
    assert says in result.stderr


def test_the_script_refuses_a_checkpoint_dated_before_an_event_that_it_covers(exported: Path) -> None:
    def antedate(lines: list[dict[str, str]]) -> None:
        mark = lines[-2]
        mark["at"] = str(int(mark["at"]) - 9 * 24 * 3600 * 1_000_000)
        statement = "\n".join(["memadmin audit checkpoint 1", mark["seq"], mark["hash"], mark["at"], mark["key"]])
        mark["signature"] = signing.signing_key().sign(statement.encode()).hex()

    _edit(exported, antedate)
    assert "is dated before an event that it covers" in _check(exported).stderr


def test_the_script_refuses_a_name_that_is_there_twice(exported: Path) -> None:
    text = exported.read_text(encoding="utf-8")
    exported.write_text(text.replace('"actor_label": "petra"', '"actor_label": "sam", "actor_label": "petra"'))
    result = _check(exported)
    assert (result.returncode, "is there twice: actor_label" in result.stderr) == (1, True)


def test_the_script_refuses_a_column_that_is_there_twice(exported: Path) -> None:
    file = _whole(exported.with_suffix(".csv"))
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("".join(f"{line}\r\n" for line in [f"actor_label,{header}", *(f"sam,{row}" for row in rows)]))
    result = _check(file)
    assert (result.returncode, "is there twice: actor_label" in result.stderr) == (1, True)


def test_the_script_says_that_the_first_line_is_not_signed(exported: Path) -> None:
    assert "is not signed" in _check(exported).stdout


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


def _whole(file: Path) -> Path:
    """The whole log in its three checkpoints, in the form that the file's name says."""
    form = export.csv_lines if file.suffix == ".csv" else export.json_lines
    file.write_text("".join(form(export.lines(Wanted()))), encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_file_cut_off_anywhere_is_not_called_proven(exported: Path, form: str) -> None:
    file = _whole(exported.with_suffix(f".{form}"))
    lines = file.read_bytes().splitlines(keepends=True)
    for cut in (2 if form == "csv" else 1, *range(len(lines) - 1, 3, -4)):  # only the header, all but the end
        file.write_bytes(b"".join(lines[:cut]))
        result = _check(file)
        assert (result.returncode, "cut off" in result.stderr) == (1, True)


@pytest.mark.parametrize("form", ["jsonl", "csv", "jsonl.gz"])
def test_a_file_cut_off_within_a_line_is_not_called_proven(exported: Path, form: str) -> None:
    file = _whole(exported.with_suffix(f".{form.removesuffix('.gz')}"))
    content = gzip.compress(file.read_bytes()) if form.endswith(".gz") else file.read_bytes()
    cut = file.with_name(f"cut.{form}")
    for size in (len(content) // 2, len(content) - 9):
        cut.write_bytes(content[:size])
        result = _check(cut)
        assert (result.returncode, result.stderr[:7]) == (1, "BROKEN.")


def test_a_stretch_taken_out_of_a_whole_export_is_missed(exported: Path) -> None:
    def take_out(lines: list[dict[str, str]]) -> None:
        starts = [number for number, line in enumerate(lines) if line["kind"] == "start"]
        del lines[starts[1] : starts[2]]

    _edit(_whole(exported), take_out)
    result = _check(exported)
    assert (result.returncode, "Events 5 to 10 are missing" in result.stderr) == (1, True)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path, exported: Path) -> None:
    result = _check(tmp_path / "nothing.jsonl")
    assert (result.returncode, result.stderr.endswith("cannot be read: No such file or directory.\n")) == (2, True)


def test_of_a_whole_export_the_script_says_that_nothing_is_missing(exported: Path) -> None:
    assert "None is missing from event 1 to event 12." in _check(_whole(exported)).stdout


def test_of_a_filtered_export_the_script_says_what_it_cannot_prove(exported: Path) -> None:
    assert "filtered ('actor=petra')" in (said := _check(exported).stdout)
    assert "that none was left out is not proven" in said


def test_the_filter_in_the_header_repeats_nothing_that_was_typed(log: Callable[[int], Any]) -> None:
    log(1)
    digest = audit.tenant_digest("u_alice")
    typed = next(export.lines(Wanted(actor="u_alice", tenant=digest)))["filter"]
    assert typed == f"actor=(not in the log); tenant={digest}"
    assert next(export.lines(Wanted(actor="Sam Okafor (sam)")))["filter"] == "actor=Sam Okafor (sam)"


def test_without_a_signing_key_an_export_ends_at_the_last_checkpoint_and_says_so(
    aude: Client, log: Callable[[int], Any], tmp_path: Path, settings: Any
) -> None:
    log(3)
    checkpoints.take()
    key = signing.fingerprint(signing.public_hex(signing.signing_key()))
    settings.MEMADMIN_SIGNING_KEY_FILE = ""
    log(2)
    assert "the newest 3 events of the log are not signed yet" in aude.get(reverse("list-audit-events")).text
    file = tmp_path / "audit.jsonl"
    file.write_bytes(aude.post(reverse("export-audit-events"), {"format": "jsonl"}).getvalue())
    result = _check(file, key)
    assert (result.returncode, "The log had 4 later events" in result.stdout) == (0, True)


def test_a_broken_log_is_exported_to_its_end_and_not_called_proven(
    aude: Client, log: Callable[[int], Any], tmp_path: Path
) -> None:
    log(3)
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_auditevent SET actor_label = 'nobody' WHERE seq = 2")
    file = tmp_path / "audit.jsonl"
    file.write_bytes(aude.post(reverse("export-audit-events"), {"format": "jsonl"}).getvalue())
    assert "audit-exported" in file.read_text(encoding="utf-8")
    assert "Event 2 was changed" in _check(file).stderr


def test_a_checkpoint_made_for_an_export_is_delivered_too(log: Callable[[int], Any], settings: Any) -> None:
    settings.MEMADMIN_CHECKPOINT_WEBHOOK = "http://127.0.0.1:9/"
    log(3)
    export.seal()
    jobs = ProcrastinateJob.objects.filter(task_name="dashboard.tasks.deliver_checkpoint")
    assert [job.args for job in jobs.order_by("id")] == [
        {"seq": 3, "channel": "file"},
        {"seq": 3, "channel": "webhook"},
    ]
    assert tasks.deliver_checkpoint.name == "dashboard.tasks.deliver_checkpoint"


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
