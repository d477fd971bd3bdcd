"""The audit log chains itself, and refuses to be changed. Encoding 1 is described in ``dashboard/audit/encoding.py``."""

from django.db import migrations

CREATE = r"""
DO $$ BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE 'The audit log needs a database in UTF8, this one is in %.', current_setting('server_encoding');
    END IF;
END $$;

INSERT INTO dashboard_audithead (id, seq, at, hash) VALUES (1, 0, 'epoch', repeat('0', 64));
ALTER TABLE dashboard_audithead SET (fillfactor = 10);  -- one row, rewritten at every append: room beside it

-- Every INSERT is an append: whatever the statement says, position, time and hashes are set here.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
DECLARE
    head record;
    content bytea;
BEGIN
    SELECT seq, at, hash INTO STRICT head FROM dashboard_audithead WHERE id = 1 FOR NO KEY UPDATE;
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

CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN octet_length(value)::text || ':' || value || ',';

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'The audit log is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Events leave only as a whole archived segment.
CREATE FUNCTION audit_refuse_unless_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM dashboard_auditsegment WHERE OLD.seq BETWEEN first_seq AND last_seq) THEN
        RETURN OLD;
    END IF;
    RAISE 'The audit log is append-only: event % is not in an archived segment.', OLD.seq
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- A segment is the oldest part of the log, whole, and ends at a signed checkpoint.
CREATE FUNCTION audit_check_segment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.first_seq <> (SELECT min(seq) FROM dashboard_auditevent)
        OR NOT EXISTS (SELECT FROM dashboard_auditevent WHERE seq = NEW.first_seq AND previous_hash = NEW.previous_hash)
        OR NOT EXISTS (SELECT FROM dashboard_auditevent WHERE seq = NEW.last_seq AND hash = NEW.last_hash)
        OR NOT EXISTS (SELECT FROM dashboard_auditcheckpoint WHERE seq = NEW.last_seq AND hash = NEW.last_hash)
    THEN
        RAISE 'A segment is the oldest part of the audit log and ends at a signed checkpoint.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_1_chain BEFORE INSERT ON dashboard_auditevent FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER audit_no_update BEFORE UPDATE ON dashboard_auditevent FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON dashboard_auditevent FOR EACH ROW EXECUTE FUNCTION audit_refuse_unless_archived();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON dashboard_auditevent EXECUTE FUNCTION audit_refuse();

-- The head moves only inside the trigger that appends.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON dashboard_audithead FOR EACH ROW
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON dashboard_audithead FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON dashboard_audithead EXECUTE FUNCTION audit_refuse();

-- Notes may be deleted: that is what they are for. They may not be rewritten.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON dashboard_auditnote FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON dashboard_auditnote EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON dashboard_auditcheckpoint FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON dashboard_auditcheckpoint EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON dashboard_signingkey FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON dashboard_signingkey EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_1_check BEFORE INSERT ON dashboard_auditsegment FOR EACH ROW EXECUTE FUNCTION audit_check_segment();
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON dashboard_auditsegment FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON dashboard_auditsegment EXECUTE FUNCTION audit_refuse();
"""

DROP = r"""
DROP FUNCTION audit_chain, audit_refuse, audit_refuse_unless_archived, audit_check_segment CASCADE;
DROP FUNCTION audit_field;
DELETE FROM dashboard_audithead;
"""


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
