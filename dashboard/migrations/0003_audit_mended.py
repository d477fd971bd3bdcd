"""Two holes in the door of the audit log.

An INSERT … ON CONFLICT DO NOTHING with an id that is there already moved the head and added no event. And whoever may
``SET session_replication_role = replica`` walked past every trigger.
"""

from django.db import migrations

REFUSE_A_SECOND_ONE = r"""
    -- ON CONFLICT looks only after this trigger. The index page is the one that the insert needs next in any case.
    IF EXISTS (SELECT FROM dashboard_auditevent WHERE id = NEW.id) THEN
        RAISE 'The audit log has an event % already.', NEW.id USING ERRCODE = 'unique_violation';
    END IF;"""

# A connection keeps its plan for that look-up: made while the log was short, it would read the whole log ever after.
BY_INDEX = " SET enable_seqscan = off"

CHAIN = rf"""
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = '5s'{BY_INDEX} AS $$
DECLARE
    head record;
    content bytea;
BEGIN
    SELECT seq, at, hash INTO STRICT head FROM dashboard_audithead WHERE id = 1 FOR NO KEY UPDATE;{REFUSE_A_SECOND_ONE}
    NEW.version := 1;
    NEW.seq := head.seq + 1;
    NEW.at := greatest(clock_timestamp(), head.at);
    NEW.previous_hash := head.hash;
    content := sha256(convert_to(
        audit_field(NEW.version::text)
        || audit_field(NEW.seq::text)
        || audit_field((extract(epoch FROM NEW.at) * 1000000)::bigint::text)
        || audit_field(NEW.id::text)
        || audit_field(NEW.action)
        || audit_field(NEW.outcome)
        || audit_field(NEW.actor_kind)
        || audit_field(NEW.actor_label)
        || audit_field(NEW.tenant_digest)
        || audit_field(NEW.purpose)
        || audit_field(coalesce(NEW.request_id::text, ''))
        || audit_field(NEW.counts)
        || audit_field(NEW.ip)
        || audit_field(NEW.user_agent)
        || audit_field(NEW.commitment), 'UTF8'));
    NEW.hash := encode(sha256(convert_to(NEW.previous_hash || encode(content, 'hex'), 'UTF8')), 'hex');
    UPDATE dashboard_audithead SET seq = NEW.seq, at = NEW.at, hash = NEW.hash WHERE id = 1;
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);  -- an event is on disk before its content is shown
    END IF;
    RETURN NEW;
END $$;
"""

CHAIN_BEFORE = CHAIN.replace(REFUSE_A_SECOND_ONE, "").replace(BY_INDEX, "")

TRIGGERS = {
    "auditevent": ("audit_1_chain", "audit_no_update", "audit_no_delete", "audit_no_truncate"),
    "audithead": ("audit_no_update", "audit_no_delete", "audit_no_truncate"),
    "auditnote": ("audit_no_update", "audit_no_truncate"),
    "auditcheckpoint": ("audit_no_change", "audit_no_truncate"),
    "auditsegment": ("audit_1_check", "audit_no_change", "audit_no_truncate"),
    "signingkey": ("audit_no_change", "audit_no_truncate"),
}


def fire(always: str) -> str:
    """Statements that have each trigger fire: with ``ALWAYS`` in every session, with "" unless it plays a replica."""
    return "".join(
        f"ALTER TABLE dashboard_{table} ENABLE {always} TRIGGER {trigger};\n"
        for table, those in TRIGGERS.items()
        for trigger in those
    )


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0002_audit_chain")]

    operations = [migrations.RunSQL(CHAIN + fire("ALWAYS"), CHAIN_BEFORE + fire(""))]
