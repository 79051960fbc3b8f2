"""The outbox tells where the calls came from that caused its events."""

from alembic import op

from chassis.outbox import OUTBOX_ORIGIN_DDL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.execute(OUTBOX_ORIGIN_DDL)


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE outbox DROP COLUMN ip_address, DROP COLUMN user_agent")
