"""Which advisor is trusted with whose portfolios, from when until when."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LINKS = """
CREATE TABLE links (
    -- UUIDv7, so that the order of ids is that of creation.
    id          uuid        PRIMARY KEY,
    advisor_id  uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id   uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    valid_from  timestamptz NOT NULL,
    -- None: until it is ended.
    valid_until timestamptz,
    created_at  timestamptz NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    UNIQUE (advisor_id, client_id),
    CHECK (advisor_id <> client_id),
    CHECK (valid_from <= valid_until)
);
CREATE INDEX links_client ON links (client_id);
"""


def upgrade() -> None:
    """Create it."""
    op.execute(LINKS)


def downgrade() -> None:
    """Drop it: nobody is linked any more."""
    op.execute("DROP TABLE links")
