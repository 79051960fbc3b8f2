"""Optimization jobs, and the answers to repeated requests."""

from alembic import op

from chassis.idempotency import DDL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# problem, result and error are canonical bytes as services/optimizer/domain/canonical.py defines them.
TABLE = """
CREATE TABLE optimizations (
    id               uuid        PRIMARY KEY,
    tenant_id        uuid        NOT NULL,
    user_id          uuid        NOT NULL,
    principal        jsonb       NOT NULL,
    portfolio_id     uuid,
    state            text        NOT NULL DEFAULT 'queued'
                     CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    goal             bytea       NOT NULL,
    assets           integer     NOT NULL,
    time_budget_ms   integer     NOT NULL,
    problem          bytea       NOT NULL,
    progress         bytea,
    result           bytea,
    error            bytea,
    attempts         smallint    NOT NULL DEFAULT 0,
    fence            bigint      NOT NULL DEFAULT 0,
    leased_until     timestamptz,
    cancel_requested boolean     NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL DEFAULT now(),
    started_at       timestamptz,
    finished_at      timestamptz,
    CHECK ((state = 'running') = (leased_until IS NOT NULL)),
    CHECK ((state = 'succeeded') = (result IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
);
"""

# Ids are UUIDv7, so that the order of ids is that of creation.
INDEXES = """
CREATE INDEX optimizations_of_user ON optimizations (tenant_id, user_id, id DESC);
CREATE INDEX optimizations_waiting ON optimizations (id) WHERE state = 'queued';
CREATE INDEX optimizations_leased ON optimizations (leased_until) WHERE state = 'running';
"""


def upgrade() -> None:
    """Create all."""
    op.execute(TABLE)
    op.execute(INDEXES)
    op.execute(DDL)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP TABLE requests, optimizations")
