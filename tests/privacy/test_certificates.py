"""A certificate says what was verified, no more, and not whom it is about."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from dashboard import audit
from dashboard.audit import Action, signing
from dashboard.models import AuditEvent, Certificate, SigningKey
from dashboard.privacy import certificate_files, certificates, claims
from dashboard.privacy.certificate_files import Fault, NotACertificate
from dashboard.privacy.claims import Standing
from dashboard.views.certificates import VERIFIER
from memadmin import verify_certificate as offline
from tests.privacy.erased import MARKS, certified, erased, own_key, verdict

pytestmark = pytest.mark.django_db


def _said(certificate: Certificate) -> dict[str, Any]:
    return json.loads(certificate.document)


# What it says.


def test_it_says_what_was_found_removed_and_left_in_each_place() -> None:
    rows = certificates.place_rows(_said(certified()))
    assert [(row["place"], row["found"], row["removed"], row["count"]) for row in rows] == [
        ("vectors", 3, 3, 0),
        ("entities", 1, 1, 0),
        ("history", 5, 5, 0),
        ("messages", 0, 0, 0),
    ]


def test_it_says_when_and_why_in_utc() -> None:
    said = _said(certified())
    assert said["request"]["ground"] == {"code": "17-1-b", "words": "Consent withdrawn (Art. 17(1)(b))"}
    assert said["times"]["approved_at"] == "2026-03-05T09:00:00+00:00"
    assert said["times"]["erased_at"] == "2026-03-05T10:10:00+00:00"


def test_nobody_can_tell_from_it_whom_it_is_about_or_who_worked_on_it() -> None:
    file = certificate_files.as_text(certified(verdict() | {"reference": "key-marked"}))
    assert [mark for mark in MARKS if mark in file] == []


def test_approvals_are_named_by_role() -> None:
    approvals = _said(certified())["approvals"]
    assert approvals == {"requested_by": "support", "approved_by": "privacy officer", "four_eyes": True}


def test_who_approves_their_own_request_is_not_called_four_eyes() -> None:
    request = erased()
    request.approved_by = request.requested_by
    assert not _said(certificates.issue(request, store_label=""))["approvals"]["four_eyes"]


def test_it_names_the_audit_events_of_this_person_and_of_nobody_else() -> None:
    request = erased()
    audit.record(Action.ALL_DELETED, actor="job: erase", digest="b" * 64)
    event = AuditEvent.objects.get(tenant_digest=request.tenant_digest)
    said = _said(certificates.issue(request, store_label="pgvector"))
    assert said["audit_events"] == [{"seq": event.seq, "hash": event.hash, "action": "all-deleted"}]


@pytest.mark.parametrize(("pinned", "went_on"), [("a" * 64, False), ("b" * 64, True)])
def test_it_says_whether_the_erasure_went_on_after_the_agent_had_written(*, pinned: str, went_on: bool) -> None:
    assert _said(certified(pinned_digest=pinned))["memories"]["went_on_after_change"] is went_on


# When it is issued.


def test_asked_for_again_it_is_the_same_one() -> None:
    first = certified()
    assert certificates.issue(first.request, store_label="other") == first
    assert Certificate.objects.count() == 1


def test_a_later_verification_has_a_certificate_of_its_own_that_names_the_earlier() -> None:
    first = certified(verdict("residue", history="residue"))
    first_id, run = str(first.pk), first.request.run
    run.verdict = verdict() | {"at": "2026-03-06T08:00:00+00:00"}
    run.save()
    second = certificates.issue(first.request, store_label="pgvector")
    assert (_said(second)["verdict"]["outcome"], _said(second)["replaces"]) == ("clean", first_id)
    assert Certificate.objects.get() == second


@pytest.mark.parametrize("missing", [{"verdict": {}}, {"erased_at": None}])
def test_nothing_is_certified_that_nobody_looked_at(missing: dict[str, Any]) -> None:
    request = erased()
    type(request.run).objects.update(**missing)
    with pytest.raises(certificates.NotCertifiable):
        certificates.issue(request, store_label="pgvector")


def test_without_a_signing_key_nothing_is_issued(settings: Any) -> None:
    settings.MEMADMIN_SIGNING_KEY = settings.MEMADMIN_SIGNING_KEY_FILE = ""
    with pytest.raises(ImproperlyConfigured):
        certified()
    assert not Certificate.objects.exists()


def test_the_key_that_signed_it_is_published() -> None:
    assert SigningKey.objects.filter(pk=certified().key).exists()


# It says no more than was verified.

STATUSES = st.sampled_from(["clean", "residue", "unchecked", "gone", "", None])
COUNTS = st.integers(0, 2)
PLACES = st.fixed_dictionaries(
    {"place": st.sampled_from([*claims.PLACES, "other"]), "status": STATUSES},
    optional={"count": COUNTS, "note": st.just("Nobody could look.")},
)
VERDICTS = st.fixed_dictionaries(
    {"outcome": st.sampled_from(["clean", "residue", "not checkable", "fine", None])},
    optional={
        "places": st.lists(PLACES, max_size=4),
        "ids": st.fixed_dictionaries({"looked_up": COUNTS, "found": COUNTS}),
        "ask_back": st.fixed_dictionaries({"asked": COUNTS, "found": COUNTS}),
        "neighbours": st.fixed_dictionaries(
            {"sampled": COUNTS, "changed": COUNTS, "note": st.sampled_from(["", "No."])}
        ),
    },
)
SCRUBS = st.lists(
    st.fixed_dictionaries(
        {
            "place": st.sampled_from(["tables", "history file", "desk: tables"]),
            "status": st.sampled_from(["gone", "pending", "forbidden", "not applicable", "perhaps"]),
        }
    ),
    max_size=3,
)


@given(VERDICTS, SCRUBS)
def test_it_claims_that_all_was_verified_only_where_every_search_found_nothing(found: Any, scrub: Any) -> None:
    said = claims.statement(found, scrub)
    places = found.get("places", [])
    all_clean = (
        found["outcome"] == "clean"
        and places
        and all(place["status"] == "clean" and not place.get("count") for place in places)
        and not any(found.get(search, {}).get("found") for search in ("ids", "ask_back"))
    )
    assert ("nothing was found" in said) == ("verified" in said) == bool(all_clean)
    assert (claims.standing(found) is Standing.CLEAN) == bool(all_clean)


@given(VERDICTS, SCRUBS)
def test_it_calls_bytes_gone_only_where_they_are(found: Any, scrub: Any) -> None:
    _, _, after = claims.statement(found, scrub).partition("The erased bytes are gone from the ")
    gone = {step["place"].replace("desk: ", "desk's own ") for step in scrub if step["status"] == "gone"}
    claimed = after.partition(".")[0].replace(" and ", ", ").split(", ") if after else []
    assert set(claimed) == gone


@given(VERDICTS, SCRUBS)
def test_it_clears_the_neighbours_only_if_they_were_counted(found: Any, scrub: Any) -> None:
    seen = found.get("neighbours", {"sampled": 0, "changed": 0, "note": ""})
    cleared = "no memory is missing" in claims.statement(found, scrub)
    assert cleared == (seen["sampled"] > 0 and seen["changed"] == 0 and not seen["note"])


@given(VERDICTS)
def test_every_place_that_nobody_searched_is_named_as_not_covered(found: Any) -> None:
    named = " ".join(claims.not_covered(found, erased_at=datetime.now(UTC), backups_kept=timedelta())).lower()
    unchecked = [place for place in found.get("places", []) if place["status"] not in {"clean", "residue"}]
    assert all(f"{claims.PLACES.get(place['place'], place['place'])}: " in named for place in unchecked)


@given(VERDICTS, SCRUBS)
def test_it_never_says_that_no_copy_exists(found: Any, scrub: Any) -> None:
    said = [claims.statement(found, scrub)]
    said += claims.not_covered(found, erased_at=datetime.now(UTC), backups_kept=timedelta(days=35))
    assert "no copy" not in " ".join(said).lower()


def test_it_says_until_when_backups_may_hold_it(settings: Any) -> None:
    settings.MEMADMIN_BACKUP_DAYS = 30
    assert _said(certified())["not_covered"][0] == (
        "Backups made before 2026-03-05 10:10 UTC may hold it until 2026-04-04."
    )


# Anybody can check it, with the desk or without.


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.json"
    path.write_text(certificate_files.as_text(certified()), encoding="utf-8")
    return path


def _script(file: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    # Started away from the desk's packages, as on somebody else's machine.
    command = [sys.executable, "-I", str(VERIFIER), str(file), *(part for key in keys for part in ("--key", key))]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)


def test_the_script_calls_it_valid_and_repeats_what_it_says(file: Path) -> None:
    result = _script(file, own_key())
    assert result.returncode == 0
    assert "nothing was found" in result.stdout
    assert "vectors: found 3, removed 3" in result.stdout
    assert "Backups made before" in result.stdout


def test_the_script_does_not_decide_without_a_key(file: Path) -> None:
    result = _script(file)
    assert result.returncode == 2
    assert f"signed by key {own_key()}" in result.stderr
    assert "VALID" not in result.stdout


def test_the_script_does_not_believe_a_key_that_was_not_named(file: Path) -> None:
    assert _script(file, "a" * 64).returncode == 1


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"document": 1}', "\x00"])
def test_the_script_cannot_read_what_is_no_certificate(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    result = _script(file, own_key())
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)


def test_one_changed_byte_anywhere_is_not_valid_here_or_offline(file: Path) -> None:
    written, keys = file.read_bytes(), {own_key()}
    for position in range(len(written)):
        changed = bytearray(written)
        changed[position] ^= (0x01, 0x20, 0x80)[position % 3]  # another character, the other case, no text at all
        assert not _valid_here(changed), position
        if position % 5 == 0:  # reading files takes long
            file.write_bytes(changed)
            with pytest.raises((offline.Fault, offline.Unreadable)):
                offline.check(offline.read(file), keys)


def _valid_here(brought: bytes) -> bool:
    try:
        return certificate_files.check(brought.decode()).fault is None
    except (NotACertificate, UnicodeDecodeError):
        return False


def test_a_key_of_somebody_else_makes_no_certificate_of_this_desk(settings: Any) -> None:
    settings.MEMADMIN_SIGNING_KEY = signing.new_pem()
    forged = certificate_files.as_text(certified())
    settings.MEMADMIN_SIGNING_KEY = ""
    checked = certificate_files.check(forged)
    assert (checked.fault, checked.document) == (Fault.KEY, {})


def test_an_earlier_key_that_the_operator_still_trusts_is_believed(settings: Any) -> None:
    settings.MEMADMIN_SIGNING_KEY = signing.new_pem()
    certificate = certified()
    settings.MEMADMIN_SIGNING_KEY, settings.MEMADMIN_TRUSTED_KEYS = "", [certificate.key]
    assert certificate_files.check(certificate_files.as_text(certificate)).fault is None


@pytest.mark.parametrize("signed", ["memadmin audit checkpoint 1\n7", '{"format":"another"}', "[1]"])
def test_what_else_the_key_signed_is_no_certificate(signed: str) -> None:
    private = signing.signing_key()
    certificate = Certificate(
        document=signed,
        key=own_key(),
        public_key=signing.public_hex(private),
        signature=private.sign(signed.encode()).hex(),
    )
    assert certificate_files.check(certificate_files.as_text(certificate)).fault is Fault.FORMAT
