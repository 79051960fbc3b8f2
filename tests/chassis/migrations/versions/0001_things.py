"""Things, and the requests that made them."""

from alembic import op

from chassis.idempotency import DDL

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE things (id bigserial PRIMARY KEY, name text NOT NULL, body jsonb)")
    op.execute(DDL)
