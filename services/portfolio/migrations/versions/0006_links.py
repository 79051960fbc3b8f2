"""Which advisor is trusted with whose portfolios, as auth tells it; and the wall, which lets them read meanwhile."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WORDS = "(SELECT string_to_array(current_setting('qpo.reach', true), ' '))::text[]"

LINKS = f"""
CREATE TABLE links (
    client_id   uuid        NOT NULL,
    advisor_id  uuid        NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (client_id, advisor_id)
);
CREATE INDEX links_advisor ON links (advisor_id);
CREATE POLICY reach ON links USING ('system' = ANY ({WORDS}));
CREATE POLICY read ON links FOR SELECT USING ('for/' || advisor_id::text = ANY ({WORDS}));
ALTER TABLE links ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
"""

# A function, and one that is not inlined, behind a look at the setting: a statement whose rows are its caller's own
# neither plans nor starts what is in it, and one that names no advisor calls it for no row. Links are behind a wall of
# their own, so that it finds those of the advisor who is named, and no other's.
ENTRUSTED = """
CREATE FUNCTION entrusted(owner uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM links WHERE client_id = owner AND valid_from <= now() AND now() < valid_until
    );
END
$$;
"""
# By whom portfolios were opened, those that are gone too: what they may take along.
OPENED = "CREATE INDEX outbox_opened ON outbox (user_id) WHERE type = 'portfolio_created'"
NAMED = "position('for/' IN coalesce(current_setting('qpo.reach', true), '')) > 0"

# What belongs to a portfolio is seen by whoever sees the portfolio; whoever may see it by a link writes nothing there.
BELOW = ("holdings", "portfolio_performance")
WRITING = {"added": "INSERT WITH CHECK", "changed": "UPDATE USING", "deleted": "DELETE USING"}


def upgrade() -> None:
    """Create all."""
    op.execute(OPENED)
    op.execute(LINKS)
    op.execute(ENTRUSTED)
    op.execute(f"CREATE POLICY entrusted ON portfolios FOR SELECT USING ((SELECT {NAMED}) AND entrusted(user_id))")
    for table in BELOW:
        # Looked up row by row: with EXISTS the planner may rather look through all portfolios there are, every time.
        of = f"SELECT true FROM portfolios WHERE portfolios.id = {table}.portfolio_id"  # noqa: S608
        op.execute(f"ALTER POLICY reach ON {table} USING (({of}))")
        for done, what in WRITING.items():
            op.execute(f"CREATE POLICY not_{done} ON {table} AS RESTRICTIVE FOR {what} (NOT {NAMED})")


def downgrade() -> None:
    """Drop all: no advisor reaches anything of a client's."""
    for table in BELOW:
        for done in WRITING:
            op.execute(f"DROP POLICY not_{done} ON {table}")
        of = f"SELECT FROM portfolios WHERE portfolios.id = {table}.portfolio_id"
        op.execute(f"ALTER POLICY reach ON {table} USING (EXISTS ({of}))")
    op.execute("DROP POLICY entrusted ON portfolios")
    op.execute("DROP FUNCTION entrusted")
    op.execute("DROP TABLE links")
    op.execute("DROP INDEX outbox_opened")
