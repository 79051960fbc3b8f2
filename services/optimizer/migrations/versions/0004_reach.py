"""Row-level security: whatever a statement asks for, it reaches the rows of those alone whom it says it works for.

A release that does not say so yet finds nothing from here on: this revision follows the release, never precedes it.
"""

from alembic import op

from chassis.reach import unwalled, walled, walled_for_system

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OWNED = ("optimizations", "universes", "requests")


def upgrade() -> None:
    """Build the walls. Nobody reads everybody's here but what runs the jobs and sweeps."""
    for table in OWNED:
        op.execute(walled(table, above="system"))
    op.execute(walled_for_system("outbox"))


def downgrade() -> None:
    """Take them down."""
    for table in OWNED:
        op.execute(unwalled(table))
    op.execute(unwalled("outbox", "reach", "told"))
