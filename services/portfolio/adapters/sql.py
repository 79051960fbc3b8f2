"""The statements of portfolios_postgres. In most, $n marks the caller's reach: everyone, tenant_id, user_id.

That is the first wall; the second (chassis.reach) is stated by a transaction as it begins, and by each statement that
runs by itself.
"""

from chassis.reach import alone

# Sealed, in the first two columns; from before, in clear, in the others.
DETAILS = "details, key_id::text, name, strategy::text, constraints::text"

# Text instead of jsonb: its decoding is remembered by text. Arrays instead of a join: the portfolio comes once.
WHOLE = f"""
SELECT p.id, p.user_id, p.tenant_id, p.base_currency, p.initial_cash, p.cash, p.cash_weight, p.created_at, p.updated_at,
       p.version, {DETAILS},
       h.symbol, h.quantity, h.weight, h.value, h.price_date, h.updated_at AS held_at
FROM portfolios p
CROSS JOIN LATERAL (
    SELECT array_agg(symbol) AS symbol, array_agg(quantity) AS quantity, array_agg(weight) AS weight,
           array_agg(value) AS value, array_agg(price_date) AS price_date, array_agg(updated_at) AS updated_at
    FROM (SELECT * FROM holdings WHERE portfolio_id = p.id ORDER BY symbol) AS ordered
) AS h
"""  # noqa: S608 - made of constants

READ = f"{WHOLE} WHERE p.id = $1 AND ($2 OR (p.tenant_id = $3 AND p.user_id = $4))"

READ_ALONE = f"{READ} AND {alone(5)}"


def _entrusts(owner: str, advisor: str) -> str:
    """Whether an owner is at this moment the client of an advisor."""
    return (
        f"EXISTS (SELECT FROM links WHERE client_id = {owner} AND advisor_id = {advisor} "
        "AND valid_from <= now() AND now() < valid_until)"
    )


# As READ_ALONE, for an advisor: texts of their own, so that nobody else's statement has more to do.
READ_CLIENTS = f"""
{WHOLE} WHERE p.id = $1 AND ($2 OR (p.tenant_id = $3 AND p.user_id = $4) OR {_entrusts("p.user_id", "$4")})
AND {alone(5)}
"""

# Whose it is, if that is a client.
CLIENT = f"""
SELECT tenant_id::text, user_id::text FROM portfolios p
WHERE id = $1 AND {_entrusts("p.user_id", "$2")} AND {alone(3)}
"""  # noqa: S608 - ours

# For the cache, which reads for all who wait and looks at each one's reach itself: the second wall is theirs together.
READ_ALL = f"{WHOLE} WHERE p.id = ANY ($1::uuid[]) AND {alone(2)}"

STAMPS = f"""
SELECT id::text, version, tenant_id::text, user_id::text FROM portfolios WHERE id = ANY ($1::uuid[]) AND {alone(2)}
"""  # noqa: S608 - ours


def _page(whose: str) -> str:
    return f"""
SELECT id, user_id, tenant_id, base_currency, initial_cash, cash, cash_weight, created_at, updated_at, version,
       {DETAILS}, NULL AS symbol
FROM portfolios
WHERE ({whose})
  AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid)) AND {alone(7)}
ORDER BY created_at DESC, id DESC
LIMIT $6
"""  # noqa: S608 - ours


PAGE = _page("$1 OR (tenant_id = $2 AND user_id = $3)")

# Of one owner, $8; for an advisor of a client too.
PAGE_OF = _page("user_id = $8 AND ($1 OR (tenant_id = $2 AND user_id = $3))")
PAGE_OF_CLIENT = _page(f"user_id = $8 AND ($1 OR (tenant_id = $2 AND user_id = $3) OR {_entrusts('$8', '$3')})")

# A page of one's own, with the holdings.
WHOLE_PAGE = f"""
{WHOLE} WHERE p.tenant_id = $1 AND p.user_id = $2
AND ($3::timestamptz IS NULL OR (p.created_at, p.id) < ($3, $4::uuid)) AND {alone(6)}
ORDER BY p.created_at DESC, p.id DESC
LIMIT $5
"""

# By background work's reach, since events are walled off from callers: what a caller opened is all that is asked for.
HISTORY = f"""
SELECT key, seq, occurred_at, payload FROM outbox
WHERE key IN (SELECT key FROM outbox WHERE user_id = $1 AND tenant_id = $2 AND type = 'portfolio_created')
  AND (key, seq) > ($3, $4) AND {alone(6)}
ORDER BY key, seq LIMIT $5
"""  # noqa: S608 - ours

OPENED = "SELECT key FROM outbox WHERE user_id = $1 AND type = 'portfolio_created'"

COUNT = f"SELECT count(*) FROM portfolios WHERE {alone(1)}"  # noqa: S608 - ours

LOCK = """
SELECT true FROM portfolios
WHERE id = $1 AND ($2 OR (tenant_id = $3 AND user_id = $4))
FOR UPDATE
"""

LOCK_ALL = "SELECT id FROM portfolios WHERE user_id = $1 ORDER BY id FOR UPDATE"

# Nothing, if the owner has left (chassis.departed).
INSERT = """
INSERT INTO portfolios (id, user_id, tenant_id, details, key_id, base_currency, initial_cash, cash, cash_weight,
                        created_at, updated_at, version)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 WHERE stays($2)
"""

WRITE_MANDATE = """
UPDATE portfolios
SET details = $2, key_id = $3, updated_at = $4, version = $5, name = NULL, strategy = NULL, constraints = NULL
WHERE id = $1
"""

WRITE_CASH = """
UPDATE portfolios SET cash = $2, cash_weight = $3, updated_at = $4, version = $5 WHERE id = $1
"""

DELETE_HOLDINGS = "DELETE FROM holdings WHERE portfolio_id = $1"

INSERT_HOLDINGS = """
INSERT INTO holdings (portfolio_id, tenant_id, symbol, quantity, weight, value, price_date, updated_at)
SELECT $1, $2, * FROM unnest($3::text[], $4::numeric[], $5::numeric[], $6::numeric[], $7::date[], $8::timestamptz[])
"""

IS_TENANT = "SELECT EXISTS (SELECT 1 FROM portfolios WHERE tenant_id = $1)"

DELETE = "DELETE FROM portfolios WHERE id = $1"

# Nothing, if one of them has left.
LINK = """
INSERT INTO links (advisor_id, client_id, valid_from, valid_until)
SELECT $1, $2, $3, coalesce($4::timestamptz, 'infinity') WHERE stays($1) AND stays($2)
ON CONFLICT (client_id, advisor_id)
DO UPDATE SET valid_from = EXCLUDED.valid_from, valid_until = EXCLUDED.valid_until
"""

UNLINK = "DELETE FROM links WHERE advisor_id = $1 AND client_id = $2"

UNLINK_ALL = "DELETE FROM links WHERE advisor_id = $1 OR client_id = $1"
