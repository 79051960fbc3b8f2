"""Universes that users put, for as long as they are kept."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# moments are canonical bytes as services/optimizer/domain/canonical.py defines them, id is their SHA-256. Doubles do
# not compress: they are stored as they are, so that their length is known without reading them.
TABLE = """
CREATE TABLE universes (
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    id         bytea       NOT NULL CHECK (octet_length(id) = 32),
    assets     integer     NOT NULL,
    factors    integer     NOT NULL,
    moments    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, tenant_id, id)
);
ALTER TABLE universes ALTER COLUMN moments SET STORAGE EXTERNAL;
CREATE INDEX universes_expiring ON universes (expires_at);
"""


def upgrade() -> None:
    """Create it."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE universes")
