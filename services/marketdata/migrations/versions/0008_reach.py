"""Row-level security where every way to a user's data begins: datasets, replays, answers to repeated calls, events.

A release that does not say whom its statements work for finds nothing from here on: this revision follows the release,
never precedes it.
"""

from alembic import op

from chassis.reach import unwalled, walled, walled_for_system

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Written by the owner; read by the owner's tenant, or by everybody who is somebody.
READ = """
CREATE POLICY read ON datasets FOR SELECT USING (
    tenant_id::text || '/' = ANY ((SELECT string_to_array(current_setting('qpo.reach', true), ' '))::text[])
    OR (visibility = 2 AND (SELECT coalesce(current_setting('qpo.reach', true), '')) <> '')
);
CREATE POLICY read ON replays FOR SELECT USING (EXISTS (SELECT FROM datasets WHERE datasets.id = replays.dataset_id));
"""


def upgrade() -> None:
    """Build the walls."""
    for table in ("datasets", "replays", "requests"):
        op.execute(walled(table, above="system"))
    op.execute(READ)
    op.execute(walled_for_system("outbox"))


def downgrade() -> None:
    """Take them down."""
    for table in ("replays", "datasets"):
        op.execute(unwalled(table, "reach", "read"))
    op.execute(unwalled("requests"))
    op.execute(unwalled("outbox", "reach", "told"))
