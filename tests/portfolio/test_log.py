"""The log of events replays to the rows, whoever writes at once and however often they repeat themselves."""

import asyncio
import random
from contextlib import suppress

import grpc
from qpo.portfolio.v1 import events_pb2 as pb

from tests.portfolio.served import request_id

LOG = "SELECT type, key, seq, user_id, payload FROM outbox WHERE key = ANY ($1::text[]) ORDER BY position"


def replayed(rows):
    """The portfolios that the log, read from its beginning, leaves."""
    left = {}
    for row in rows:
        event = getattr(pb.PortfolioEvent.FromString(row["payload"]), row["type"])
        if row["type"] == "portfolio_deleted":
            del left[row["key"]]
        else:
            left[row["key"]] = event.portfolio
            assert event.portfolio.etag == str(row["seq"])
    return left


async def busy(user, ids, seed):
    """Changes portfolios at random, each call twice under one request_id."""
    chance = random.Random(seed)
    for number in range(12):
        portfolio_id = chance.choice(ids)
        method, fields = chance.choice(
            [
                ("ReplacePortfolio", {"portfolio": {"name": f"{seed}-{number}"}}),
                ("UpdatePortfolio", {"portfolio": {"name": f"{seed}/{number}"}}),
                ("RebalancePortfolio", {}),
                ("DeletePortfolio", {}),
            ]
        )
        call = fields | {"portfolio_id": portfolio_id, "request_id": request_id()}
        with suppress(grpc.aio.AioRpcError):
            first = await user.raw(method, **call)
            assert await user.raw(method, **call) == first


async def test_the_log_replays_to_the_rows(portfolio_user, portfolio_rows):
    user = portfolio_user()
    ids = [(await user.made()).id for _ in range(6)]
    await asyncio.gather(*(busy(user, ids, seed) for seed in range(4)))
    rows = await portfolio_rows.fetch(LOG, ids)
    for each in ids:
        versions = [row["seq"] for row in rows if row["key"] == each]
        assert versions == list(range(1, len(versions) + 1))
    left = replayed(rows)
    for portfolio_id, portfolio in left.items():
        assert (await user("GetPortfolio", portfolio_id=portfolio_id)).portfolio == portfolio
    there_are = {each.id for each in (await user("ListPortfolios", page_size=100)).portfolios}
    assert there_are == set(left)
    assert 0 < len(left) < len(ids)
