"""An advisor at work for a client, through all services: prices are read, and jobs kept, as the advisor's own."""

import pytest

from tests.authorization.house import Caller
from tests.authorization.test_matrix import LINK_TERMS, as_role
from tests.authorization.things import MARKETDATA, OPTIMIZER, UNIVERSE, job, shared_dataset
from tests.portfolio.links import link, unlink

PORTFOLIO = "/qpo.portfolio.v1.PortfolioService"
NOT_THERE, NO_JOB = "NOT_FOUND PORTFOLIO_NOT_FOUND", "NOT_FOUND JOB_NOT_FOUND"


@pytest.fixture
async def pair(house):
    """An advisor, a client, and the client's portfolio, whose prices everybody may read."""
    advisor, client = as_role(house, "advisor"), house.somebody()
    await link(*house.portfolios, advisor.user_id, client.user_id, *LINK_TERMS["valid"])
    dataset = await shared_dataset(house, house.somebody())
    strategy = {"goal": {"objective": "OBJECTIVE_RISK"}, "universe": UNIVERSE, "dataset": dataset}
    asked = {"name": "Theirs", "strategy": strategy, "initial_cash": {"value": "1000.00"}}
    return advisor, client, (await house.answer(client, f"{PORTFOLIO}/CreatePortfolio", asked)).portfolio.id


async def test_an_advisor_optimizes_and_rebalances_a_client_s_portfolio(house, pair):
    advisor, client, portfolio = pair
    ran = await house.answer(advisor, f"{OPTIMIZER}/Optimize", {"portfolio_id": portfolio, "wait_ms": 10_000})
    assert ran.result.weights
    done = await house.answer(advisor, f"{PORTFOLIO}/RebalancePortfolio", {"portfolio_id": portfolio})
    assert done.trades
    held = (await house.answer(client, f"{PORTFOLIO}/GetPortfolio", {"portfolio_id": portfolio})).portfolio
    assert held == done.portfolio


async def test_jobs_are_of_who_submitted_them_during_a_link_and_after_it(house, pair):
    advisor, client, portfolio = pair
    asked = {"portfolio_id": portfolio, "wait_ms": 10_000}
    ids: dict[Caller, str] = {
        who: (await house.answer(who, f"{OPTIMIZER}/Optimize", asked)).job_id for who in (advisor, client)
    }
    for _ in range(2):
        for who, other in ((advisor, client), (client, advisor)):
            read = f"{OPTIMIZER}/GetOptimizationResult"
            assert str(await house.call(who, read, {"job_id": ids[who]})) == "OK"
            assert str(await house.call(who, read, {"job_id": ids[other]})) == NO_JOB
            listed = await house.answer(who, f"{OPTIMIZER}/ListOptimizations", {"portfolio_id": portfolio})
            assert [each.job_id for each in listed.jobs] == [ids[who]]
        await unlink(*house.portfolios, advisor.user_id, client.user_id)
    assert str(await house.call(advisor, f"{OPTIMIZER}/Optimize", asked)) == NOT_THERE


async def test_an_advisor_sees_no_dataset_and_takes_nothing_of_a_client_s_along(house, pair):
    advisor, client, _ = pair
    await job(house, client)
    listed = await house.answer(advisor, f"{MARKETDATA}/ListDatasets", {"page_size": 1000})
    assert client.user_id not in {each.user_id for each in listed.datasets}
    for service in (PORTFOLIO, OPTIMIZER, MARKETDATA):
        assert await house.answers(advisor, f"{service}/ExportMyData") == []
