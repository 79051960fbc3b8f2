"""The least CVaR against the mathematics: a full linear program, symmetry, certificates, the clock."""

from __future__ import annotations

from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.engine import Control, Progress
from services.optimizer.domain.errors import Cancelled, Infeasible, OutOfTime, SolverFailed
from services.optimizer.domain.solvers.cvar import CvarSolved, Scenarios, minimize_cvar
from services.optimizer.domain.solvers.cvar.region import Region
from tests.optimizer.domain.cvar import worlds as oracle
from tests.optimizer.domain.cvar.worlds import World, admissible, returns, with_row, worlds
from tests.optimizer.problems import control

thorough = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def least(world: World, watch: Control | None = None) -> CvarSolved:
    return minimize_cvar(world.admissible, world.scenarios, watch or control(), gross=world.gross)


@thorough
@given(worlds())
def test_the_full_linear_program_has_the_same_least(world: World) -> None:
    assert least(world).solved.objective == pytest.approx(oracle.least_cvar(world), abs=1e-9)


@thorough
@given(worlds())
def test_the_weights_are_admissible_and_the_gap_is_nil(world: World) -> None:
    found = least(world)
    assert Region.of(world.admissible, world.gross).violation(found.solved.weights) <= 1e-9
    assert found.solved.gap <= 1e-12
    assert found.solved.objective == world.scenarios.tail(found.solved.weights).cvar == found.tail.cvar


@thorough
@given(worlds())
def test_every_bound_on_the_way_holds(world: World) -> None:
    steps: list[Progress] = []
    found = least(world, control(steps.append))
    assert steps
    for step in steps:
        assert step.bound <= found.solved.objective + 1e-13
        assert step.objective >= found.solved.objective
    assert found.solved.bound <= found.solved.objective


@thorough
@given(worlds(), st.floats(0.3, 0.95))
def test_tighter_bounds_never_lower_cvar(world: World, share: float) -> None:
    found, of = least(world), world.admissible
    tighter = replace(of, lower=np.maximum(of.lower, share * of.lower), upper=of.upper * share)
    try:
        worse = least(replace(world, admissible=tighter))
    except (Infeasible, SolverFailed):
        return
    assert worse.solved.objective >= found.solved.objective - 1e-12


@thorough
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_scenarios_and_assets_does_not_matter(world: World, random: object) -> None:
    of = world.admissible
    lines, columns = list(range(world.returns.shape[0])), list(range(of.assets))
    random.shuffle(lines)  # type: ignore[attr-defined]
    random.shuffle(columns)  # type: ignore[attr-defined]
    shuffled = replace(
        world,
        admissible=replace(
            of,
            lower=of.lower[columns],
            upper=of.upper[columns],
            matrix=of.matrix[:, columns],
            start=of.start[columns],
        ),
        returns=world.returns[np.ix_(lines, columns)],
        probabilities=None if world.probabilities is None else world.probabilities[lines],
    )
    assert least(shuffled).solved.objective == pytest.approx(least(world).solved.objective, abs=1e-12)


@thorough
@given(worlds(), st.floats(0.01, 100.0))
def test_the_unit_of_the_returns_does_not_matter(world: World, unit: float) -> None:
    scaled = least(replace(world, returns=world.returns * unit))
    assert scaled.solved.objective == pytest.approx(unit * least(world).solved.objective, abs=1e-11 * unit)


@thorough
@given(worlds())
def test_multipliers_press_only_where_a_limit_is_reached(world: World) -> None:
    found, of = least(world), world.admissible
    held, price = of.matrix @ found.solved.weights, found.multipliers.rows
    assert (np.minimum(np.maximum(price, 0.0), of.cap - held) <= 1e-9).all()
    assert (np.minimum(np.maximum(-price, 0.0), held - of.floor) <= 1e-9).all()
    if of.turnover is not None:
        spare = of.turnover - 0.5 * float(np.abs(found.solved.weights - of.start).sum())
        assert min(found.multipliers.turnover, spare) <= 1e-9
    if world.gross is not None:
        assert min(found.gross_price, world.gross - float(np.abs(found.solved.weights).sum())) <= 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_cvxpy_finds_the_same_least(seed: int) -> None:
    base = returns(200, 12, seed)
    start = np.full(12, 1 / 12)
    of = with_row(admissible(12, -0.2, 0.4, 0.6, start), [1.0] * 4 + [0.0] * 8, 0.1, 0.3)
    w, alpha = cp.Variable(12), cp.Variable()
    cvar = alpha + cp.sum(cp.pos(-base @ w - alpha)) / (0.1 * 200)
    limits = [cp.sum(w) == 1, w >= -0.2, w <= 0.4, cp.sum(w[:4]) >= 0.1, cp.sum(w[:4]) <= 0.3]
    limits += [0.5 * cp.norm1(w - start) <= 0.6, cp.norm1(w) <= 1.5]
    stated = cp.Problem(cp.Minimize(100 * cvar), limits)
    stated.solve(solver=cp.CLARABEL)
    found = minimize_cvar(of, Scenarios.of(base, 0.9), control(), gross=1.5)
    assert found.solved.objective == pytest.approx(stated.value / 100, abs=1e-8)


def test_few_of_many_scenarios_enter() -> None:
    base = returns(3000, 30)
    found = minimize_cvar(admissible(30), Scenarios.of(base, 0.95), control())
    assert found.entered < 750
    assert found.solved.gap <= 1e-12


