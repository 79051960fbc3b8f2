"""The outbox: what happened to accounts."""

from alembic import op

from chassis.outbox import OUTBOX_DDL

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it."""
    op.execute(OUTBOX_DDL)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP TABLE outbox")
