"""Mallory is the database's superuser and turns every trigger off. Whatever she does is found, named and placed."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection

from dashboard import audit
from dashboard.audit import (
    Action,
    chain,
    checkpoints,
    delivery,
    encoding,
    marks,
    reading,
    segments,
    signing,
    verifying,
)
from dashboard.audit.chain import Walk
from dashboard.audit.encoding import chained, content_hash
from dashboard.audit.erasing import Ledger
from dashboard.audit.reading import link, slices
from dashboard.models import AuditCheckpoint, AuditHead, AuditNote
from tests.audit.conftest import mallory

pytestmark = pytest.mark.django_db

EVENTS = "dashboard_auditevent"
REPLACE = f"CREATE OR REPLACE TRIGGER audit_no_delete BEFORE DELETE ON {EVENTS}"


@pytest.fixture(autouse=True)
def ten_events(log: Callable[[int], Any], settings: Any) -> None:
    """Nine of Sam's, after the one that says that there is a file of checkpoints."""
    Path(settings.MEMADMIN_CHECKPOINT_FILE).touch()
    delivery.note_begun()
    log(9)


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


def _put_head_at(cursor: Any, seq: int) -> None:
    cursor.execute(
        f"UPDATE dashboard_audithead SET (seq, at, hash) = (SELECT seq, at, hash FROM {EVENTS} WHERE seq = %s)", [seq]
    )


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


def _remove_all_signatures(cursor: Any) -> None:
    cursor.execute("DELETE FROM dashboard_auditcheckpoint")
    cursor.execute("DELETE FROM dashboard_signingkey")


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


@pytest.fixture
def slices_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLICE", 5)


def _drop_the_key(cursor: Any) -> None:
    cursor.execute(f"ALTER TABLE {EVENTS} DROP CONSTRAINT dashboard_auditevent_seq_key")


