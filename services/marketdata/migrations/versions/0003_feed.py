"""Ticks that feeds brought, the bars rolled up from them, what was kept apart, and how far the bus was read."""

from alembic import op

from chassis.batches import BATCHES_DDL

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What is remembered of a symbol and of each of its sources, so that the next record can be judged: written with the
# ticks, under the lock of the partition that the symbol's records come in.
FEED = """
CREATE TABLE series (
    id         integer  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id uuid     NOT NULL REFERENCES datasets (id),
    symbol     text     COLLATE "C" NOT NULL,
    partition  smallint NOT NULL,
    seq        bigint   NOT NULL DEFAULT 0,
    -- How far its bars are, with those still open; and when the first of these ends, ns since 1970.
    bars       bytea    NOT NULL DEFAULT '',
    closes_at  bigint   NOT NULL DEFAULT 9223372036854775807,
    UNIQUE (dataset_id, symbol)
);
CREATE INDEX series_closing ON series (closes_at);

CREATE TABLE streams (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id integer NOT NULL REFERENCES series (id),
    source    text    COLLATE "C" NOT NULL,
    memory    bytea   NOT NULL DEFAULT '',
    UNIQUE (series_id, source)
);

CREATE TABLE quality_rules (
    dataset_id uuid  PRIMARY KEY REFERENCES datasets (id),
    rules      jsonb NOT NULL
);

-- Records by what was found of them: 0 accepted, −1 left out by the source, else the fault.
CREATE TABLE quality (
    dataset_id uuid     NOT NULL,
    symbol     text     COLLATE "C" NOT NULL,
    source     text     COLLATE "C" NOT NULL,
    day        date     NOT NULL,
    finding    smallint NOT NULL,
    count      bigint   NOT NULL,
    PRIMARY KEY (dataset_id, symbol, source, day, finding)
);

-- Numbers as text: what is kept apart may be no number.
CREATE TABLE quarantine (
    id             uuid        PRIMARY KEY,
    dataset_id     uuid        NOT NULL,
    symbol         text        COLLATE "C" NOT NULL,
    source         text        COLLATE "C" NOT NULL,
    currency       text        NOT NULL,
    fault          smallint    NOT NULL,
    occurred_at    bigint,
    price          text        NOT NULL,
    size           text        NOT NULL,
    number         bigint      NOT NULL,
    payload        bytea,
    knowledge_time timestamptz NOT NULL,
    released_at    timestamptz,
    stored_at      timestamptz
);
CREATE INDEX quarantine_dataset ON quarantine (dataset_id, id);
"""

# Times of ticks and bars are ns since 1970, UTC: nothing of a source's time is lost.
TICKS = """
CREATE TABLE ticks (
    series_id      integer     NOT NULL,
    stream_id      integer     NOT NULL,
    seq            bigint      NOT NULL,
    occurred_at    bigint      NOT NULL,
    price          float8      NOT NULL,
    size           float8      NOT NULL,
    number         bigint      NOT NULL,
    knowledge_time timestamptz NOT NULL
) PARTITION BY RANGE (occurred_at);
CREATE INDEX ticks_series ON ticks (series_id, occurred_at);

-- A version of a bar is what was known from knowledge_time until superseded_at.
CREATE TABLE tick_bars (
    series_id      integer     NOT NULL,
    width          integer     NOT NULL,
    start          bigint      NOT NULL,
    open           float8      NOT NULL,
    high           float8      NOT NULL,
    low            float8      NOT NULL,
    close          float8      NOT NULL,
    volume         float8      NOT NULL,
    ticks          bigint      NOT NULL,
    first_at       bigint      NOT NULL,
    last_at        bigint      NOT NULL,
    knowledge_time timestamptz NOT NULL,
    superseded_at  timestamptz NOT NULL DEFAULT 'infinity',
    -- Whoever has seen all that was committed before a transaction goes on from there: see subscribe_changes.py.
    committed      xid8        NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY LIST (width);
CREATE INDEX tick_bars_committed ON tick_bars (committed);
CREATE INDEX tick_bars_series ON tick_bars (series_id, start, knowledge_time);
CREATE TABLE tick_bars_60 PARTITION OF tick_bars FOR VALUES IN (60) PARTITION BY RANGE (start);
CREATE TABLE tick_bars_300 PARTITION OF tick_bars FOR VALUES IN (300) PARTITION BY RANGE (start);
CREATE TABLE tick_bars_3600 PARTITION OF tick_bars FOR VALUES IN (3600) PARTITION BY RANGE (start);
CREATE TABLE tick_bars_86400 PARTITION OF tick_bars FOR VALUES IN (86400) PARTITION BY RANGE (start);
"""

# The service's own role has no DDL: this function does it, as the schema's owner. What is too old goes with its
# partition; of the partition that is half too old, row by row.
RETENTION = """
CREATE FUNCTION keep_feed(now bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    day CONSTANT bigint := 86400000000000;
    layout record;
    child record;
    span bigint;
    oldest bigint;
    slot bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('keep_feed of ' || current_schema(), 0));
    FOR layout IN SELECT * FROM (VALUES
        ('ticks', 'occurred_at', 1, 7),
        ('tick_bars_60', 'start', 1, 7),
        ('tick_bars_300', 'start', 5, 30),
        ('tick_bars_3600', 'start', 61, 365),
        ('tick_bars_86400', 'start', 731, 3653)
    ) AS l (parent, at, days, kept) LOOP
        span := layout.days * day;
        oldest := now - layout.kept * day;
        FOR slot IN oldest / span .. (now + 2 * day) / span LOOP
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)',
                           layout.parent || '_' || slot, layout.parent, slot * span, (slot + 1) * span);
        END LOOP;
        FOR child IN
            SELECT c.relname, substring(c.relname FROM '[0-9]+$')::bigint AS slot
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass(layout.parent)
        LOOP
            IF child.slot < oldest / span THEN
                EXECUTE format('DROP TABLE %I', child.relname);
            END IF;
        END LOOP;
        EXECUTE format('DELETE FROM %I WHERE %I < %s', layout.parent, layout.at, oldest);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION keep_feed (bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_feed (bigint) TO qpo_marketdata;
"""


def upgrade() -> None:
    """Create all."""
    for ddl in (FEED, TICKS, RETENTION, BATCHES_DDL):
        op.execute(ddl)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP FUNCTION keep_feed")
    op.execute("DROP TABLE batch_positions, tick_bars, ticks, quarantine, quality, quality_rules, streams, series")
