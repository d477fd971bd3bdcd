"""``manage.py import_tenants``: a CSV file into the directory, all of it or nothing."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard import audit, importing
from dashboard.audit import AuditUnavailable
from dashboard.models import AuditEvent, ExternalReference, Tenant, Tombstone
from dashboard.models.names import NameKey
from tests.factories import TenantFactory

HEADER = "user_id,email,display_name,references\n"
ALICE = "u_alice,alice@example.org,Alice Moreau,C-1;ORDER-7\n"

Import = Callable[..., tuple[int, str, str]]


@pytest.fixture
def take_in(db: None, tmp_path: Path) -> Import:
    """Import a text; gives exit code, standard output and standard error."""

    def run(text: str | bytes, *options: str) -> tuple[int, str, str]:
        file, output, errors = tmp_path / "tenants.csv", StringIO(), StringIO()
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            call_command("import_tenants", str(file), *options, stdout=output, stderr=errors)
        except SystemExit as end:
            return int(end.code or 0), output.getvalue(), errors.getvalue()
        except CommandError as error:
            return error.returncode, output.getvalue(), str(error)
        return 0, output.getvalue(), errors.getvalue()

    return run


def _alice() -> tuple[str, str, set[str]]:
    tenant = Tenant.objects.get(user_id="u_alice")
    return tenant.email, tenant.display_name, set(tenant.external_references.values_list("value", flat=True))


def test_a_new_tenant_is_made_with_all_that_the_file_says(take_in: Import) -> None:
    assert take_in(HEADER + ALICE)[0] == 0
    assert _alice() == ("alice@example.org", "Alice Moreau", {"C-1", "ORDER-7"})
    assert Tenant.objects.get().likeness == Tenant(user_id="u_alice").likeness


def test_a_known_tenant_keeps_their_reference_and_what_empty_cells_leave_alone(take_in: Import) -> None:
    take_in(HEADER + ALICE)
    before = Tenant.objects.get().reference
    take_in(HEADER + "u_alice,,Alice Durand,\n")
    assert _alice() == ("alice@example.org", "Alice Durand", {"C-1", "ORDER-7"})
    assert Tenant.objects.get().reference == before


def test_external_references_that_are_given_replace_the_earlier_ones(take_in: Import) -> None:
    take_in(HEADER + ALICE)
    take_in("user_id,references\nu_alice,ORDER-7; C-2\n")
    assert _alice()[2] == {"ORDER-7", "C-2"}


def _name_keys() -> set[str]:
    return set(NameKey.objects.filter(tenant__user_id="u_alice").values_list("key", flat=True))


def test_an_imported_name_is_looked_up_by_each_word_without_accents(take_in: Import) -> None:
    take_in(HEADER + "u_alice,,Alice Éloïse Moreau,\n")
    assert _name_keys() == {"alice eloise moreau", "eloise moreau alice", "moreau alice eloise"}


def test_an_imported_change_of_name_replaces_what_it_is_looked_up_by(take_in: Import) -> None:
    take_in(HEADER + ALICE)
    take_in(HEADER + "u_alice,,Alice Durand,\n")
    assert _name_keys() == {"alice durand", "durand alice"}
    take_in(HEADER + "u_alice,new@example.org,,\n")  # an empty cell leaves the name
    assert _name_keys() == {"alice durand", "durand alice"}


def test_a_file_that_is_refused_leaves_the_names_as_they_are(take_in: Import) -> None:
    take_in(HEADER + ALICE)
    assert take_in(HEADER + "u_alice,,Alice Durand,\ntwo words,,,\n")[0] == 1
    assert _name_keys() == {"alice moreau", "moreau alice"}


def test_the_same_file_again_changes_nothing(take_in: Import) -> None:
    take_in(HEADER + ALICE)
    told = json.loads(take_in(HEADER + ALICE, "--json")[1])
    assert told == {
        **dict.fromkeys(("added", "changed", "references_added", "references_removed", "erased", "bad_rows"), 0),
        "rows": 1,
        "written": True,
        "bad": [],
    }


@pytest.mark.parametrize("text", ["\ufeffuser_id\r\nu_alice\r\n", "User_ID , email\nu_alice,\n\n,\n"])
def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(take_in: Import, text: str) -> None:
    assert take_in(text)[0] == 0
    assert list(Tenant.objects.values_list("user_id", flat=True)) == ["u_alice"]


BAD = {
    "two words,,,": ("user_id", "white space"),
    "*,,,": ("user_id", "everybody"),
    ",carol@example.org,,": ("user_id", "empty"),
    "u_carol,carol at example,,": ("email", "no e-mail address"),
    "u_carol,,Ca\x07rol,": ("display_name", "control characters"),
    "u_carol,,," + "9" * 129: ("references", "at most 128"),
    "u_carol,,": ("all", "3 cells"),
    "u_alice,,,": ("user_id", "row 2 again"),
}


@pytest.mark.parametrize(("row", "expected"), BAD.items(), ids=[repr(row)[:30] for row in BAD])
def test_one_bad_row_keeps_the_whole_file_out_and_is_named_without_what_it_says(
    take_in: Import, row: str, expected: tuple[str, str]
) -> None:
    code, _, errors = take_in(f"{HEADER}{ALICE}{row}\n")
    assert (code, Tenant.objects.count()) == (1, 0)
    assert errors.startswith(f"Row 3, {expected[0]}: ")
    assert expected[1] in errors
    assert "carol" not in errors


def test_skip_bad_takes_the_good_rows_and_still_tells(take_in: Import) -> None:
    code, printed, _ = take_in(f"{HEADER}{ALICE}u_alice,,Another,\ntwo words,,,\n", "--skip-bad", "--json")
    told = json.loads(printed)
    assert (code, told["written"], told["rows"], told["bad_rows"]) == (1, True, 1, 2)
    assert [(row["number"], row["column"]) for row in told["bad"]] == [(3, "user_id"), (4, "user_id")]
    assert _alice()[1] == "Alice Moreau"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "user_id is missing"),
        ("alice@example.org\n", "user_id is missing"),
        ("user_id;email\n", "commas"),
        ("user_id,secret-name\n", "Column 2 is unknown"),
        ("user_id,user_id\n", "Column 2"),
        (HEADER.encode() + b"u_\xff\n", "UTF-8"),
        (HEADER + ALICE + '"u_bob\n', "CSV"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_everything_as_it_is(
    take_in: Import, content: str | bytes, says: str
) -> None:
    code, _, error = take_in(content)
    assert (code, Tenant.objects.count()) == (2, 0)
    assert says in error
    assert "secret" not in error


def test_a_file_that_is_not_there_is_2(db: None) -> None:
    with pytest.raises(CommandError) as raised:
        call_command("import_tenants", "/nowhere/tenants.csv")
    assert raised.value.returncode == 2


def test_thousands_of_bad_rows_are_counted_and_not_all_listed(take_in: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_LISTED", 2)
    errors = take_in("user_id\n" + "two words\n" * 5)[2]
    assert errors.count("Row ") == 2
    assert "and 3 more bad rows" in errors


def test_the_audit_log_says_how_many_and_names_nobody(take_in: Import) -> None:
    take_in(HEADER + ALICE)
    event = AuditEvent.objects.get(action=audit.Action.DIRECTORY_IMPORTED)
    assert (event.counts["added"], event.counts["references_added"], event.tenant_digest) == (1, 2, "")
    assert event.actor_label == "command: import_tenants"


def test_without_an_audit_log_nothing_is_written(take_in: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AuditUnavailable("The audit log cannot be written.")

    monkeypatch.setattr(audit, "record", refuse)
    assert take_in(HEADER + ALICE)[0] == 2
    assert (Tenant.objects.count(), ExternalReference.objects.count()) == (0, 0)


def test_who_was_erased_is_not_brought_back_by_another_system(take_in: Import) -> None:
    Tombstone.objects.create(digest=audit.tenant_digest("u_alice"), erased_at=timezone.now())
    assert json.loads(take_in(HEADER + ALICE + "u_bob,,,\n", "--json")[1])["erased"] == 1
    assert list(Tenant.objects.values_list("user_id", flat=True)) == ["u_bob"]


def test_a_reference_that_is_somebodys_already_is_drawn_again(take_in: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([TenantFactory(user_id="u_bob").reference, "2345-6789-AB"])
    monkeypatch.setattr(importing, "new_reference", lambda: next(drawn))
    assert take_in(HEADER + ALICE)[0] == 0
    assert Tenant.objects.get(user_id="u_alice").reference == "2345-6789-AB"
    assert _name_keys() == {"alice moreau", "moreau alice"}
