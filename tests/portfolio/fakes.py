"""The ports of portfolio without technology: named stand-ins for the use cases' tests."""

import asyncio
import hashlib
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from chassis.errors import Unauthenticated
from services.portfolio.app.ports import Solution
from services.portfolio.domain.errors import NotPriced, RequestIdReused
from tests.portfolio.builders import NOW


class TickingClock:
    """A second later at every look."""

    def __init__(self, start=NOW):
        self.time = start

    def now(self):
        self.time += timedelta(seconds=1)
        return self.time


class CountingIds:
    """UUIDs in order."""

    def __init__(self):
        self.count = 0

    def new(self):
        self.count += 1
        return f"01987f6c-0000-7000-8000-{self.count:012x}"


class MemoryPortfolios:
    """Portfolios in a dict; one transaction at a time, rolled back if it raises."""

    def __init__(self):
        self.rows, self.answers, self.told, self.departed, self.shredded = {}, {}, [], set(), set()
        self.links, self.silenced = {}, set()
        self._turn = asyncio.Lock()

    async def get(self, reach, portfolio_id):
        return self.within(reach, self.rows.get(portfolio_id))

    def within(self, reach, portfolio):
        """The portfolio, if the reach covers it; of a client too, for as long as their link is kept."""
        if portfolio is not None and reach.clients and (portfolio.user_id, reach.user_id) in self.links:
            return portfolio
        return within(reach, portfolio)

    async def page(self, reach, limit, after, owner_id=""):
        mine = [replace(p, holdings=()) for p in self.rows.values() if within(reach, p)]
        mine = [p for p in mine if not owner_id or p.user_id == owner_id]
        mine.sort(key=lambda p: (p.created_at, p.id), reverse=True)
        return [p for p in mine if after is None or (p.created_at, p.id) < after][:limit]

    async def whole_page(self, owner, limit, after):
        listed = await self.page(replace(owner, everyone=False), limit, after)
        return [self.rows[each.id] for each in listed]

    async def count(self):
        return len(self.rows)

    async def forget(self):
        self.answers.clear()

    async def answered(self, once):
        return recalled(self.answers, once)

    @asynccontextmanager
    async def transaction(self, reach):
        async with self._turn:
            before = dict(self.rows), dict(self.answers), list(self.told), set(self.departed)
            try:
                yield MemoryTransaction(self)
            except BaseException:
                self.rows, self.answers, self.told, self.departed = before
                raise


class MemoryTransaction:
    def __init__(self, store):
        self._store = store

    async def replayed(self, once):
        return recalled(self._store.answers, once)

    async def remember(self, once, answer):
        self._store.answers[key_of(once)] = (hashlib.sha256(once.body).digest(), answer)

    async def lock(self, reach, portfolio_id):
        return self._store.within(reach, self._store.rows.get(portfolio_id))

    async def insert(self, portfolio):
        if portfolio.user_id in self._store.departed:
            raise Unauthenticated
        self._store.rows[portfolio.id] = portfolio

    async def write_mandate(self, portfolio):
        stored = self._store.rows[portfolio.id]
        self._store.rows[portfolio.id] = replace(
            stored,
            name=portfolio.name,
            strategy=portfolio.strategy,
            constraints=portfolio.constraints,
            updated_at=portfolio.updated_at,
            version=portfolio.version,
        )

    async def write_positions(self, portfolio):
        stored = self._store.rows[portfolio.id]
        self._store.rows[portfolio.id] = replace(
            stored,
            cash=portfolio.cash,
            cash_weight=portfolio.cash_weight,
            holdings=portfolio.holdings,
            updated_at=portfolio.updated_at,
            version=portfolio.version,
        )

    async def delete(self, portfolio_id):
        del self._store.rows[portfolio_id]

    async def tell(self, happened):
        self._store.told.append(happened)

    async def depart(self, user_id):
        self._store.departed.add(user_id)

    async def lock_all(self, user_id):
        return [portfolio for portfolio in self._store.rows.values() if portfolio.user_id == user_id]

    async def link(self, link):
        self._store.links[link.client_id, link.advisor_id] = link

    async def unlink(self, advisor_id, client_id):
        self._store.links.pop((client_id, advisor_id), None)

    async def silence(self, user_id, portfolio_ids):
        self._store.silenced |= {user_id, *portfolio_ids}

    async def unlink_all(self, user_id):
        for pair in [pair for pair in self._store.links if user_id in pair]:
            del self._store.links[pair]

    async def shred(self, tenant_id):
        if not any(portfolio.tenant_id == tenant_id for portfolio in self._store.rows.values()):
            self._store.shredded.add(tenant_id)


def within(reach, portfolio):
    """The portfolio, if the reach covers it."""
    if portfolio is None or reach.everyone:
        return portfolio
    owner = (portfolio.user_id, portfolio.tenant_id)
    return portfolio if owner == (reach.user_id, reach.tenant_id) else None


def key_of(once):
    return once.tenant_id, once.user_id, once.method, once.request_id


def recalled(answers, once):
    if key_of(once) not in answers:
        return None
    digest, answer = answers[key_of(once)]
    if digest != hashlib.sha256(once.body).digest():
        raise RequestIdReused
    return answer


class TablePrices:
    """Closes of one dataset by symbol, each list in order of session."""

    def __init__(self, dataset="sp500", **series):
        self.dataset, self.series, self.asked = dataset, series, []

    async def closes(self, dataset, symbols, session):
        self.asked.append((dataset, tuple(symbols), session))
        if dataset != self.dataset:
            raise NotPriced(f"the prices can't be read: there is no dataset {dataset}")
        in_time = {s: [c for c in self.series.get(s, []) if session is None or c.session <= session] for s in symbols}
        return {symbol: closes[-1] for symbol, closes in in_time.items() if closes}


class FixedOptimizer:
    """Answers every problem with the same weights, or the same error; may be made to wait."""

    def __init__(self, weights=None, error=None):
        self.weights, self.error, self.problems = weights or {}, error, []
        self.meanwhile = None

    async def solve(self, problem):
        self.problems.append(problem)
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.error is not None:
            raise self.error
        return Solution(self.weights, expected_return=0.12, volatility=0.2, sharpe_ratio=0.6)
