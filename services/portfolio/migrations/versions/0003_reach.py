"""Row-level security: whatever a statement asks for, it reaches the rows of those alone whom it says it works for.

A release that does not say so yet finds nothing from here on: this revision follows the release, never precedes it.
"""

from alembic import op

from chassis.reach import unwalled, walled, walled_below, walled_for_system

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BELOW = ("holdings", "portfolio_performance")


def upgrade() -> None:
    """Build the walls."""
    op.execute(walled("portfolios"))
    for table in BELOW:
        op.execute(walled_below(table, "portfolio_id", "portfolios"))
    op.execute(walled("requests", above="system"))
    op.execute(walled_for_system("outbox"))


def downgrade() -> None:
    """Take them down."""
    for table in ("portfolios", *BELOW, "requests"):
        op.execute(unwalled(table))
    op.execute(unwalled("outbox", "reach", "told"))
