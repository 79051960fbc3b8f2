"""The statements of feed_postgres.py."""

from __future__ import annotations

# $1 datasets, $2 symbols, $3 sources, of each stream asked for.
STREAMS = """
SELECT i.currency, l.mic, q.rules, s.id AS series_id, t.id AS stream_id, t.memory
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS k (dataset_id, symbol, source, place)
LEFT JOIN listings l ON l.dataset_id = k.dataset_id AND l.symbol = k.symbol AND l.valid_to IS NULL
LEFT JOIN instruments i ON i.id = l.instrument_id
LEFT JOIN quality_rules q ON q.dataset_id = k.dataset_id
LEFT JOIN series s ON s.dataset_id = k.dataset_id AND s.symbol = k.symbol
LEFT JOIN streams t ON t.series_id = s.id AND t.source = k.source
ORDER BY k.place
"""
# A dataset's row is held against its deletion.
HOLD_DATASETS = "SELECT id FROM datasets WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE"
MAKE_SERIES = """
INSERT INTO series (dataset_id, symbol, partition)
SELECT DISTINCT * FROM unnest($1::uuid[], $2::text[], $3::smallint[]) ON CONFLICT DO NOTHING
"""
MAKE_STREAMS = """
INSERT INTO streams (series_id, source)
SELECT DISTINCT s.id, k.source FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (dataset_id, symbol, source)
JOIN series s ON s.dataset_id = k.dataset_id AND s.symbol = k.symbol ON CONFLICT DO NOTHING
"""
SERIES = """
SELECT id, dataset_id, symbol, seq, bars FROM series
WHERE id = ANY ($1::integer[]) OR (partition = ANY ($2::smallint[]) AND closes_at <= $3)
"""
WAITING = "SELECT id::text FROM quarantine WHERE id = ANY ($1::uuid[]) AND stored_at IS NULL"

KEEP_SERIES = """
UPDATE series AS s SET seq = k.seq, bars = k.bars, closes_at = k.closes_at
FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::bigint[]) AS k (id, seq, bars, closes_at)
WHERE s.id = k.id
"""
KEEP_STREAMS = """
UPDATE streams AS t SET memory = k.memory FROM unnest($1::integer[], $2::bytea[]) AS k (id, memory) WHERE t.id = k.id
"""
# $12 when it became known.
KEEP_APART = """
INSERT INTO quarantine (id, dataset_id, symbol, source, currency, fault, occurred_at, price, size, number, payload,
                        knowledge_time)
SELECT k.*, $12 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::bigint[],
                            $8::text[], $9::text[], $10::bigint[], $11::bytea[]) AS k
"""
COUNT = """
INSERT INTO quality AS q (dataset_id, symbol, source, day, finding, count)
SELECT k.dataset_id, k.symbol, k.source, $6::date, k.finding, k.count
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
     AS k (dataset_id, symbol, source, finding, count)
ON CONFLICT (dataset_id, symbol, source, day, finding) DO UPDATE SET count = q.count + EXCLUDED.count
"""
STORED = "UPDATE quarantine SET stored_at = $2 WHERE id = ANY ($1::uuid[])"

OTHERS = """
SELECT t.id, t.series_id, t.source, t.memory FROM streams t
WHERE t.series_id = ANY ($1::integer[]) AND t.id <> ALL ($2::integer[])
"""

# The version of a bar that is known now; a correction ends it and stands in its place. One that became known in the
# moment in which it is corrected was known at no time.
SUPERSEDE = """
WITH k AS (SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[]) AS k (series_id, width, start)),
gone AS (
    DELETE FROM tick_bars b USING k
    WHERE (b.series_id, b.width, b.start) = (k.series_id, k.width, k.start) AND b.superseded_at = 'infinity'
      AND b.knowledge_time >= $4
    RETURNING b.*
), ended AS (
    UPDATE tick_bars b SET superseded_at = $4 FROM k
    WHERE (b.series_id, b.width, b.start) = (k.series_id, k.width, k.start) AND b.superseded_at = 'infinity'
      AND b.knowledge_time < $4
    RETURNING b.*
)
SELECT series_id, width, start, open, high, low, close, volume, ticks, first_at, last_at
FROM (SELECT * FROM gone UNION ALL SELECT * FROM ended) AS before
"""