@pytest.mark.parametrize("position", [2, 4, 5, 6, 10])
@pytest.mark.parametrize("first", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"])
def test_a_second_event_with_the_same_number_is_found(slices_of_five: None, position: int, first: str) -> None:
    with mallory() as cursor:
        _drop_the_key(cursor)
        _insert(cursor, position)
        cursor.execute(f"UPDATE {EVENTS} SET id = %s WHERE actor_label = 'forged'", [first])
    assert _found() == ("inserted", position, position)


@pytest.mark.parametrize("position", [5, 10])
def test_a_second_event_in_a_child_table_is_found(slices_of_five: None, position: int) -> None:
    with mallory() as cursor:
        cursor.execute("CREATE TABLE child () INHERITS (dashboard_auditevent)")
        cursor.execute(f"INSERT INTO child SELECT * FROM {EVENTS} WHERE seq = %s", [position])
        cursor.execute("UPDATE child SET id = gen_random_uuid(), actor_label = 'forged'")
    assert _found() == ("inserted", position, position)


def test_a_log_with_a_second_event_at_its_checkpoint_is_not_signed(log: Callable[[int], Any]) -> None:
    checkpoints.take()
    log(1)
    with mallory() as cursor:
        _drop_the_key(cursor)
        _insert(cursor, 10)
    _is_not_signed("Event 10")


@pytest.fixture
def tried_nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is two places away is far."""
    monkeypatch.setattr(chain, "_SHIFTS", 2)


def test_events_swapped_from_afar_are_reordered(tried_nearby: None) -> None:
    _swap(2, 9)
    assert _found() == ("reordered", 2, 2)


def test_many_deleted_events_are_removed_even_if_the_rest_is_renumbered(tried_nearby: None) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq BETWEEN 3 AND 7")
        _renumber(cursor, "seq > 7", -5)
        cursor.execute("UPDATE dashboard_audithead SET seq = seq - 5")
    assert _found() == ("removed", 3, 7)


def test_an_event_moved_to_the_end_and_the_rest_renumbered_is_reordered(tried_nearby: None) -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET seq = 99 WHERE seq = 3")
        _renumber(cursor, "seq BETWEEN 4 AND 10", -1)
        cursor.execute(f"UPDATE {EVENTS} SET seq = 10 WHERE seq = 99")
    assert _found() == ("reordered", 3, 3)


def test_several_events_inserted_together_are_found(tried_nearby: None) -> None:
    with mallory() as cursor:
        _renumber(cursor, "seq >= 4", 3)
        for position in (4, 5, 6):
            _insert(cursor, position)
    assert _found() == ("inserted", 4, 4)


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
        _put_head_at(cursor, 7)
    assert _found() == ("truncated tail", 8, 10)


def test_a_tail_that_was_truncated_with_head_and_checkpoints_is_found_by_the_delivered_copy(settings) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq > 7")
        _put_head_at(cursor, 7)
        _remove_all_signatures(cursor)
    assert audit.verify().intact
    assert _found(delivered=[Path(settings.MEMADMIN_CHECKPOINT_FILE)]) == ("truncated tail", 8, 10)


@pytest.mark.parametrize("number", [1, 2])
def test_a_second_head_is_found(number: int) -> None:
    with mallory() as cursor:
        cursor.execute("ALTER TABLE dashboard_audithead DROP CONSTRAINT dashboard_audithead_pkey")
        cursor.execute("INSERT INTO dashboard_audithead SELECT %s, seq, at, hash FROM dashboard_audithead", [number])
    assert _found() == ("inserted", 11, 11)


def test_a_head_that_nothing_is_appended_to_is_none() -> None:
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_audithead SET id = 2")
    assert _found() == ("truncated tail", 11, 11)


def _empty(cursor: Any) -> None:
    cursor.execute(f"TRUNCATE {EVENTS}, dashboard_auditcheckpoint")
    cursor.execute("UPDATE dashboard_audithead SET (seq, hash, at) = (0, repeat('0', 64), 'epoch')")


def test_an_emptied_log_is_betrayed_by_its_key() -> None:
    _checkpoint()
    with mallory() as cursor:
        _empty(cursor)
    assert _found() == ("key replaced", 1, 1)


def test_a_log_emptied_with_its_key_is_not_called_proven(capsys: pytest.CaptureFixture[str]) -> None:
    with mallory() as cursor:
        _empty(cursor)
        _remove_all_signatures(cursor)
    assert "The log is empty" in str(audit.verify().not_proven)
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit", "--strict")
    assert (stopped.value.code, "Not proven" in capsys.readouterr().out) == (3, True)


@pytest.mark.parametrize("moved", ["+ interval '1 year'", "- interval '1 year'"])
def test_a_key_whose_first_use_was_moved_is_found(moved: str) -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE dashboard_signingkey SET first_used_at = first_used_at {moved}")
    assert _found() == ("key replaced", 11, 11)


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
        _remove_all_signatures(cursor)
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


def test_a_note_deleted_past_the_desk_is_found() -> None:
    event = audit.record(Action.MEMORIES_SEARCHED, actor="sam", digest="a" * 64, reason="what was typed")
    AuditNote.objects.all().delete()  # no trigger is in the way: erasing is lawful
    assert _found() == ("note altered", event.seq, event.seq)
    assert "without an erasure on record" in str(audit.verify().found)


def test_an_erasure_on_record_does_not_cover_another_persons_notes() -> None:
    hers = audit.record(Action.MEMORIES_SEARCHED, actor="sam", digest=audit.tenant_digest("u_bob"), reason="typed")
    audit.record(Action.MEMORIES_SEARCHED, actor="sam", digest=audit.tenant_digest("u_alice"), reason="typed")
    audit.erase_notes("u_alice", actor="petra")
    assert audit.verify().intact
    AuditNote.objects.all().delete()
    assert _found() == ("note altered", hers.seq, hers.seq)


def test_a_note_typed_after_the_erasure_is_not_covered_by_it() -> None:
    digest = audit.tenant_digest("u_alice")
    audit.record(Action.MEMORIES_SEARCHED, actor="sam", digest=digest, reason="typed")
    audit.erase_notes("u_alice", actor="petra")
    later = audit.record(Action.MEMORIES_SEARCHED, actor="sam", digest=digest, reason="typed later")
    AuditNote.objects.all().delete()
    assert _found() == ("note altered", later.seq, later.seq)


def test_an_erasure_during_a_run_is_not_taken_for_tampering(monkeypatch: pytest.MonkeyPatch) -> None:
    audit.record(Action.MEMORIES_SEARCHED, actor="sam", digest=audit.tenant_digest("u_alice"), reason="typed")
    _once_the_head_was_read(monkeypatch, lambda: audit.erase_notes("u_alice", actor="petra"))
    assert audit.verify().intact


def test_an_archiving_during_a_run_is_not_taken_for_tampering(
    monkeypatch: pytest.MonkeyPatch, log: Callable[[int], Any]
) -> None:
    checkpoints.take()
    log(1)
    _once_the_head_was_read(monkeypatch, lambda: segments.archive_old(keep=timedelta(0), actor="job"))
    assert audit.verify().intact


def _once_the_head_was_read(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    acts = iter([act])

    def slices_after_that(after: int, through: int) -> Any:
        next(acts, lambda: None)()
        return slices(after, through)

    monkeypatch.setattr(verifying, "slices", slices_after_that)


@pytest.mark.parametrize("counts", ["", "[]", "{}", '{"notes": "many"}'])
def test_an_erasure_that_counted_nothing_covers_nothing(counts: str) -> None:
    ledger = Ledger()
    ledger.gone(3, "alice")
    ledger.erased("alice", counts)
    assert ledger.unaccounted == (3, 1)


def test_a_head_whose_clock_was_put_ahead_is_found() -> None:
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_audithead SET at = at + interval '1 year'")
    assert _found() == ("edited", 10, 10)


def test_an_event_dated_in_the_future_is_found() -> None:
    with mallory() as cursor:
        cursor.execute("UPDATE dashboard_audithead SET at = at + interval '6 minutes'")
    audit.record(Action.MEMORIES_PAGED, actor="sam")
    assert _found() == ("edited", 11, 11)


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER TABLE {EVENTS} DISABLE TRIGGER audit_no_update",
        f"ALTER TABLE {EVENTS} ENABLE REPLICA TRIGGER audit_no_delete",
        "DROP TRIGGER audit_no_change ON dashboard_signingkey",
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"{REPLACE} FOR EACH ROW WHEN (false) EXECUTE FUNCTION audit_refuse_unless_archived()",
        f"{REPLACE} FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_archived(1)",
        f"CREATE TRIGGER audit_0 BEFORE INSERT ON {EVENTS} FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        f"ALTER TABLE {EVENTS} ENABLE TRIGGER audit_no_delete",
        f"CREATE RULE nothing AS ON INSERT TO {EVENTS} DO INSTEAD NOTHING",
        f"CREATE TABLE child () INHERITS ({EVENTS})",
        f"ALTER TABLE {EVENTS} DROP CONSTRAINT dashboard_auditevent_seq_key",
        f"ALTER TABLE {EVENTS} DROP CONSTRAINT dashboard_auditevent_pkey",
        "ALTER TABLE dashboard_audithead DROP CONSTRAINT dashboard_audithead_pkey",
        f"ALTER TABLE {EVENTS} ENABLE ROW LEVEL SECURITY",
        "CREATE OR REPLACE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN value",
        "CREATE FUNCTION audit_field(value varchar) RETURNS text LANGUAGE sql RETURN value",
        "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
        "SET LOCAL session_replication_role = replica",
    ],
)
def test_a_door_that_protects_no_more_is_found(statement: str) -> None:
    connection.cursor().execute(statement)
    assert _found() == ("trigger missing or altered", 11, 11)


def test_a_tampered_log_is_not_signed() -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 5")
    _is_not_signed("Event 5")
    assert AuditCheckpoint.objects.count() == 0


def _is_not_signed(why: str) -> None:
    signed = AuditCheckpoint.objects.count()
    with pytest.raises(checkpoints.ChainBroken, match=why):
        checkpoints.take()
    assert AuditCheckpoint.objects.count() == signed


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("hash = repeat('a', 64)", "not what was signed"),
        ("signature = repeat('a', 128)", "not what was signed"),
        ("key = repeat('a', 64)", "not trusted"),
    ],
)
def test_nothing_is_signed_on_top_of_an_altered_checkpoint(log: Callable[[int], Any], change: str, why: str) -> None:
    checkpoints.take()
    log(1)
    with mallory() as cursor:
        cursor.execute(f"UPDATE dashboard_auditcheckpoint SET {change}")
    _is_not_signed(why)


def test_a_rewritten_past_is_not_signed() -> None:
    checkpoints.take()
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 10")
    _rechain()
    audit.record(Action.MEMORIES_PAGED, actor="sam")
    _is_not_signed("Event 10 has another hash")


def test_a_log_whose_checkpoints_are_gone_is_not_signed_anew() -> None:
    _checkpoint()
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 2")
        cursor.execute("DELETE FROM dashboard_auditcheckpoint")
    _rechain()
    _is_not_signed("the database does not have")


def test_a_cut_tail_is_not_signed() -> None:
    checkpoints.take()
    with mallory() as cursor:
        cursor.execute(f"DELETE FROM {EVENTS} WHERE seq > 7")
        _put_head_at(cursor, 7)
    _is_not_signed("Event 10")


def test_an_unreadable_delivered_copy_stops_signing(settings) -> None:
    Path(settings.MEMADMIN_CHECKPOINT_FILE).write_text("hello\n")
    _is_not_signed("cannot be read")


def test_a_log_without_a_head_is_not_signed() -> None:
    with mallory() as cursor:
        cursor.execute("DELETE FROM dashboard_audithead")
    _is_not_signed("where the log ends is missing")


def test_the_command_says_why_nothing_was_signed() -> None:
    with mallory() as cursor:
        cursor.execute(f"UPDATE {EVENTS} SET actor_label = 'somebody else' WHERE seq = 5")
    with pytest.raises(CommandError, match=r"Event 5 .* Nothing was signed"):
        call_command("checkpoint_audit")


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


def test_the_command_says_what_it_could_not_prove(settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.MEMADMIN_CHECKPOINT_FILE = ""
    call_command("verify_audit")
    assert "Not proven: Nothing is signed" in capsys.readouterr().out
    checkpoints.take()
    call_command("verify_audit", "--json")
    (sentence,) = json.loads(capsys.readouterr().out)["not_proven"]
    assert sentence.startswith("No checkpoint kept outside the database was compared")


def test_an_end_that_no_checkpoint_covers_is_named(log: Callable[[int], Any]) -> None:
    _checkpoint()
    log(3)
    (sentence,) = _not_proven()
    assert sentence.startswith("The newest 3 events came after the newest checkpoint")


def test_an_end_that_no_copy_outside_covers_is_named(log: Callable[[int], Any]) -> None:
    _checkpoint()
    log(1)
    checkpoints.take()
    (sentence,) = _not_proven()
    assert "the newest event came after the newest checkpoint kept outside" in sentence


def test_nothing_is_left_to_say_where_all_is_proven() -> None:
    _checkpoint()
    assert _not_proven() == ()
    call_command("verify_audit", "--strict")


def _not_proven() -> tuple[str, ...]:
    return audit.verify(delivered=[delivery.file() or Path()]).not_proven


def test_the_command_misses_a_file_of_delivered_checkpoints_that_vanished(settings) -> None:
    _checkpoint()
    Path(settings.MEMADMIN_CHECKPOINT_FILE).unlink()
    with pytest.raises(CommandError, match="is not there") as stopped:
        call_command("verify_audit")
    assert stopped.value.returncode == 2


def test_a_key_that_cannot_be_read_is_no_break(settings) -> None:
    settings.MEMADMIN_DEBUG = False
    settings.MEMADMIN_SIGNING_KEY_FILE = "/nowhere/key.pem"
    with pytest.raises(CommandError, match=r"key\.pem") as stopped:
        call_command("verify_audit")
    assert stopped.value.returncode == 2


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
