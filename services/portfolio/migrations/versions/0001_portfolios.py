"""Portfolios, their holdings and performance, and the answers to repeated requests."""

from alembic import op

from chassis.idempotency import DDL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE portfolios (
    id            uuid          PRIMARY KEY,
    user_id       uuid          NOT NULL,
    tenant_id     uuid          NOT NULL,
    name          varchar(255)  NOT NULL CHECK (name <> ''),
    strategy      jsonb         NOT NULL,
    constraints   jsonb         NOT NULL,
    base_currency char(3)       NOT NULL,
    initial_cash  numeric(15,2) NOT NULL CHECK (initial_cash >= 0),
    cash          numeric(15,2) NOT NULL,
    cash_weight   numeric(10,6) NOT NULL,
    created_at    timestamptz   NOT NULL DEFAULT now(),
    updated_at    timestamptz   NOT NULL DEFAULT now(),
    version       bigint        NOT NULL DEFAULT 1
);

-- Collation C: holdings come in the order of their symbols' bytes, whatever the server's locale.
CREATE TABLE holdings (
    portfolio_id   uuid          NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    symbol         varchar(10)   COLLATE "C" NOT NULL,
    tenant_id      uuid          NOT NULL,
    quantity       numeric(20,8) NOT NULL CHECK (quantity <> 0),
    weight         numeric(10,6) NOT NULL,
    value          numeric(15,2) NOT NULL,
    price_date     date          NOT NULL,
    updated_at     timestamptz   NOT NULL DEFAULT now(),
    knowledge_time timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (portfolio_id, symbol)
);

CREATE TABLE portfolio_performance (
    portfolio_id     uuid          NOT NULL REFERENCES portfolios (id) ON DELETE CASCADE,
    date             date          NOT NULL,
    tenant_id        uuid          NOT NULL,
    total_return     numeric(10,6),
    benchmark_return numeric(10,6),
    sharpe_ratio     numeric(8,4),
    max_drawdown     numeric(8,4),
    knowledge_time   timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (portfolio_id, date)
);
"""

INDEXES = """
CREATE INDEX idx_portfolios_user_id ON portfolios (user_id);
CREATE INDEX idx_holdings_portfolio_id ON holdings (portfolio_id);
CREATE INDEX idx_performance_date ON portfolio_performance (date);
CREATE INDEX idx_performance_portfolio_date ON portfolio_performance (portfolio_id, date);
CREATE INDEX idx_user_portfolios_created ON portfolios (user_id, created_at);
CREATE INDEX idx_holdings_symbol_weight ON holdings (symbol, weight);
CREATE INDEX idx_portfolios_created ON portfolios (created_at, id);
"""


def upgrade() -> None:
    """Create all."""
    op.execute(TABLES)
    op.execute(INDEXES)
    op.execute(DDL)


def downgrade() -> None:
    """Drop all."""
    op.execute("DROP TABLE requests, portfolio_performance, holdings, portfolios")
