"""How far what is stored is mirrored into InfluxDB."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Without references: a row that outlives its dataset says that points are still to be forgotten.
MIRROR = """
CREATE TABLE mirror_datasets (
    dataset_id uuid   PRIMARY KEY,
    sentiment  bigint NOT NULL DEFAULT 0 -- the transaction before which all of it is there
);
CREATE TABLE mirror_series (
    series_id  integer PRIMARY KEY,
    dataset_id uuid    NOT NULL,
    seq        bigint  NOT NULL DEFAULT 0 -- of the last tick that is there
);
-- In ns since 1970: `kept`, when something was written last; `owed`, since when candles may lack ticks.
CREATE TABLE mirror_places (
    name  text   COLLATE "C" PRIMARY KEY,
    place bigint NOT NULL
);
"""
# The index that ticks are read by, which costs about a tenth of storing one: only where there is a mirror. The
# service's own role has no DDL: this function does it, as the schema's owner.
INDEX = """
CREATE FUNCTION index_ticks_for_mirror() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('mirror index of ' || current_schema(), 0));
    IF to_regclass('ticks_seq') IS NULL THEN
        CREATE INDEX ticks_seq ON ticks (series_id, seq);
    END IF;
END $$;
REVOKE ALL ON FUNCTION index_ticks_for_mirror () FROM PUBLIC;
GRANT EXECUTE ON FUNCTION index_ticks_for_mirror () TO qpo_marketdata;
"""


def upgrade() -> None:
    """Create all."""
    op.execute(MIRROR)
    op.execute(INDEX)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP FUNCTION index_ticks_for_mirror")
    op.execute("DROP INDEX IF EXISTS ticks_seq")
    op.execute("DROP TABLE mirror_places, mirror_series, mirror_datasets")
