"""Minutes put into the history of use as if they had been judged."""

_ROW = """
INSERT INTO usage_minutes (user_id, minute, calls, refused, invalid, not_found, writes, bytes_in, methods, addresses,
                           logins, refusals, admin_actions, scored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now())
"""


async def remember(connection, usages):
    await connection.executemany(_ROW, [_row(usage) for usage in usages])


def _row(u):
    distinct = list(range(u.methods)), list(range(u.addresses))
    counts = (u.calls, u.refused, u.invalid, u.not_found, u.writes, u.bytes_in)
    return (u.user_id, u.minute, *counts, *distinct, u.logins, u.refusals, u.admin_actions)
