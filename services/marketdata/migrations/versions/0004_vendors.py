"""What vendors are asked for, how they fare, and what is known besides prices."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAMES = "ALTER TABLE instruments ADD COLUMN name text NOT NULL DEFAULT ''"

FEEDS = """
CREATE TABLE feeds (
    dataset_id uuid        NOT NULL REFERENCES datasets (id),
    source     text        COLLATE "C" NOT NULL,
    kind       smallint    NOT NULL,
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    running    boolean     NOT NULL,
    every      interval    NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (dataset_id, source, kind)
);

-- What a feed's source is asked for, call by call; whoever asks holds the lease.
CREATE TABLE feed_pulls (
    dataset_id    uuid        NOT NULL,
    source        text        COLLATE "C" NOT NULL,
    kind          smallint    NOT NULL,
    symbol        text        COLLATE "C" NOT NULL,
    part          text        COLLATE "C" NOT NULL,
    vendor_symbol text        NOT NULL,
    cursor        jsonb       NOT NULL DEFAULT '{}',
    etag          text        NOT NULL DEFAULT '',
    due_at        timestamptz NOT NULL,
    lease         uuid,
    leased_until  timestamptz NOT NULL DEFAULT '-infinity',
    failures      integer     NOT NULL DEFAULT 0,
    calls         bigint      NOT NULL DEFAULT 0,
    records       bigint      NOT NULL DEFAULT 0,
    succeeded_at  timestamptz,
    problem       smallint    NOT NULL DEFAULT 0,
    failed_at     timestamptz,
    PRIMARY KEY (dataset_id, source, kind, symbol, part),
    FOREIGN KEY (dataset_id, source, kind) REFERENCES feeds ON DELETE CASCADE
);
CREATE INDEX feed_pulls_due ON feed_pulls (source, due_at);

-- Of each source, for all replicas: what was asked of it, and how it fares.
CREATE TABLE allowances (
    source        text        COLLATE "C" PRIMARY KEY,
    day           date        NOT NULL,
    calls         integer     NOT NULL,
    next_at       timestamptz NOT NULL,
    failures      integer     NOT NULL,
    waits         integer     NOT NULL,
    problem       smallint    NOT NULL,
    blocked_until timestamptz NOT NULL,
    skew          float8
);
"""

ALTERNATIVE = """
CREATE TABLE documents (
    dataset_id     uuid        NOT NULL REFERENCES datasets (id),
    source         text        COLLATE "C" NOT NULL,
    id             text        COLLATE "C" NOT NULL,
    kind           smallint    NOT NULL,
    channel        text        COLLATE "C" NOT NULL,
    title          text        NOT NULL,
    url            text        NOT NULL,
    published_at   timestamptz NOT NULL,
    upvote_ratio   float8,
    score          float8      NOT NULL,
    confidence     float8      NOT NULL,
    symbols        text[]      NOT NULL,
    knowledge_time timestamptz NOT NULL,
    PRIMARY KEY (dataset_id, source, id)
);
CREATE INDEX documents_newest ON documents (dataset_id, published_at DESC, source, id);

-- A document as often as it speaks of an instrument: what sentiment is added up from.
CREATE TABLE mentions (
    dataset_id     uuid        NOT NULL REFERENCES datasets (id),
    symbol         text        COLLATE "C" NOT NULL,
    source         text        COLLATE "C" NOT NULL,
    channel        text        COLLATE "C" NOT NULL,
    published_at   timestamptz NOT NULL,
    score          float8      NOT NULL,
    confidence     float8      NOT NULL,
    upvote_ratio   float8,
    knowledge_time timestamptz NOT NULL,
    -- As of the bars of ticks: whoever has seen all that was committed before a transaction goes on from there.
    committed      xid8        NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX mentions_symbol ON mentions (dataset_id, symbol, published_at);
CREATE INDEX mentions_committed ON mentions (dataset_id, committed);

-- A version of a figure is what was known from knowledge_time until superseded_at.
CREATE TABLE figures (
    dataset_id     uuid           NOT NULL REFERENCES datasets (id),
    subject        text           COLLATE "C" NOT NULL,
    metric         text           COLLATE "C" NOT NULL, -- empty: the subject is a series of the economy
    day            date           NOT NULL,
    period         text           COLLATE "C" NOT NULL,
    source         text           COLLATE "C" NOT NULL,
    value          numeric(28, 8) NOT NULL,
    currency       text           NOT NULL,
    published_at   timestamptz,
    knowledge_time timestamptz    NOT NULL,
    superseded_at  timestamptz    NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (dataset_id, subject, metric, day, period, source, knowledge_time)
);
"""


def upgrade() -> None:
    """Create all."""
    for ddl in (NAMES, FEEDS, ALTERNATIVE):
        op.execute(ddl)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP TABLE figures, mentions, documents, allowances, feed_pulls, feeds")
    op.execute("ALTER TABLE instruments DROP COLUMN name")
