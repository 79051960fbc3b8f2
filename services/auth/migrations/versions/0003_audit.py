"""The audit trail: what waits to be chained, the chain, and where calls came from."""

from alembic import op

from chassis.consumers import CONSUMERS_DDL
from chassis.outbox import OUTBOX_ORIGIN_DDL

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUDIT = """
-- Entries in the order in which they were written; they are chained in a moment, and gone from here.
CREATE TABLE audit_waiting (
    position    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    user_id     text        NOT NULL,
    action      text        NOT NULL,
    result      text        NOT NULL,
    key_id      text        NOT NULL,
    -- AES-256-GCM: 12 bytes nonce, ciphertext, 16 bytes tag.
    sealed      bytea       NOT NULL CHECK (octet_length(sealed) > 28)
);
CREATE TABLE audit (
    seq         bigint      NOT NULL CHECK (seq > 0),
    recorded_at timestamptz NOT NULL,
    id          uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    user_id     text        NOT NULL,
    action      text        NOT NULL,
    result      text        NOT NULL,
    key_id      text        NOT NULL,
    sealed      bytea       NOT NULL,
    -- HMAC-SHA256 of the code before and of this row.
    code        bytea       NOT NULL CHECK (octet_length(code) = 32),
    PRIMARY KEY (seq, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX audit_user ON audit (user_id, seq);

CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_only_added_to();
"""
# The service's own role has no DDL: this function does it, as the schema's owner. A partition is a month (UTC).
MONTHS = """
CREATE FUNCTION keep_audit(now timestamptz, oldest timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz;
    child record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('keep_audit of ' || current_schema(), 0));
    FOR ahead IN 0 .. 1 LOOP
        month := date_trunc('month', now) + ahead * interval '1 month';
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF audit FOR VALUES FROM (%L) TO (%L)',
                       'audit_' || to_char(month, 'YYYYMM'), month, month + interval '1 month');
    END LOOP;
    FOR child IN
        SELECT c.relname, to_date(substring(c.relname FROM '[0-9]+$'), 'YYYYMM') AS month
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit'::regclass
    LOOP
        IF child.month + interval '1 month' <= date_trunc('month', oldest) THEN
            EXECUTE format('DROP TABLE %I', child.relname);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION keep_audit (timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_audit (timestamptz, timestamptz) TO qpo_auth;
"""


def upgrade() -> None:
    """Create all."""
    for ddl in (OUTBOX_ORIGIN_DDL, CONSUMERS_DDL, AUDIT, MONTHS):
        op.execute(ddl)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP FUNCTION keep_audit")
    op.execute("DROP TABLE audit, audit_waiting")
    op.execute("DROP FUNCTION audit_is_only_added_to")
    op.execute("DROP TABLE consumer_positions, consumer_versions")
    op.execute("ALTER TABLE outbox DROP COLUMN ip_address, DROP COLUMN user_agent")
