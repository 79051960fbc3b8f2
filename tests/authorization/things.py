"""One of each kind of thing that belongs to somebody, made by its owner."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.authorization.house import Caller, House

MARKETDATA = "/qpo.marketdata.v1.MarketDataService"
OPTIMIZER = "/qpo.optimizer.v1.OptimizerService"
UNIVERSE = ["A", "B", "C"]
PAIR = ["A", "B"]  # no universe that a call makes: the same content has the same id
PASSWORD = "wander-obelisk-42-tin"
Make = Callable[[House, Caller], Awaitable[str]]


def prices(dataset: str) -> str:
    """60 sessions of three stocks, no two of which move together, and no two datasets alike."""
    first, days = 100 + random.Random(dataset).random(), range(60)
    rows = [f"2024-{1 + n // 20:02}-{1 + n % 20:02},{first + n % 7},{50 + n % 5},{20 + n % 3}" for n in days]
    return "\n".join(["date,A,B,C", *rows, ""])


def upload(dataset: str, **header: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The messages of IngestPrices."""
    stated = {"dataset": dataset, "format": "PRICE_FORMAT_CSV"} | header
    return {"header": stated}, {"chunk": base64.b64encode(prices(dataset).encode()).decode()}


async def dataset(house: House, owner: Caller, **header: Any) -> str:
    """The owner's dataset, which has a feed."""
    key = (owner.user_id, str(header))
    if key in house.datasets:
        return house.datasets[key]
    named = f"d-{uuid.uuid4().hex[:12]}"
    made: Any = await house.answer(owner, f"{MARKETDATA}/IngestPrices", *upload(named, **header))
    feed = {"dataset": made.dataset.id, "source": "fmp", "kind": "FEED_KIND_QUOTES", "targets": [{"symbol": "A"}]}
    await house.answer(owner, "/qpo.marketdata.v1.FeedService/StartFeed", feed)
    house.datasets[key] = str(made.dataset.id)
    return house.datasets[key]


async def shared_dataset(house: House, owner: Caller) -> str:
    """One that every user may read."""
    return await dataset(house, owner, visibility="VISIBILITY_SHARED")


async def replay(house: House, owner: Caller, of: Make = dataset) -> str:
    """A replay that runs for an hour."""
    asked = {"dataset": await of(house, owner), "speed": 0.01}
    made: Any = await house.answer(owner, f"{MARKETDATA}/StartReplay", asked)
    return str(made.replay.id)


async def shared_replay(house: House, owner: Caller) -> str:
    """A replay of a dataset that every user may read."""
    return await replay(house, owner, shared_dataset)


async def portfolio(house: House, owner: Caller) -> str:
    """A portfolio that can be rebalanced by whoever may read its dataset."""
    strategy = {
        "goal": {"objective": "OBJECTIVE_RISK"},
        "universe": UNIVERSE,
        "dataset": await dataset(house, owner),
    }
    asked = {"name": "Core", "strategy": strategy, "initial_cash": {"value": "100000.00"}}
    made: Any = await house.answer(owner, "/qpo.portfolio.v1.PortfolioService/CreatePortfolio", asked)
    return str(made.portfolio.id)


async def universe(house: House, owner: Caller) -> str:
    """A universe of the owner's own moments."""
    source = {"universe": {"dataset": await dataset(house, owner), "symbols": PAIR}}
    made: Any = await house.answer(owner, f"{OPTIMIZER}/PutUniverse", {"source": source})
    return str(made.universe_id)


async def job(house: House, owner: Caller) -> str:
    """A job that has succeeded."""
    asked = {"dataset": await dataset(house, owner), "universe": UNIVERSE, "goal": {"objective": "OBJECTIVE_RISK"}}
    made: Any = await house.answer(owner, f"{OPTIMIZER}/Optimize", asked | {"wait_ms": 10_000})
    return str(made.job_id)


async def user(house: House, owner: Caller) -> str:
    """The owner, who has an account."""
    return owner.user_id


async def api_key(house: House, owner: Caller) -> str:
    """A key of the owner's, who has an account."""
    asked = {"name": "nightly", "scopes": ["read:portfolio"], "valid_days": 1, "password": PASSWORD}
    made: Any = await house.answer(owner, "/qpo.auth.v1.ApiKeyService/CreateApiKey", asked)
    return str(made.api_key.id)


async def account(house: House) -> str:
    """The id of a new account."""
    asked = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    made: Any = await house.answer(house.somebody(), "/qpo.auth.v1.AuthService/Register", asked)
    return str(made.user.id)


MADE: Mapping[str, Make] = {
    "dataset": dataset,
    "replay": replay,
    "portfolio": portfolio,
    "universe": universe,
    "job": job,
    "user": user,
    "api_key": api_key,
}
# Those that others than their owner and the owner's tenant may read.
SHARED: Mapping[str, Make] = {"dataset": shared_dataset, "replay": shared_replay}


def nothing(kind: str) -> str:
    """The name of one that does not exist."""
    return uuid.uuid4().hex * 2 if kind == "universe" else str(uuid.uuid4())
