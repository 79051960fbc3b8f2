"""Datasets, instruments, bars in every version, replays."""

from alembic import op

from chassis.idempotency import DDL as REQUESTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Money has no place here: prices and volumes are float8, as they are quoted and computed with.
PRICES = """
CREATE TABLE datasets (
    id             uuid        PRIMARY KEY,
    tenant_id      uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    name           text        COLLATE "C" NOT NULL,
    visibility     smallint    NOT NULL CHECK (visibility IN (1, 2)),
    created_at     timestamptz NOT NULL,
    -- When the last upload became known; the next one's time is later, whatever the clock says.
    knowledge_time timestamptz NOT NULL DEFAULT '-infinity',
    UNIQUE (tenant_id, name)
);
CREATE INDEX datasets_shared ON datasets (name, id) WHERE visibility = 2;

CREATE TABLE instruments (
    id                   uuid     PRIMARY KEY,
    tenant_id            uuid     NOT NULL,
    dataset_id           uuid     NOT NULL REFERENCES datasets (id),
    sector               text     NOT NULL DEFAULT '',
    country              text     NOT NULL DEFAULT '',
    currency             text     NOT NULL,
    lot_size             integer  NOT NULL DEFAULT 1 CHECK (lot_size >= 1),
    -- Of the newest versions of its bars, kept by each upload.
    average_daily_volume float8   NOT NULL DEFAULT 0,
    first_session        date,
    last_session         date,
    sessions             integer  NOT NULL DEFAULT 0
);
CREATE INDEX instruments_dataset ON instruments (dataset_id);

-- Under which symbol an instrument is listed, and when: NULL is without end on that side.
CREATE TABLE listings (
    instrument_id uuid NOT NULL REFERENCES instruments (id),
    tenant_id     uuid NOT NULL,
    dataset_id    uuid NOT NULL REFERENCES datasets (id),
    symbol        text COLLATE "C" NOT NULL,
    mic           text NOT NULL DEFAULT '',
    valid_from    date,
    valid_to      date
);
CREATE UNIQUE INDEX listings_now ON listings (dataset_id, symbol) WHERE valid_to IS NULL;
CREATE INDEX listings_instrument ON listings (instrument_id);

-- A version of a bar is what QPO knew from knowledge_time until superseded_at; NULL: it is the newest. No foreign
-- key: 166,000 rows of one upload would check it one by one, and instruments are never deleted apart from bars.
CREATE TABLE bars (
    tenant_id      uuid        NOT NULL,
    dataset_id     uuid        NOT NULL,
    instrument_id  uuid        NOT NULL,
    session        date        NOT NULL,
    knowledge_time timestamptz NOT NULL,
    superseded_at  timestamptz,
    open           float8,
    high           float8,
    low            float8,
    close          float8      NOT NULL,
    adjusted_close float8      NOT NULL,
    volume         float8
);
-- An instrument lies in one dataset, so its id leads. What was known at a time:
CREATE UNIQUE INDEX bars_versions ON bars (instrument_id, session, knowledge_time DESC);
-- What is known now, at most one per session; it answers returns and closes without the table.
CREATE UNIQUE INDEX bars_now ON bars (instrument_id, session) INCLUDE (close, adjusted_close)
    WHERE superseded_at IS NULL;
-- Listing a whole dataset by session.
CREATE INDEX bars_by_session ON bars (dataset_id, session);
-- After a big upload the service has its rows counted, rather than plan blindly until autovacuum comes by.
GRANT MAINTAIN ON bars, listings, instruments TO qpo_marketdata;
"""

REPLAYS = """
CREATE TABLE replays (
    id              uuid        PRIMARY KEY,
    tenant_id       uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    dataset_id      uuid        NOT NULL REFERENCES datasets (id),
    state           smallint    NOT NULL CHECK (state IN (1, 2, 3)),
    speed           float8      NOT NULL CHECK (speed > 0),
    position        date,
    sessions_played integer     NOT NULL DEFAULT 0,
    sessions_total  integer     NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- A running replay whose process no longer renews this has stopped with it.
    lease_until     timestamptz NOT NULL
);
CREATE INDEX replays_running ON replays (user_id) WHERE state = 1;
"""


def upgrade() -> None:
    """Create the tables."""
    for ddl in (PRICES, REPLAYS, REQUESTS):
        op.execute(ddl)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("DROP TABLE requests, replays, bars, listings, instruments, datasets")
