"""What looks like an attack: events, the policy, the history of use, detectors, and who is shut out for a while."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

EVENTS = """
CREATE TABLE security_events (
    id          uuid        PRIMARY KEY,
    -- The transaction that told it: whoever has read all that was over before one goes on from there.
    told_in     xid8        NOT NULL DEFAULT pg_current_xact_id(),
    occurred_at timestamptz NOT NULL,
    kind        text        NOT NULL,
    key         text        NOT NULL,
    user_id     text        NOT NULL,
    key_id      text        NOT NULL,
    -- AES-256-GCM: 12 bytes nonce, ciphertext, 16 bytes tag.
    sealed      bytea       NOT NULL CHECK (octet_length(sealed) > 28),
    UNIQUE (kind, key)
);
CREATE INDEX security_events_told ON security_events (told_in, id);
CREATE INDEX security_events_user ON security_events (user_id, id);
"""
POLICY = """
CREATE TABLE security_policy (
    one                 boolean          PRIMARY KEY DEFAULT true CHECK (one),
    version             bigint           NOT NULL CHECK (version > 0),
    updated_at          timestamptz      NOT NULL,
    anomaly_action      text             NOT NULL,
    anomaly_score       double precision NOT NULL CHECK (anomaly_score BETWEEN 0 AND 1),
    consecutive_minutes integer          NOT NULL CHECK (consecutive_minutes > 0),
    least_calls         integer          NOT NULL CHECK (least_calls > 0),
    injection_action    text             NOT NULL,
    block_minutes       integer          NOT NULL CHECK (block_minutes > 0)
);
CREATE TABLE user_blocks (
    user_id uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    until   timestamptz NOT NULL,
    -- Since when the account is disabled for it; NULL: it is not yet.
    since   timestamptz
);
"""
USAGE = """
-- How a user used the platform in a minute: counts, never contents. What is distinct is kept as fingerprints, so that
-- what several processes saw adds up.
CREATE TABLE usage_minutes (
    user_id       text        NOT NULL,
    minute        timestamptz NOT NULL,
    calls         integer     NOT NULL CHECK (calls > 0),
    refused       integer     NOT NULL,
    invalid       integer     NOT NULL,
    not_found     integer     NOT NULL,
    writes        integer     NOT NULL,
    bytes_in      bigint      NOT NULL,
    methods       bigint[]    NOT NULL,
    addresses     bigint[]    NOT NULL,
    -- Of the hour that ends with the minute, from the audit trail; known once it is scored.
    logins        integer,
    refusals      integer,
    admin_actions integer,
    scored_at     timestamptz,
    -- NULL: there was no detector.
    score         double precision,
    unusual       boolean,
    PRIMARY KEY (user_id, minute)
);
CREATE INDEX usage_unscored ON usage_minutes (minute) WHERE scored_at IS NULL;
CREATE INDEX usage_minute ON usage_minutes (minute);
CREATE INDEX audit_recorded ON audit (user_id, occurred_at);
"""
DETECTORS = """
CREATE TABLE detectors (
    -- SHA-256 of the content.
    id              text             PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    state           text             NOT NULL CHECK (state IN ('active', 'retired', 'rejected')),
    trained_at      timestamptz      NOT NULL,
    history_end     timestamptz      NOT NULL,
    minutes         integer          NOT NULL,
    contamination   double precision NOT NULL,
    library_version text             NOT NULL,
    problem         text             NOT NULL,
    content         bytea            NOT NULL,
    -- HMAC-SHA256 of the content, under a key that the database does not have.
    code            bytea            NOT NULL CHECK (octet_length(code) = 32)
);
CREATE UNIQUE INDEX detectors_active ON detectors (state) WHERE state = 'active';
"""


def upgrade() -> None:
    """Create all."""
    for ddl in (EVENTS, POLICY, USAGE, DETECTORS):
        op.execute(ddl)


def downgrade() -> None:
    """Drop all: who is shut out stays disabled until an administrator enables them."""
    op.execute("DROP INDEX audit_recorded")
    op.execute("DROP TABLE detectors, usage_minutes, user_blocks, security_policy, security_events")
