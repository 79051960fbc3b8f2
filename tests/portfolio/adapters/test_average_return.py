"""The mean return of portfolios, from their rows."""

import math
import uuid
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from chassis.postgres import prepare
from chassis.settings import DatabaseSettings
from services.portfolio import migrations
from services.portfolio.adapters.average_return import average_return
from tests.walls import over_all

PORTFOLIO = """
INSERT INTO portfolios (id, user_id, tenant_id, name, strategy, constraints, base_currency, initial_cash, cash,
                        cash_weight, created_at)
VALUES ($1, $1, $1, 'x', '{}', '{}', 'USD', $2, $3, 0, now() - make_interval(days => $4))
"""
HOLDING = """
INSERT INTO holdings (portfolio_id, symbol, tenant_id, quantity, weight, value, price_date)
VALUES ($1, $2, $1, 1, 0, $3, '2026-03-02')
"""


async def test_a_year_s_return_is_reckoned_of_invested_portfolios_that_are_old_enough(database_url):
    runtime = database_url.replace("postgres@", "qpo_portfolio@")
    settings = DatabaseSettings(database_url=runtime, migration_url=database_url, page_token_key_file=Path("unused"))
    registry = CollectorRegistry()
    async with (
        await prepare(settings, "portfolio", Path(migrations.__file__).parent) as pool,
        await over_all(database_url, "portfolio") as rows,
    ):
        census = average_return(pool, registry)

        async def mean():
            await census.reckon()
            return registry.get_sample_value("portfolio_average_return")

        async def put(initial, cash, days, *worth):
            made = uuid.uuid4()
            await rows.execute(PORTFOLIO, made, initial, cash, days)
            for symbol, value in zip("AB", worth, strict=False):
                await rows.execute(HOLDING, made, symbol, value)

        assert math.isnan(await mean())
        await put(100, 0, 29, 500)  # too young
        await put(100, 500, 730)  # never invested
        assert math.isnan(await mean())
        # 100 became 121 in two years: 10 % in each. Another lost half in one.
        await put(100, 21, 730, 60, 40)
        assert await mean() == pytest.approx(0.10, abs=1e-6)
        await put(100, 0, 365, 50)
        assert await mean() == pytest.approx((0.10 - 0.50) / 2, abs=1e-6)
