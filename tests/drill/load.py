"""What the clients do all day: open, read, change, rebalance, close, optimize."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from qpo.portfolio.v1 import portfolio_pb2
from qpo.types.v1.decimal_pb2 import Decimal
from qpo.types.v1.mandate_pb2 import Constraints, Goal, Objective, WeightBounds
from qpo.types.v1.moments_pb2 import EstimationSpec, Moments

from tests.drill.client import Client, Person, message
from tests.drill.views import portfolio_view

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
DATASET = "drill"
SESSIONS = 120
MOST_PORTFOLIOS = 10

# How often each is done, in parts.
MIX = {
    "read": 30,
    "update": 18,
    "replace": 8,
    "create": 8,
    "rebalance": 12,
    "holdings": 6,
    "list": 5,
    "strange": 4,
    "delete": 4,
    "optimize": 7,
    "follow": 6,
    "solve": 6,
    "whoami": 3,
}


def closes(seed: int) -> bytes:
    """A wide CSV of prices that drift upwards, the same for the same seed."""
    chance = random.Random(seed)
    first = date(2024, 1, 1)
    prices = dict.fromkeys(SYMBOLS, 100.0)
    lines = ["date," + ",".join(SYMBOLS)]
    for step in range(SESSIONS):
        for place, symbol in enumerate(SYMBOLS):
            prices[symbol] *= math.exp(chance.gauss(0.0003 * (place + 1), 0.01 + 0.002 * place))
        lines.append(f"{first + timedelta(days=step)}," + ",".join(f"{prices[symbol]:.6f}" for symbol in SYMBOLS))
    return ("\n".join(lines) + "\n").encode()


def strategy() -> portfolio_pb2.Strategy:
    """How every portfolio of the drill is run."""
    return portfolio_pb2.Strategy(universe=SYMBOLS, dataset=DATASET, estimation=EstimationSpec(lookback=60))


def problem(chance: random.Random) -> Any:
    """A small problem that carries its own moments; each another, or its result might be remembered."""
    count = len(SYMBOLS)
    moments = Moments(symbols=SYMBOLS, expected_returns=[chance.uniform(0.02, 0.2) for _ in range(count)])
    moments.dense.rows = moments.dense.cols = count
    moments.dense.doubles.values.extend(0.04 + 0.01 * i if i == j else 0.01 for i in range(count) for j in range(count))
    return message("Solve", source={"moments": moments})


class Customer:
    """A client and its habits."""

    def __init__(
        self, client: Client, others: Sequence[Person], mix: dict[str, int] | None = None, again: float = 0.1
    ) -> None:
        """With the chance `again`, a write that was answered is sent once more."""
        self._again = again
        # The newest version that this client saw; another of the same user's may know better.
        self._known: dict[str, int] = {}
        self._client, self._me, self._chance = client, client.person, client.chance
        self._others = [other for other in others if other is not client.person]
        parts = mix or MIX
        self._habits = [getattr(self, f"_{name}") for name in parts]
        self._parts = list(parts.values())

    async def work(self, until: asyncio.Event, mean_pause: float) -> None:
        """One thing after the other until the event is set; pauses are exponential with that mean, in seconds."""
        while not until.is_set():
            began = time.monotonic()
            await self.once()
            left = self._chance.expovariate(1 / mean_pause) - (time.monotonic() - began) if mean_pause else 0.0
            try:
                async with asyncio.timeout(max(0.0, left)):
                    await until.wait()
            except TimeoutError:
                continue

    async def once(self) -> None:
        """One thing."""
        (habit,) = self._chance.choices(self._habits, self._parts)
        await habit()

    async def _create(self) -> None:
        if len(self._me.portfolios) >= MOST_PORTFOLIOS:
            return await self._delete()
        cash = Decimal(value=f"{self._chance.randint(1_000, 1_000_000)}.{self._chance.randint(0, 99):02d}")
        fields = {"name": self._client.mark(), "strategy": strategy(), "initial_cash": cash}
        self._saw(await self._call("CreatePortfolio", fields, again=self._again))
        return None

    async def _read(self) -> None:
        if portfolio_id := self._mine():
            answer = await self._call("GetPortfolio", {"portfolio_id": portfolio_id})
            self._saw(answer)

    async def _update(self) -> None:
        if portfolio_id := self._mine():
            wanted = portfolio_pb2.Portfolio(name=self._client.mark(), etag=self._etag(portfolio_id, 0.6))
            fields = {"portfolio_id": portfolio_id, "portfolio": wanted, "update_mask": FieldMask(paths=["name"])}
            self._saw(await self._call("UpdatePortfolio", fields, again=self._again))

    async def _replace(self) -> None:
        if portfolio_id := self._mine():
            cap = WeightBounds(min=0.0, max=self._chance.choice([0.3, 0.4, 0.6, 1.0]))
            wanted = portfolio_pb2.Portfolio(
                name=self._client.mark(),
                strategy=strategy(),
                constraints=Constraints(default_bounds=cap),
                etag=self._etag(portfolio_id, 0.6),
            )
            fields = {"portfolio_id": portfolio_id, "portfolio": wanted}
            self._saw(await self._call("ReplacePortfolio", fields, again=self._again))

    async def _rebalance(self) -> None:
        if portfolio_id := self._mine():
            fields = {"portfolio_id": portfolio_id, "etag": self._etag(portfolio_id, 0.4)}
            self._saw(await self._call("RebalancePortfolio", fields, again=self._again))

    async def _delete(self) -> None:
        if portfolio_id := self._mine():
            fields = {"portfolio_id": portfolio_id, "etag": self._etag(portfolio_id, 0.5)}
            await self._call("DeletePortfolio", fields, again=self._again)
            # Whatever came of it: whoever still reads it will see.
            self._me.portfolios.pop(portfolio_id, None)

    async def _holdings(self) -> None:
        if portfolio_id := self._mine():
            await self._call("ListHoldings", {"portfolio_id": portfolio_id})

    async def _list(self) -> None:
        await self._call("ListPortfolios", {"page_size": 1000})

    async def _strange(self) -> None:
        """Asks for another's portfolio, which must be answered as if there were none."""
        theirs = [portfolio_id for other in self._others for portfolio_id in other.portfolios]
        if theirs:
            await self._call("GetPortfolio", {"portfolio_id": self._chance.choice(sorted(theirs))})

    async def _optimize(self) -> None:
        by_portfolio = {"portfolio_id": self._mine()} if self._chance.random() < 0.5 else {}
        fields = {"universe": SYMBOLS, "dataset": DATASET, "estimation": EstimationSpec(lookback=60), **by_portfolio}
        # Mostly another problem each time: the result of an equal one is remembered.
        aversion = 3.0 if self._chance.random() < 0.2 else self._chance.uniform(1.0, 10.0)
        goal = Goal(objective=Objective.OBJECTIVE_UTILITY, risk_aversion=aversion)
        answer = await self._call("Optimize", {**fields, "goal": goal, "wait_ms": 1000}, again=self._again)
        if answer is not None:
            self._me.jobs.append(answer.job_id)

    async def _follow(self) -> None:
        if self._me.jobs:
            job_id = self._chance.choice(self._me.jobs[-5:])
            await self._call("GetOptimizationStatus", {"job_id": job_id})

    async def _solve(self) -> None:
        await self._client.call("Solve", problem(self._chance))

    async def _whoami(self) -> None:
        await self._call("WhoAmI", {})

    async def _call(self, method: str, fields: dict[str, Any], again: float = 0.0) -> Any:
        return await self._client.call(method, message(method, **fields), again=again)

    def _mine(self) -> str:
        """One of the user's portfolios, sooner one of few, so that clients meet; empty if there is none."""
        mine = sorted(self._me.portfolios)
        return self._chance.choice(mine[: max(3, len(mine) // 2)]) if mine else ""

    def _etag(self, portfolio_id: str, chance: float) -> str:
        """The etag that was seen last, with that chance; else none, which makes a change unconditional."""
        version = self._known.get(portfolio_id, self._me.portfolios.get(portfolio_id, ""))
        return str(version) if self._chance.random() < chance else ""

    def _saw(self, answer: Any) -> None:
        if answer is None or not answer.HasField("portfolio"):
            return
        view = portfolio_view(answer.portfolio)
        self._me.portfolios[view["id"]] = max(view["version"], self._me.portfolios.get(view["id"], 0))
        self._known[view["id"]] = view["version"]
