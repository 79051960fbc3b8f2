"""Which days of bars are archived; none is dropped before it is."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What a replica killed between an object and its row leaves, and what a deleted dataset leaves, is found by its name:
# the row is made before the object is.
ARCHIVE = """
CREATE TABLE archived_days (
    dataset_id   uuid        NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    width        integer     NOT NULL,
    day          date        NOT NULL,
    object       text        NOT NULL,
    bytes        bigint      NOT NULL DEFAULT 0,
    -- What the object has: so many versions of bars, by transactions of this sum. No rows: it is not written yet.
    rows         bigint      NOT NULL DEFAULT 0,
    versions     numeric     NOT NULL DEFAULT 0,
    archived_at  timestamptz NOT NULL DEFAULT '-infinity',
    attempt      uuid,
    attempted_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (dataset_id, width, day)
);

-- Objects of datasets that were deleted.
CREATE TABLE archive_leavings (
    object   text        PRIMARY KEY,
    left_at  timestamptz NOT NULL DEFAULT now(),
    swept_at timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE FUNCTION leave_archived() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO archive_leavings (object) SELECT object FROM gone ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER archived_days_left AFTER DELETE ON archived_days REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION leave_archived();

-- Days whose bars are not archived as they stand. Every change of a day's bars changes their number or the sum of the
-- transactions that wrote them; fewer than are archived are what retention left of them, and no reason to do it again.
CREATE FUNCTION unarchived(of_width integer, before date) RETURNS TABLE (dataset_id uuid, day date)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT b.dataset_id, b.day
    FROM (
        SELECT s.dataset_id, date '1970-01-01' + (b.start / 86400000000000)::integer AS day, count(*) AS rows,
               sum(b.committed::text::bigint) AS versions
        FROM tick_bars b JOIN series s ON s.id = b.series_id
        WHERE b.width = of_width AND b.start < (before - date '1970-01-01') * 86400000000000
        GROUP BY 1, 2
    ) b
    LEFT JOIN archived_days a ON a.dataset_id = b.dataset_id AND a.width = of_width AND a.day = b.day
    WHERE a.rows IS NULL OR b.rows > a.rows OR (b.rows = a.rows AND b.versions <> a.versions)
$$;

-- Before when retention may drop what is older than `oldest`, ns: whole days, archived as they stand. The lock keeps
-- them so until the caller's transaction is over; whoever writes bars locks the same table first.
CREATE FUNCTION archived_before(of_width integer, oldest bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    epoch CONSTANT date := '1970-01-01';
    length CONSTANT bigint := 86400000000000;
    before date := epoch + (oldest / length)::integer;
BEGIN
    before := least(before, (SELECT min(u.day) FROM unarchived(of_width, before) u));
    IF EXISTS (SELECT FROM tick_bars b WHERE b.width = of_width AND b.start < (before - epoch) * length) THEN
        LOCK TABLE tick_bars IN SHARE ROW EXCLUSIVE MODE;
        before := least(before, (SELECT min(u.day) FROM unarchived(of_width, before) u));
    END IF;
    RETURN (before - epoch) * length;
END $$;
"""

# As it was, but that with an archive bars go by whole days, once they are archived as they stand.
RETENTION = """
CREATE FUNCTION keep_feed(now bigint, archiving boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
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
        IF archiving AND layout.at = 'start' THEN
            oldest := archived_before(substring(layout.parent FROM '[0-9]+$')::integer, oldest);
        END IF;
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
REVOKE ALL ON FUNCTION keep_feed (bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_feed (bigint, boolean) TO qpo_marketdata;
"""


def upgrade() -> None:
    """Create all, and have retention respect it."""
    op.execute(ARCHIVE)
    op.execute("DROP FUNCTION keep_feed (bigint)")
    op.execute(RETENTION)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP FUNCTION keep_feed (bigint, boolean)")
    op.execute("DROP TABLE archived_days, archive_leavings")
    op.execute("DROP FUNCTION archived_before, unarchived, leave_archived")
