"""Explain of qpo.optimizer.v1 over a real server, worker processes and stand-ins of its peers."""

import pytest
from qpo.optimizer.v1 import explanation_pb2

from tests.optimizer.problems import moments
from tests.optimizer.served import refusal, sent_along
from tests.optimizer.standins import packed

TIGHT = {"default_bounds": {"min": 0, "max": 0.05}}


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


async def test_an_explanation_comes_with_the_optimum_that_solve_finds(alice):
    ask = {"source": sent_along(), "constraints": {"default_bounds": {"max": 0.2}}}
    told, solved = await alice("Explain", **ask), (await alice("Solve", **ask)).result
    for found in (told.result, solved):
        found.elapsed_ms = 0
        found.phases_ms.clear()
    assert told.result == solved
    assert [asset.symbol for asset in told.explanation.assets] == list(moments().symbols)
    assert sum(asset.risk.total for asset in told.explanation.assets) == pytest.approx(solved.volatility)
    assert told.explanation.diversification_ratio > 1


async def test_an_explanation_tells_what_limits_cost_and_what_assets_lack(alice):
    groups = [{"name": "technology", "symbols": ["S000", "S001", "S002"], "max": 0.1}]
    goal = {"objective": "OBJECTIVE_UTILITY", "risk_aversion": 3}
    why = (await alice("Explain", source=sent_along(), goal=goal, constraints={"groups": groups})).explanation
    cap = next(each for each in why.shadow_prices if each.type == "GROUP_CAP")
    assert (cap.subject, cap.side, cap.limit) == ("constraints.groups[technology].max", 2, 0.1)
    assert cap.sentence == (
        f"one more percent of the cap of group technology is worth {100 * cap.price:.3g} bp of utility a year"
    )
    idle = [asset for asset in why.assets if asset.place == explanation_pb2.WEIGHT_PLACE_ZERO]
    assert idle
    assert all(asset.return_to_hold > 0 and asset.return_to_hold_is_exact for asset in idle)
    assert why.groups[0].weight == pytest.approx(0.1)


async def test_a_factor_model_s_explanation_tells_of_its_factors_and_of_the_benchmark(alice):
    of = moments()
    factors = {
        "loadings": packed(of.covariance.loadings),
        "specific_variances": packed(of.covariance.specific[:, None]),
    }
    source = {"moments": {"symbols": of.symbols, "expected_returns": of.expected_returns, "factors": factors}}
    benchmark = {"benchmark": dict.fromkeys(of.symbols, 1 / 12)}
    told = await alice("Explain", source=source, constraints=benchmark)
    why = told.explanation
    assert len(why.factors) == 3
    assert sum(each.risk.total for each in why.factors) + why.specific.total == pytest.approx(told.result.volatility)
    active = sum(each.active_risk.total for each in why.factors) + why.active_specific.total
    assert active == pytest.approx(told.result.tracking_error)


async def test_an_infeasible_problem_is_explained_as_a_solve_is_refused(alice):
    told = await refusal(alice("Explain", source=sent_along(), constraints=TIGHT))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")
