"""The statements that read bars.

A version of a bar counts at a time if it was known then and not yet superseded: two comparisons, and nothing to sort.
"""

NOW = "b.superseded_at IS NULL"


def then(parameter: int) -> str:
    """The condition that a version is what was known at the time in this parameter."""
    at = f"${parameter}::timestamptz"
    return f"b.knowledge_time <= {at} AND (b.superseded_at IS NULL OR b.superseded_at > {at})"


def page(known: str, *, narrowed: bool) -> str:
    """Bars by session, then symbol, behind (session $5, symbol $6).

    Within, as many bars by session as the page and one session more may need ($8 instruments), and the rest of the
    last session: so much, and not the dataset, is given symbols and sorted.
    """
    members = "b.instrument_id = ANY($2::uuid[])" if narrowed else "$2::uuid[] IS NOT NULL"
    return f"""
SELECT l.symbol, b.session, b.open, b.high, b.low, b.close, b.adjusted_close, b.volume, b.knowledge_time
FROM (
    SELECT * FROM bars b
    WHERE b.dataset_id = $1 AND {members} AND b.session BETWEEN greatest($3::date, $5::date) AND $4 AND {known}
    ORDER BY b.session FETCH FIRST ($7::int4 + $8::int4) ROWS WITH TIES
) b
JOIN listings l ON l.dataset_id = $1 AND l.instrument_id = b.instrument_id AND l.valid_to IS NULL
WHERE (b.session, l.symbol) > ($5, $6)
ORDER BY b.session, l.symbol LIMIT $7
"""  # noqa: S608 - every part is a constant of this module


def last(price: str, known: str) -> str:
    """Each instrument's last sessions up to $2, $3 of them: (number, session, price)."""
    return f"""
SELECT i.number::int4 - 1, b.session, b.{price}
FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, number)
CROSS JOIN LATERAL (
    SELECT b.session, b.{price} FROM bars b
    WHERE b.instrument_id = i.id AND b.session <= $2::date AND {known}
    ORDER BY b.session DESC LIMIT $3::int4
) b
"""  # noqa: S608 - every part is a constant of this module or its only caller


STARTS = f"""
SELECT (SELECT min(b.session) FROM bars b WHERE b.instrument_id = i.id AND {then(2)}) AS first
FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, number) ORDER BY i.number
"""  # noqa: S608

SESSIONS = f"""
SELECT DISTINCT b.session FROM bars b
WHERE b.instrument_id = ANY($1::uuid[]) AND b.session BETWEEN $2::date AND $3::date AND {then(4)}
ORDER BY b.session
"""  # noqa: S608

BETWEEN = f"""
SELECT i.number::int4 - 1, b.session, b.close
FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, number)
JOIN bars b ON b.instrument_id = i.id AND b.session BETWEEN $2::date AND $3::date AND {then(4)}
"""  # noqa: S608
