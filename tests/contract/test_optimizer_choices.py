"""Choices of assets and whole lots, over a real server and worker processes."""

import pytest

from tests.optimizer.served import refusal, sent_along


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


async def test_at_most_so_many_assets_are_held_and_the_choice_is_proven(alice):
    one = {"name": "some", "symbols": ["S000", "S002", "S003"], "max_assets": 1}
    few = {"cardinality": {"max_assets": 3, "min_weight": 0.1, "required": ["S001"], "groups": [one]}}
    found = (await alice("Solve", source=sent_along(), goal={"objective": "OBJECTIVE_RISK"}, constraints=few)).result
    held = {symbol: weight for symbol, weight in found.weights.items() if weight > 0}
    assert len(held) == found.selection.assets <= 3
    assert min(held.values()) >= 0.1 - 1e-12
    assert "S001" in held
    assert len(held.keys() & {"S000", "S002", "S003"}) <= 1
    assert found.engine == "branch_and_bound"
    assert found.gap <= 1e-8
    assert found.selection.found_by in ("relaxation", "swap", "branch_and_bound")


async def test_choices_are_drawn_and_told_with_what_the_start_alone_would_draw(alice):
    asked = {"sampler": "SAMPLER_QAOA", "assets": 4, "shots": 50, "layers": 1, "with_circuit": True}
    few = {"cardinality": {"max_assets": 2}}
    goal = {"objective": "OBJECTIVE_RISK"}
    found = (await alice("Solve", source=sent_along(), goal=goal, constraints=few, sampling=asked, seed=3)).result
    draws = found.selection.draws
    assert found.gap <= 1e-8
    assert (draws.held, len(draws.symbols), draws.choices, draws.shots, draws.feasible) == (2, 4, 6, 50, 50)
    assert draws.exact
    assert draws.circuit.amplification_ceiling == 9
    assert draws.circuit.amplification == draws.circuit.best_probability / draws.circuit.start_probability
    assert len(draws.circuit.gammas) == len(draws.circuit.betas) == 1
    assert draws.circuit.openqasm.startswith("OPENQASM 3.0;")


async def test_whole_lots_are_told_beside_the_weights(alice):
    prices = {f"S{asset:03d}": 10.0 + 7.5 * asset for asset in range(12)}
    lots = {"portfolio_value": 50_000.0, "prices": prices, "sizes": {"S000": 100}}
    asked = {"source": sent_along(), "goal": {"objective": "OBJECTIVE_RISK"}, "lots": lots}
    found = (await alice("Solve", **asked)).result.in_lots
    assert sum(count * prices[symbol] for symbol, count in found.shares.items()) + found.cash == pytest.approx(50_000)
    assert 0 <= found.cash < 1_000
    assert all(count == int(count) > 0 for count in found.shares.values())
    assert found.shares.get("S000", 0) % 100 == 0
    assert found.shares.keys() == found.weights.keys()
    told = await refusal(alice("Solve", **{**asked, "lots": {"portfolio_value": 5.0}}))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert 'lots.prices["S000"]' in told.fields


async def test_a_sampler_without_a_limit_on_assets_is_refused_by_name(alice):
    told = await refusal(alice("Solve", source=sent_along(), sampling={"sampler": "SAMPLER_ANNEALING"}))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert told.fields == ["sampling"]


async def test_too_few_assets_for_the_budget_are_told_with_how_many_it_takes(alice):
    few = {"cardinality": {"max_assets": 2}, "default_bounds": {"max": 0.3}}
    asked = alice("Solve", source=sent_along(), goal={"objective": "OBJECTIVE_RISK"}, constraints=few)
    told = await refusal(asked)
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")
    ((kind, subject, text),) = told.conflicts
    assert (kind, subject) == ("CARDINALITY", "constraints.cardinality.max_assets")
    assert "it takes 4" in text


async def test_a_frontier_of_choices_tells_how_each_point_was_chosen(alice):
    few = {"cardinality": {"max_assets": 3, "min_weight": 0.1}}
    found = await alice("SolveFrontier", source=sent_along(), constraints=few, points=5)
    assert len(found.points) == 5
    for point in found.points:
        held = [weight for weight in point.weights.values() if weight > 0]
        assert len(held) == point.selection.assets <= 3
        assert min(held) >= 0.1 - 1e-12
        assert point.gap <= 1e-8
    assert [point.risk for point in found.points] == sorted(point.risk for point in found.points)