def test_the_price_of_a_limit_is_what_moving_it_is_worth() -> None:
    base, step = Scenarios.of(returns(300, 6), 0.9), 1e-5
    of = with_row(admissible(6, 0.0, 0.5), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0], 0.6, np.inf)
    moved = replace(of, floor=of.floor - [0.0, step])
    found, better = minimize_cvar(of, base, control()), minimize_cvar(moved, base, control())
    assert found.multipliers.rows[1] < 0
    gain = found.solved.objective - better.solved.objective
    assert gain == pytest.approx(-found.multipliers.rows[1] * step, rel=1e-6)


def test_the_price_of_gross_leverage_is_what_moving_it_is_worth() -> None:
    base, step = Scenarios.of(returns(300, 6), 0.9), 1e-5
    of = admissible(6, -1.0, 1.0)
    found, better = (minimize_cvar(of, base, control(), gross=gross) for gross in (1.1, 1.1 + step))
    assert found.gross_price > 0
    gain = found.solved.objective - better.solved.objective
    assert gain == pytest.approx(found.gross_price * step, rel=1e-6)


def test_one_asset_and_one_scenario_have_one_answer() -> None:
    found = minimize_cvar(admissible(1), Scenarios.of(np.array([[-0.03]]), 0.95), control())
    assert found.solved.weights.tolist() == [1.0]
    assert found.solved.objective == pytest.approx(0.03)


def test_assets_that_never_move_have_no_cvar() -> None:
    found = minimize_cvar(admissible(3), Scenarios.of(np.zeros((5, 3)), 0.95), control())
    assert found.solved.objective == found.solved.bound == 0
    assert found.solved.weights.sum() == pytest.approx(1.0)


def test_assets_alike_are_as_good_as_one() -> None:
    base = returns(100, 1)
    found = minimize_cvar(admissible(5, 0.0, 0.4), Scenarios.of(np.repeat(base, 5, axis=1), 0.9), control())
    assert found.solved.objective == pytest.approx(Scenarios.of(base, 0.9).tail(np.ones(1)).cvar, abs=1e-14)


def test_pinned_assets_leave_their_own_cvar() -> None:
    pinned, base = np.array([0.2, 0.3, 0.5]), Scenarios.of(returns(50, 3), 0.9)
    of = replace(admissible(3), lower=pinned, upper=pinned)
    assert minimize_cvar(of, base, control()).solved.objective == pytest.approx(base.tail(pinned).cvar, abs=1e-15)


def test_a_wide_gap_that_was_asked_for_is_kept_and_told() -> None:
    base = Scenarios.of(returns(1000, 20), 0.95)
    exact = minimize_cvar(admissible(20), base, control())
    found = minimize_cvar(admissible(20), base, control(), gap_target=1e-2)
    assert found.solved.gap <= 1e-2
    assert found.solved.bound <= exact.solved.objective <= found.solved.objective
    assert found.solved.iterations <= exact.solved.iterations


def test_gross_leverage_out_of_reach_is_named_with_what_is_within_reach() -> None:
    of = with_row(admissible(4, -1.0, 1.0), [1.0, 0.0, 0.0, 0.0], -np.inf, -0.25)
    base = Scenarios.of(returns(50, 4), 0.9)
    with pytest.raises(Infeasible) as raised:
        minimize_cvar(of, base, control(), gross=1.2)
    (conflict,) = raised.value.conflicts
    assert (conflict.type, conflict.limit) == ("MAX_GROSS", 1.2)
    assert conflict.needed == pytest.approx(1.5, abs=2e-6)
    assert minimize_cvar(of, base, control(), gross=conflict.needed).solved.gap <= 1e-12


def test_an_empty_set_is_no_answer() -> None:
    with pytest.raises(SolverFailed):
        minimize_cvar(admissible(3, 0.0, 0.2), Scenarios.of(returns(50, 3), 0.9), control())


def test_without_time_there_is_no_answer() -> None:
    with pytest.raises(OutOfTime):
        minimize_cvar(admissible(6), Scenarios.of(returns(100, 6), 0.9), control(seconds=0.0))


def test_a_solve_that_is_not_wanted_stops() -> None:
    with pytest.raises(Cancelled):
        minimize_cvar(admissible(6), Scenarios.of(returns(100, 6), 0.9), control(cancelled=lambda: True))


def test_when_the_time_is_up_the_best_yet_is_the_answer() -> None:
    now = [0.0]
    base = Scenarios.of(returns(1000, 20), 0.95)

    def spend(progress: Progress) -> None:
        now[0] = 100.0

    found = minimize_cvar(admissible(20), base, Control(lambda: now[0], 50.0, report=spend))
    exact = minimize_cvar(admissible(20), base, control())
    assert found.solved.clock_stopped
    assert found.solved.bound < exact.solved.objective < found.solved.objective
    assert admissible(20).violation(found.solved.weights) <= 1e-9


def test_a_long_run_is_asked_again_whether_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    base = Scenarios.of(returns(400, 40), 0.9)
    whole = minimize_cvar(admissible(40), base, control())
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(0)
        return False

    monkeypatch.setattr("services.optimizer.domain.solvers.cvar.live_program.ITERATIONS_AT_ONCE", 20)
    pieces = minimize_cvar(admissible(40), base, control(cancelled=cancelled))
    assert pieces.solved.objective == pytest.approx(whole.solved.objective, abs=1e-14)
    assert len(asked) >= pieces.solved.iterations / 20


def test_the_same_problem_has_the_same_weights_to_the_bit() -> None:
    base = Scenarios.of(returns(500, 20), 0.95)
    one, other = (minimize_cvar(admissible(20), base, control()) for _ in range(2))
    assert one.solved.weights.tobytes() == other.solved.weights.tobytes()
