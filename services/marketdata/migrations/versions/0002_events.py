"""The outbox, how far events of others were consumed, and who has left."""

from alembic import op

from chassis.consumers import CONSUMERS_DDL
from chassis.departed import DEPARTED_DDL
from chassis.outbox import OUTBOX_DDL

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all."""
    for ddl in (OUTBOX_DDL, CONSUMERS_DDL, DEPARTED_DDL):
        op.execute(ddl)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP FUNCTION stays")
    op.execute("DROP TABLE departed, consumer_versions, consumer_positions, outbox")
