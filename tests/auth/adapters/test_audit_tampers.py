"""Whatever a database administrator does to the audit trail is found, and the first link that it broke is named."""

import random

import pytest

from tests.auth.audited import LINKS

# What is done to a link, the first that is then not as it was written.
EDITS = (
    "UPDATE audit SET user_id = user_id || 'x' WHERE seq = $1",
    "UPDATE audit SET action = action || 'x' WHERE seq = $1",
    "UPDATE audit SET result = result || 'x' WHERE seq = $1",
    "UPDATE audit SET occurred_at = occurred_at + interval '1 microsecond' WHERE seq = $1",
    "UPDATE audit SET recorded_at = recorded_at - interval '1 microsecond' WHERE seq = $1",
    "UPDATE audit SET id = gen_random_uuid() WHERE seq = $1",
    "DELETE FROM audit WHERE seq = $1",
    "DELETE FROM audit WHERE seq >= $1",  # the tail
    "UPDATE audit SET code = sha256(code || sealed) WHERE seq >= $1",  # chained anew, without the key
)
# To a bit of it.
FLIPS = (
    "UPDATE audit SET sealed = set_bit(sealed, $2, 1 - get_bit(sealed, $2)) WHERE seq = $1",
    "UPDATE audit SET code = set_bit(code, $2, 1 - get_bit(code, $2)) WHERE seq = $1",
)
# To it and a later one.
RANGE = "DELETE FROM audit WHERE seq BETWEEN $1 AND $2"
EXCHANGED = """
UPDATE audit a SET (id, occurred_at, user_id, action, result, key_id, sealed) =
    (SELECT b.id, b.occurred_at, b.user_id, b.action, b.result, b.key_id, b.sealed FROM audit b
     WHERE b.seq = $1::bigint + $2 - a.seq)
WHERE a.seq IN ($1::bigint, $2)
"""
MOVED = (
    "UPDATE audit SET seq = 1000000 WHERE seq = $1",
    "UPDATE audit SET seq = $1 WHERE seq = $2",
    "UPDATE audit SET seq = $1 WHERE seq = 1000000",
)


KINDS = len(EDITS) + len(FLIPS) + 3


def tampers(chance):
    """One of each kind, at random places: statements, each with its arguments, and the first link that they break."""
    a, b = sorted(chance.sample(range(1, LINKS + 1), 2))
    for statement in EDITS:
        yield a, [(statement, a)]
    for statement in FLIPS:
        yield a, [(statement, a, chance.randrange(256))]
    yield a, [(RANGE, a, b)]
    yield a, [(EXCHANGED, a, b)]
    yield a, [(MOVED[0], a), (MOVED[1], a, b), (MOVED[2], b)]


async def missed(audit, owner, rounds, seed):
    """The tampers that were not found, or not at the first link that they broke."""
    chance, unfound, tried = random.Random(seed), [], 0
    await owner.execute("SET session_replication_role = replica")  # no triggers
    for _ in range(rounds):
        for first, statements in tampers(chance):
            transaction = owner.transaction()
            await transaction.start()
            for statement, *arguments in statements:
                await owner.execute(statement, *arguments)
            broken = (await audit.verify(owner)).broken
            await transaction.rollback()
            tried += 1
            if broken is None or broken.seq != first:
                unfound.append((first, statements, broken))
    assert tried == rounds * KINDS
    return unfound


async def test_whatever_a_database_administrator_does_to_the_chain_is_found(full, owner):
    assert await missed(full, owner, 12, seed=1) == []
    assert (await full.verify()).broken is None


@pytest.mark.nightly
async def test_of_fourteen_hundred_tampers_all_are_found(full, owner):
    assert await missed(full, owner, 100, seed=2) == []
