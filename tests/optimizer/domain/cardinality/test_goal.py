"""A limit on how many assets are held, through the engine."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.cardinality.sampling import drawing
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.constraints import AssetCount, Bounds, Cardinality, Constraints, CvarLimit
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.engine import Control, Progress, relative_gap
from services.optimizer.domain.errors import Cancelled, Infeasible, InvalidProblem, SolverFailed
from services.optimizer.domain.goal import CHOOSABLE, Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem, StopRule
from services.optimizer.domain.records import from_bytes, replayable, to_bytes
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.sampling import Draws, Mixer, SamplerKind, Sampling
from services.optimizer.domain.solvers.choosing import ALL, CHOICE, ChoosingEngine
from tests.optimizer.problems import control, equal_weights, moments, problem

ENGINE = ChoosingEngine()
FEW = Cardinality(4, min_weight=0.05)


def stated(goal: Goal, cardinality: Cardinality | None = FEW, *, dense: bool = False, count: int = 30) -> Problem:
    of = moments(count, dense=dense)
    limits = Constraints(cardinality=cardinality, benchmark=equal_weights(count), default_bounds=Bounds(0.0, 0.4))
    return problem(goal, limits, of=of)


@pytest.mark.parametrize("dense", [True, False], ids=["dense", "factors"])
@pytest.mark.parametrize("objective", sorted(CHOOSABLE))
def test_a_choice_is_proven_and_no_better_than_without_a_limit(objective: Objective, dense: bool) -> None:
    goal = Goal(objective, risk_aversion=3.0)
    found = ENGINE.solve(stated(goal, dense=dense), control()).solved
    free = ENGINE.solve(stated(goal, None, dense=dense), control()).solved
    sign = 1 if goal.maximizes else -1
    held = found.weights[found.weights > 0]
    assert found.engine == "branch_and_bound"
    assert 0 < held.size <= 4
    assert held.min() >= 0.05 - 1e-12
    assert found.selection is not None
    assert found.selection.assets == held.size
    assert found.gap <= 1e-8
    assert sign * found.objective <= sign * free.objective + 1e-9
    assert sign * found.bound >= sign * found.objective - 1e-12


def test_as_many_as_there_are_is_no_limit() -> None:
    goal = Goal(Objective.UTILITY, risk_aversion=3.0)
    all_of_them = ENGINE.solve(stated(goal, Cardinality(30)), control()).solved
    free = ENGINE.solve(stated(goal, None), control()).solved
    assert all_of_them.objective == pytest.approx(free.objective, abs=1e-9)


def test_exactly_so_many_with_those_that_are_required() -> None:
    goal = Goal(Objective.RISK)
    wanted = ("S003", "S007")
    found = ENGINE.solve(stated(goal, Cardinality(6, exactly=True, min_weight=0.02, required=wanted)), control())
    weights = dict(zip(found.symbols, found.solved.weights, strict=True))
    assert sum(weight > 0 for weight in weights.values()) == 6
    assert all(weights[symbol] >= 0.02 - 1e-12 for symbol in wanted)


@pytest.mark.parametrize("objective", [Objective.RISK, Objective.SHARPE])
def test_no_more_of_a_group_than_it_may_have(objective: Objective) -> None:
    goal = Goal(objective)
    free = ENGINE.solve(stated(goal), control())
    held = [s for s, w in zip(free.symbols, free.solved.weights, strict=True) if w > 0]
    others = tuple(s for s in free.symbols if s not in held)
    groups = (AssetCount("first", tuple(held[:3]), 1), AssetCount("rest", others[:5], 0))
    found = ENGINE.solve(stated(goal, replace(FEW, groups=groups)), control())
    now = {s for s, w in zip(found.symbols, found.solved.weights, strict=True) if w > 0}
    assert len(now & set(held[:3])) <= 1
    assert not now & set(others[:5])
    sign = 1 if goal.maximizes else -1
    assert sign * found.solved.objective < sign * free.solved.objective
    assert found.solved.gap <= 1e-8


def test_groups_that_leave_too_few_are_infeasible_by_name() -> None:
    symbols = tuple(f"S{i:03d}" for i in range(30))
    none = replace(FEW, groups=(AssetCount("all of them", symbols, 2),))
    with pytest.raises(Infeasible, match="no more than allowed of all of them"):
        ENGINE.solve(stated(Goal(Objective.RISK), none), control())


def test_costs_and_turnover_count() -> None:
    start = stated(Goal(Objective.UTILITY, risk_aversion=3.0))
    costly = replace(start, current=equal_weights(30), costs=Costs(commission=0.02))
    tied = replace(start, current={"S000": 0.5, "S001": 0.5}, constraints=replace(start.constraints, max_turnover=0.6))
    cheap, dear = (ENGINE.solve(each, control()).solved for each in (start, costly))
    assert dear.objective < cheap.objective
    assert dear.gap <= 1e-8
    within = ENGINE.solve(tied, control())
    assert within.turnover <= 0.6 + 1e-9
    assert within.solved.gap <= 1e-8


def test_the_same_problem_has_the_same_answer_to_the_byte() -> None:
    asked = stated(Goal(Objective.RISK))
    assert replayable(ENGINE.solve(asked, control())) == replayable(ENGINE.solve(asked, control()))
    found = ENGINE.solve(asked, control())
    assert to_bytes(from_bytes(Optimum, to_bytes(found))) == to_bytes(found)


def test_a_singular_covariance_is_raised_a_hair_and_says_so() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (8, 12))
    of = Moments(tuple(f"S{i:03d}" for i in range(12)), np.zeros(12), DenseCovariance(252 * np.cov(returns.T)))
    limits = Constraints(cardinality=Cardinality(3), default_bounds=Bounds(0.0, 0.5))
    found = ENGINE.solve(problem(Goal(Objective.RISK), limits, of=of), control()).solved
    assert "lacks full rank" in found.fallbacks[0]
    assert found.bound <= found.objective
    assert found.gap <= 1e-3


def test_too_few_for_the_budget_is_infeasible_and_says_how_many_it_takes() -> None:
    with pytest.raises(Infeasible) as refused:
        ENGINE.solve(stated(Goal(Objective.RISK), Cardinality(2)), control())
    (conflict,) = refused.value.conflicts
    assert (conflict.subject, conflict.limit, conflict.needed) == ("constraints.cardinality.max_assets", 2, 3)
    assert ENGINE.solve(stated(Goal(Objective.RISK), Cardinality(3)), control()).solved.gap <= 1e-8


def test_buy_ins_that_exceed_the_budget_are_infeasible() -> None:
    with pytest.raises(Infeasible, match=r"exactly 6 assets with at least 0\.2"):
        ENGINE.solve(stated(Goal(Objective.RISK), Cardinality(6, exactly=True, min_weight=0.2)), control())


def counted(*groups: AssetCount) -> dict[str, object]:
    return {"cardinality": Cardinality(4, required=("S001",), groups=groups)}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"goal": Goal(Objective.DIVERSIFICATION)}, "constraints.cardinality"),
        ({"max_gross": 2.0}, "constraints.max_gross"),
        ({"max_tracking_error": 0.1}, "constraints.max_tracking_error"),
        ({"max_cvar": CvarLimit(0.1)}, "constraints.max_cvar"),
        ({"default_bounds": Bounds(-0.1, 1.0)}, "constraints.default_bounds.min"),
        ({"bounds": {"S001": Bounds(-0.1, 1.0)}}, 'constraints.bounds["S001"].min'),
        ({"cardinality": Cardinality(40, exactly=True)}, "constraints.cardinality.max_assets"),
        ({"cardinality": Cardinality(1, required=("S001", "S002"))}, "constraints.cardinality.required"),
        (counted(AssetCount("a", ("S001", "NONE"), 1)), "constraints.cardinality.groups[0].symbols"),
        (
            counted(AssetCount("a", ("S001",), 1), AssetCount("b", ("S001",), 1)),
            "constraints.cardinality.groups[1].symbols",
        ),
        (counted(AssetCount("a", ("S001",), 0)), "constraints.cardinality.groups[0].max_assets"),
        ({"cardinality": Cardinality(2, required=("NOBODY",))}, "constraints.cardinality.required"),
        ({"goal": Goal(Objective.RISK_PARITY)}, "constraints.cardinality"),
    ],
)
def test_what_does_not_go_with_it_is_named(changed: dict[str, object], field: str) -> None:
    asked = stated(Goal(Objective.RISK))
    if "goal" in changed:
        asked = replace(asked, goal=changed["goal"])  # type: ignore[arg-type]
    else:
        asked = replace(asked, constraints=replace(asked.constraints, **changed))  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem) as refused:
        ENGINE.solve(asked, control())
    assert field in [violation.field for violation in refused.value.violations]


def test_the_greatest_return_is_what_trying_all_finds() -> None:
    of = moments(7, dense=True)
    limits = Constraints(cardinality=Cardinality(3, min_weight=0.25), default_bounds=Bounds(0.0, 0.45))
    found = ENGINE.solve(problem(Goal(Objective.RETURN), limits, of=of), control()).solved
    best = max(
        ENGINE.solve(problem(Goal(Objective.RETURN), only(of.symbols, held), of=of), control()).solved.objective
        for held in itertools.combinations(of.symbols, 3)
    )
    assert found.objective == pytest.approx(best, abs=1e-9)
    assert found.gap <= 1e-8


def only(symbols: tuple[str, ...], held: tuple[str, ...]) -> Constraints:
    each = {symbol: Bounds(0.25, 0.45) if symbol in held else Bounds(0.0, 0.0) for symbol in symbols}
    return Constraints(bounds=each)


@pytest.mark.parametrize("objective", [Objective.RISK, Objective.TRACKING_ERROR])
def test_a_frontier_holds_few_at_every_point_and_proves_each(objective: Objective) -> None:
    asked = stated(Goal(objective))
    told: list[int] = []
    few = ENGINE.frontier(asked, 7, control(), lambda index, _: told.append(index))
    free = ENGINE.frontier(stated(Goal(objective), None), 7, control())
    returns = [point.measures.expected_return for point in few.points]
    assert told == list(range(7))
    # Buy-ins make for steps: the least risk for a return may earn more than that.
    wanted = np.linspace(returns[0], returns[-1], 7)
    assert (np.array(returns) >= wanted - 1e-9).all()
    best = ENGINE.solve(replace(asked, goal=Goal(Objective.RETURN)), control()).solved.objective
    assert returns[-1] == pytest.approx(best, abs=1e-9)
    for point, least in zip(few.points, wanted, strict=True):
        held = point.weights[point.weights > 0]
        assert held.size <= 4
        assert held.min() >= 0.05 - 1e-12
        assert point.gap <= 1e-8
        assert point.selection is not None
        alone = replace(asked.goal, min_return=float(least) - 1e-9)
        assert point.risk == pytest.approx(
            ENGINE.solve(replace(asked, goal=alone), control()).solved.objective, abs=1e-7
        )
    lower = [point.risk for point in free.points if point.measures.expected_return >= returns[0]]
    assert few.points[0].risk >= lower[0] - 1e-9
    risks = [point.risk for point in few.points]
    assert risks == sorted(risks)


def test_a_frontier_in_a_hurry_tells_the_gap_of_each_point() -> None:
    few = ENGINE.frontier(large(), 5, control(seconds=0.2))
    assert len(few.points) == 5
    assert max(point.gap for point in few.points) > 1e-6
    assert all(point.weights[point.weights > 0].size <= 10 for point in few.points)


def test_it_is_explained_without_shadow_prices() -> None:
    found = ENGINE.explain(stated(Goal(Objective.RISK)), control())
    assert found.explanation.shadow_prices == ()
    assert sum(each.risk.share for each in found.explanation.assets) == pytest.approx(1.0)


def large(near: float = 1e-9) -> Problem:
    random = np.random.default_rng(4)
    loadings = random.normal(0, 0.1, (150, 8))
    loadings[:, 0] += 0.2
    matrix = loadings @ loadings.T + np.diag(random.uniform(0.02, 0.1, 150))
    of = Moments(tuple(f"S{i:03d}" for i in range(150)), random.normal(0.06, 0.03, 150), DenseCovariance(matrix))
    limits = Constraints(cardinality=Cardinality(10, min_weight=0.01))
    return problem(Goal(Objective.RISK), limits, of=of, stop=StopRule(gap_target=near))


def test_incumbents_and_bounds_are_told_as_they_improve_and_the_clock_leaves_the_best() -> None:
    told: list[Progress] = []
    ticks = itertools.count()
    watch = replace(control(told.append), clock=lambda: 0.01 * next(ticks), ends_at=2.0)
    found = ENGINE.solve(large(), watch).solved
    assert found.clock_stopped
    assert [each.bound for each in told] == sorted(each.bound for each in told)
    assert [each.objective for each in told] == sorted((each.objective for each in told), reverse=True)
    assert found.bound <= found.objective
    assert found.objective <= told[0].objective


def test_a_coarser_gap_takes_less() -> None:
    coarse = ENGINE.solve(large(0.05), control()).solved
    assert coarse.gap <= 0.05
    assert not coarse.clock_stopped


def test_who_cancels_gets_nothing() -> None:
    with pytest.raises(Cancelled):
        ENGINE.solve(large(), control(cancelled=lambda: True))


def test_who_has_next_to_no_time_gets_the_first_choice_and_its_gap() -> None:
    found = ENGINE.solve(large(), control(seconds=0.001)).solved
    assert found.clock_stopped
    assert found.selection is not None
    assert found.selection.nodes == 1
    assert 0 < found.gap < 0.5


def draws(found: Optimum) -> Draws:
    assert found.solved.selection is not None
    assert found.solved.selection.draws is not None
    return found.solved.selection.draws


@pytest.mark.parametrize("objective", [Objective.RISK, Objective.UTILITY, Objective.SHARPE])
def test_drawing_proves_the_same_and_says_what_it_drew(objective: Objective) -> None:
    asked = stated(Goal(objective, risk_aversion=3.0), dense=True)
    plain, drawn = ENGINE.solve(asked, control()), ENGINE.solve(replace(asked, sampling=Sampling()), control())
    assert drawn.solved.objective == pytest.approx(plain.solved.objective, abs=1e-9)
    assert drawn.solved.gap <= 1e-8
    told = draws(drawn)
    assert (told.kind, told.held, len(told.symbols), told.choices) == (SamplerKind.QAOA, 4, 16, 1820)
    assert told.exact
    assert told.feasible == told.shots == 256
    assert told.circuit is not None
    assert 1 <= told.circuit.amplification <= told.circuit.ceiling
    assert plain.solved.selection is not None
    assert plain.solved.selection.draws is None


def test_equal_seeds_draw_alike_to_the_byte() -> None:
    asked = replace(stated(Goal(Objective.RISK), dense=True), sampling=Sampling(), seed=5)
    one, same = (ENGINE.solve(asked, control()) for _ in range(2))
    other = ENGINE.solve(replace(asked, seed=6), control())
    assert replayable(one) == replayable(same)
    assert draws(one).distinct != draws(other).distinct
    assert to_bytes(from_bytes(Optimum, to_bytes(one))) == to_bytes(one)


def test_nothing_is_drawn_where_the_first_bound_is_proof() -> None:
    asked = replace(stated(Goal(Objective.UTILITY, risk_aversion=0.01)), sampling=Sampling())
    found = ENGINE.solve(asked, control()).solved
    assert found.selection is not None
    assert (found.selection.nodes, found.selection.draws) == (1, None)


@pytest.mark.parametrize(
    ("sampling", "cardinality", "field"),
    [
        (Sampling(), None, "sampling"),
        (Sampling(assets=4), FEW, "sampling.assets"),
        (Sampling(assets=19, mixer=Mixer.TRANSVERSE), FEW, "sampling.assets"),
        (Sampling(SamplerKind.ANNEALING, with_circuit=True), FEW, "sampling.with_circuit"),
    ],
)
def test_what_cannot_be_drawn_is_refused(sampling: Sampling, cardinality: Cardinality | None, field: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        ENGINE.solve(replace(stated(Goal(Objective.RISK), cardinality), sampling=sampling), control())
    assert [violation.field for violation in refused.value.violations] == [field]


def failing(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    raise SolverFailed("branch_and_bound", "it broke")


@pytest.mark.parametrize("objective", sorted(CHOOSABLE))
@pytest.mark.parametrize("exactly", [False, True])
def test_where_the_search_fails_the_classical_engines_choose_and_say_so(objective: Objective, exactly: bool) -> None:
    broken = ChoosingEngine([replace(CHOICE, solve=failing), *(each for each in ALL if each is not CHOICE)])
    few = (AssetCount("some", ("S000", "S003", "S004", "S005"), 1),)
    wanted = Cardinality(4, exactly, min_weight=0.05, required=("S002",), groups=few)
    asked = stated(Goal(objective, risk_aversion=3.0), wanted)
    found, best = broken.solve(asked, control()).solved, ENGINE.solve(asked, control()).solved
    held = found.weights[found.weights > 0]
    assert held.size == 4 if exactly else held.size <= 4
    assert held.min() >= 0.05 - 1e-9
    assert found.weights[2] > 0
    assert found.selection is not None
    assert found.selection.found_by == "mean_variance"
    assert np.count_nonzero(found.weights[[0, 3, 4, 5]]) <= 1
    assert found.fallbacks[0] == "branch_and_bound: it broke"
    sign = 1 if asked.goal.maximizes else -1
    assert sign * found.objective <= sign * best.objective + 1e-8 <= sign * found.bound + 1e-7
    assert found.gap == pytest.approx(relative_gap(found.objective, found.bound))


def test_a_sampler_that_breaks_or_has_no_time_is_told_and_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replace(stated(Goal(Objective.RISK), dense=True), sampling=Sampling())
    proven = ENGINE.solve(asked, control()).solved.objective

    def broken(*_: object) -> None:
        raise np.linalg.LinAlgError("it did not converge")

    monkeypatch.setattr(drawing, "landscape", broken)
    found = ENGINE.solve(asked, control()).solved
    assert found.fallbacks == ("qaoa: it did not converge",)
    assert found.objective == pytest.approx(proven, abs=1e-12)
    assert found.selection is not None
    assert found.selection.draws is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("objective", [Objective.RISK, Objective.UTILITY])
def test_what_is_ruled_out_on_the_way_is_not_the_best(objective: Objective, seed: int) -> None:
    """Over sample covariances, whose parts learn diagonals of their own."""
    random = np.random.default_rng(seed)
    market = random.normal(0, 0.03, (60, 1)) + random.normal(0, 0.03, (60, 16))
    names = tuple(f"S{i:03d}" for i in range(16))
    of = Moments(names, random.normal(0.06, 0.04, 16), DenseCovariance(12 * np.cov(market.T)))
    goal, free = Goal(objective, risk_aversion=6.0), Bounds(0.1, 1.0)
    few = Constraints(cardinality=Cardinality(3, min_weight=0.1))
    found = ENGINE.solve(problem(goal, few, of=of), control()).solved
    values = []
    for held in itertools.chain.from_iterable(itertools.combinations(range(16), size) for size in (1, 2, 3)):
        part = Moments(
            tuple(names[i] for i in held),
            of.expected_returns[list(held)],
            DenseCovariance(of.covariance.full()[np.ix_(held, held)]),
        )
        alone = problem(goal, Constraints(default_bounds=free), of=part)
        values.append(ENGINE.solve(alone, control()).solved.objective)
    best = max(values) if goal.maximizes else min(values)
    assert found.objective == pytest.approx(best, abs=1e-8)
    assert found.bound == pytest.approx(best, abs=1e-8)
