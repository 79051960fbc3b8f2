"""Splits and dividends."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A version of an action is what was known from knowledge_time until superseded_at.
ACTIONS = """
CREATE TABLE corporate_actions (
    dataset_id     uuid           NOT NULL REFERENCES datasets (id),
    instrument_id  uuid           NOT NULL REFERENCES instruments (id),
    ex_date        date           NOT NULL,
    split_ratio    numeric(28, 8) NOT NULL CHECK (split_ratio > 0),
    dividend       numeric(28, 8) NOT NULL CHECK (dividend >= 0),
    knowledge_time timestamptz    NOT NULL,
    superseded_at  timestamptz    NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (instrument_id, ex_date, knowledge_time)
);
CREATE INDEX corporate_actions_dataset ON corporate_actions (dataset_id);
"""


def upgrade() -> None:
    """Create the table."""
    op.execute(ACTIONS)


def downgrade() -> None:
    """Drop the table."""
    op.execute("DROP TABLE corporate_actions")
