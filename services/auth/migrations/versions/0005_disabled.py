"""Accounts that an administrator has disabled."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add since when."""
    op.execute("ALTER TABLE users ADD COLUMN disabled_at timestamptz")


def downgrade() -> None:
    """Drop it: accounts that were disabled can be logged in to again."""
    op.execute("ALTER TABLE users DROP COLUMN disabled_at")
