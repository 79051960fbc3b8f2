"""The statements of an upload, in the order in which they run."""

MAKE_DATASET = """
INSERT INTO datasets (id, tenant_id, user_id, name, visibility, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, name) DO NOTHING
"""
LOCK_BY_NAME = "SELECT id, user_id, tenant_id FROM datasets WHERE name = $1 AND tenant_id = $2 FOR UPDATE"
LOCK_BY_ID = """
SELECT id, user_id, tenant_id FROM datasets WHERE id = $1 AND (tenant_id = $2 OR visibility = 2) FOR UPDATE
"""
# Later than the last upload, whatever the clock says.
KNOWN_NOW = """
UPDATE datasets SET knowledge_time = greatest($2::timestamptz, knowledge_time + interval '1 microsecond')
WHERE id = $1 RETURNING knowledge_time
"""
LISTED = """
SELECT l.symbol, i.id, i.currency FROM listings l JOIN instruments i ON i.id = l.instrument_id
WHERE l.dataset_id = $1 AND l.valid_to IS NULL AND l.symbol = ANY($2::text[])
"""
ADD_INSTRUMENTS = """
INSERT INTO instruments (id, tenant_id, dataset_id, currency) SELECT unnest($1::uuid[]), $2, $3, $4
"""
ADD_LISTINGS = """
INSERT INTO listings (instrument_id, symbol, tenant_id, dataset_id)
SELECT new.id, new.symbol, $3, $4 FROM unnest($1::uuid[], $2::text[]) AS new (id, symbol)
"""
STAGE = """
CREATE TEMPORARY TABLE stage (
    symbol int4 NOT NULL, session date NOT NULL,
    open float8, high float8, low float8, close float8, adjusted_close float8, volume float8
) ON COMMIT DROP
"""
# What differs from the newest version, or has none. NaN in the stage is NULL in the table. The instruments' ids
# come in the order of the stage's numbers.
SELECT_FRESH = """
CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
WITH given AS (
    SELECT i.id AS instrument_id, s.session,
           nullif(s.open, 'NaN') AS open, nullif(s.high, 'NaN') AS high, nullif(s.low, 'NaN') AS low,
           s.close, s.adjusted_close, nullif(s.volume, 'NaN') AS volume
    FROM pg_temp.stage s
    JOIN unnest($1::uuid[]) WITH ORDINALITY AS i (id, number) ON i.number = s.symbol + 1
)
SELECT g.*, b.session IS NOT NULL AS corrects
FROM given g
LEFT JOIN bars b ON b.instrument_id = g.instrument_id AND b.session = g.session AND b.superseded_at IS NULL
WHERE b.session IS NULL
   OR (b.open, b.high, b.low, b.close, b.adjusted_close, b.volume)
      IS DISTINCT FROM (g.open, g.high, g.low, g.close, g.adjusted_close, g.volume)
ORDER BY g.instrument_id, g.session
"""
SUPERSEDE = """
UPDATE bars b SET superseded_at = $1 FROM pg_temp.fresh f
WHERE f.corrects AND b.instrument_id = f.instrument_id AND b.session = f.session AND b.superseded_at IS NULL
"""
INSERT_FRESH = """
INSERT INTO bars (tenant_id, dataset_id, instrument_id, session, knowledge_time,
                  open, high, low, close, adjusted_close, volume)
SELECT $1, $2, instrument_id, session, $3, open, high, low, close, adjusted_close, volume FROM pg_temp.fresh
"""
COUNT_SESSIONS = """
UPDATE instruments i
SET first_session = s.first, last_session = s.last, sessions = s.count, average_daily_volume = coalesce(v.mean, 0)
FROM unnest($1::uuid[]) AS touched (id)
CROSS JOIN LATERAL (
    SELECT min(session) AS first, max(session) AS last, count(*)::int4
    FROM bars WHERE instrument_id = touched.id AND superseded_at IS NULL
) s
CROSS JOIN LATERAL (
    SELECT avg(volume) AS mean FROM (
        SELECT volume FROM bars WHERE instrument_id = touched.id AND superseded_at IS NULL
        ORDER BY session DESC LIMIT 63
    ) recent
) v
WHERE i.id = touched.id
"""
