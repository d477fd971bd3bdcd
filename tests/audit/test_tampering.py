"""Mallory is the database's superuser and turns every trigger off. Whatever she does is found, named and placed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command

from dashboard import audit
from dashboard.audit import Action, checkpoints, delivery, encoding, marks, signing
from dashboard.audit.chain import Walk
from dashboard.audit.encoding import chained, content_hash
from dashboard.audit.reading import link, slices
from dashboard.models import AuditCheckpoint, AuditHead
from tests.audit.conftest import mallory

pytestmark = pytest.mark.django_db

EVENTS = "dashboard_auditevent"


@pytest.fixture(autouse=True)
def ten_events(log: Callable[[int], Any]) -> None:
    log(10)


def _found(**options: Any) -> tuple[str, int, int]:
    found = audit.verify(**options).found
    assert found is not None, "nothing was noticed"
    return found.fault.value, found.position, found.through


def _rechain() -> None:
    """What a forger who knows the code does: all hashes and the head are made to fit again."""
    walk = Walk()
    with mallory() as cursor:
        for rows in slices(0, 1_000):
            for row in rows:
                event = link(row)
                new = chained(walk.hash, content_hash(event.values))
                cursor.execute(
                    f"UPDATE {EVENTS} SET previous_hash = %s, hash = %s WHERE seq = %s", [walk.hash, new, event.seq]
                )
                walk = Walk(event.seq, new)
        cursor.execute("UPDATE dashboard_audithead SET seq = %s, hash = %s", [walk.seq, walk.hash])


def _renumber(cursor: Any, condition: str, shift: int) -> None:
    cursor.execute(f"UPDATE {EVENTS} SET seq = -(seq + %s) WHERE {condition}", [shift])
    cursor.execute(f"UPDATE {EVENTS} SET seq = -seq WHERE seq < 0")


def _swap(first: int, second: int) -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET seq = -seq WHERE seq IN (%s, %s)", [first, second])
        cursor.execute(
            f"UPDATE {EVENTS} SET seq = CASE seq WHEN -%s THEN %s ELSE %s END WHERE seq < 0", [first, second, first]
        )


def _insert(cursor: Any, position: int) -> None:
    columns = "version, at, action, outcome, actor_kind, tenant_digest, purpose, request_id, counts, ip, user_agent"
    cursor.execute(
        f"INSERT INTO {EVENTS} (id, seq, actor_label, commitment, previous_hash, hash, {columns})"
        f" SELECT gen_random_uuid(), %s, 'forged', '', previous_hash, hash, {columns} FROM {EVENTS} WHERE seq = 3",
        [position],
    )


def _checkpoint() -> marks.Mark:
    mark = checkpoints.take()
    assert mark is not None
    delivery.deliver(mark, delivery.Channel.FILE)
    return mark


def test_an_untouched_log_is_intact() -> None:
    _checkpoint()
    verification = audit.verify()
    assert (verification.intact, verification.events, verification.checkpoints) == (True, 10, 1)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_label", "'somebody else'"),
        ("at", "at + interval '1 microsecond'"),
        ("counts", "'{}'"),
        ("tenant_digest", "repeat('a', 64)"),
        ("outcome", "'failed'"),
        ("request_id", "gen_random_uuid()"),
        ("ip", "'::1'"),
        ("commitment", "repeat('a', 64)"),
        ("version", "2"),
        ("hash", "repeat('a', 64)"),
        ("id", "gen_random_uuid()"),
        ("previous_hash", "repeat('a', 64)"),
    ],
)
def test_an_edited_event_is_found(column: str, value: str) -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET {column} = {value} WHERE seq = 5")
    assert _found() == ("edited", 5, 5)


def test_an_edited_event_with_a_fresh_hash_is_found() -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 5")
        (row,) = next(slices(4, 5))
        event = link(row)
        cursor.execute(f"UPDATE {EVENTS} SET hash = %s WHERE seq = 5", [event.hash_at(5)])
    assert _found() == ("edited", 5, 5)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (5, 5), (4, 7)])
def test_deleted_events_are_found(first: int, last: int) -> None:
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq BETWEEN %s AND %s", [first, last])
    assert _found() == ("removed", first, last)


def test_deleted_events_are_found_even_if_the_rest_is_renumbered() -> None:
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq IN (5, 6)")
        _renumber(cursor, "seq > 6", -2)
    assert _found() == ("removed", 5, 6)


def test_an_event_inserted_in_the_middle_is_found() -> None:
    with mallory() as cursor:
        _renumber(cursor, "seq >= 5", 1)
        _insert(cursor, 5)
    assert _found() == ("inserted", 5, 5)


def test_a_well_made_event_inserted_in_the_middle_is_found() -> None:
    with mallory() as cursor:
        _renumber(cursor, "seq >= 5", 1)
        _insert(cursor, 5)
        cursor.execute(f"UPDATE {EVENTS} SET previous_hash = (SELECT hash FROM {EVENTS} WHERE seq = 4) WHERE seq = 5")
        (row,) = next(slices(4, 5))
        cursor.execute(f"UPDATE {EVENTS} SET hash = %s WHERE seq = 5", [link(row).hash_at(5)])
    assert _found() == ("inserted", 5, 5)


def test_an_event_added_at_the_end_without_the_chain_is_found() -> None:
    with mallory() as cursor:
        _insert(cursor, 11)
    assert _found() == ("inserted", 11, 11)


@pytest.mark.parametrize(("first", "second"), [(5, 6), (2, 9), (1, 10)])
def test_swapped_events_are_found(first: int, second: int) -> None:
    _swap(first, second)
    assert _found() == ("reordered", first, first)


def test_an_event_moved_to_the_end_is_found() -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET seq = 99 WHERE seq = 5")
    assert _found() == ("reordered", 5, 5)


def test_a_truncated_tail_is_found() -> None:
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq > 7")
    assert _found() == ("truncated tail", 8, 10)


def test_an_emptied_log_is_found() -> None:
    with mallory() as cursor:
        cursor.execute(f"TRUNCATE {EVENTS}")
    assert _found() == ("truncated tail", 1, 10)


def test_a_tail_that_was_truncated_with_its_head_is_found_by_a_checkpoint() -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq > 7")
        cursor.execute(
            "UPDATE dashboard_audithead SET seq = 7, hash = (SELECT hash FROM dashboard_auditevent WHERE seq = 7)"
        )
    assert _found() == ("truncated tail", 8, 10)


def test_a_tail_that_was_truncated_with_head_and_checkpoints_is_found_by_the_delivered_copy(settings) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq > 7")
        cursor.execute(
            "UPDATE dashboard_audithead SET seq = 7, hash = (SELECT hash FROM dashboard_auditevent WHERE seq = 7)"
        )
        cursor.execute("DELETE FROM dashboard_auditcheckpoint")
    assert audit.verify().intact
    assert _found(delivered=[Path(settings.MEMADMIN_CHECKPOINT_FILE)]) == ("truncated tail", 8, 10)


def test_a_missing_head_is_found() -> None:
    with mallory() as cursor:
        cursor.execute("DELETE FROM dashboard_audithead")
    assert _found() == ("truncated tail", 11, 11)


def test_a_rewritten_log_is_found_by_a_checkpoint(log: Callable[[int], Any]) -> None:
    _checkpoint()
    log(5)
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 12")
    _rechain()
    assert _found() == ("rewritten", 11, 15)


def test_a_rewritten_log_with_rewritten_checkpoints_is_found_by_the_delivered_copy(settings) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 2")
        cursor.execute("DELETE FROM dashboard_auditcheckpoint")
    _rechain()
    assert audit.verify().intact  # the database alone cannot tell
    assert _found(delivered=[Path(settings.MEMADMIN_CHECKPOINT_FILE)]) == ("rewritten", 1, 10)


def test_a_removed_checkpoint_is_found_by_the_delivered_copy(settings) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute("DELETE FROM dashboard_auditcheckpoint")
    assert _found(delivered=[Path(settings.MEMADMIN_CHECKPOINT_FILE)]) == ("checkpoint altered", 10, 10)


@pytest.mark.parametrize("change", ["hash = repeat('a', 64)", "at = now()", "signature = repeat('a', 128)"])
def test_an_altered_checkpoint_is_found(change: str) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE dashboard_auditcheckpoint SET {change}")
    assert _found() == ("checkpoint altered", 10, 10)


def test_a_replaced_key_is_found() -> None:
    """The log is rewritten and signed anew with a key of Mallory's, which she publishes as the desk's."""
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 2")
    _rechain()
    key = Ed25519PrivateKey.generate()
    head, kept, public_key = AuditHead.objects.get(), AuditCheckpoint.objects.get(), signing.public_hex(key)
    forged = marks.Mark(
        seq=head.seq,
        hash=head.hash,
        at=encoding.microseconds(kept.at),
        key=signing.fingerprint(public_key),
        public_key=public_key,
    )
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_signingkey SET fingerprint = %s, public_key = %s", [forged.key, public_key])
        cursor.execute(
            "UPDATE dashboard_auditcheckpoint SET hash = %s, key = %s, signature = %s",
            [head.hash, forged.key, key.sign(forged.statement).hex()],
        )
    assert _found() == ("key replaced", 10, 10)


def test_a_key_replaced_under_its_old_fingerprint_is_found() -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(
            "UPDATE dashboard_signingkey SET public_key = %s", [signing.public_hex(Ed25519PrivateKey.generate())]
        )
    assert _found() == ("checkpoint altered", 10, 10)


def test_a_rewritten_note_is_found() -> None:
    event = audit.record(Action.MEMORIES_SEARCHED, actor="sam", reason="what was typed")
    other = audit.record(Action.MEMORIES_SEARCHED, actor="sam", reason="something else")
    with mallory() as cursor:
        cursor.execute(
            "UPDATE dashboard_auditnote SET (salt, sealed) ="
            " (SELECT salt, sealed FROM dashboard_auditnote WHERE event_id = %s) WHERE event_id = %s",
            [other.pk, event.pk],
        )
    assert _found() == ("note altered", event.seq, event.seq)


def test_a_tampered_log_is_not_signed() -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 5")
    with pytest.raises(checkpoints.ChainBroken, match="Event 5"):
        checkpoints.take()
    assert AuditCheckpoint.objects.count() == 0


def test_the_command_names_the_break_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    _swap(3, 4)
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit")
    assert stopped.value.code == 1
    assert "BROKEN at event 3: reordered" in capsys.readouterr().out


def test_the_command_reads_the_configured_copies_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 2")
        cursor.execute("DELETE FROM dashboard_auditcheckpoint")
    _rechain()
    with pytest.raises(SystemExit):
        call_command("verify_audit", "--json")
    assert json.loads(capsys.readouterr().out)["break"]["reason"] == "rewritten"


def test_the_command_says_when_it_is_intact(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("checkpoint_audit")
    call_command("verify_audit")
    assert "Intact. 10 events and 2 checkpoints followed (1 of them kept outside" in capsys.readouterr().out


def test_a_file_that_is_no_list_of_checkpoints_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text("hello\n")
    with pytest.raises(Exception, match="no checkpoint"):
        call_command("verify_audit", checkpoints=[file])


def test_what_is_appended_during_a_run_is_not_taken_for_tampering() -> None:
    def meanwhile(_done: int, _total: int) -> None:
        audit.record(Action.MEMORIES_PAGED, actor="sam")
        checkpoints.take()

    assert audit.verify(progress=meanwhile).intact


@pytest.mark.parametrize("position", [0, -7])
def test_an_event_put_before_the_first_is_found(position: int) -> None:
    columns = (
        "id, version, at, action, outcome, actor_kind, actor_label, tenant_digest, purpose, request_id, counts, ip"
    )
    columns += ", user_agent, commitment, previous_hash, hash"
    with mallory() as cursor:
        rest = columns.removeprefix("id, ").replace(" hash", " repeat('f', 64)")
        cursor.execute(
            f"INSERT INTO {EVENTS} (seq, {columns}) SELECT %s, gen_random_uuid(), {rest} FROM {EVENTS} WHERE seq = 5",
            [position],
        )
    assert _found()[:2] == ("inserted", position)
