"""A batch finds what single solves find; a portfolio that fails, fails alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.optimizer.domain.batch import header as headers
from services.optimizer.domain.batch.alone import problem_of
from services.optimizer.domain.batch.answers import Outcome
from services.optimizer.domain.batch.frame import FIELDS, Frame
from services.optimizer.domain.batch.sweep import Sweep
from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.errors import Cancelled, InvalidProblem, OutOfTime
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.solvers.newton_quadratics import LARGEST_DENSE
from tests.optimizer.domain.batch.streams import (
    ASSETS,
    COSTS,
    ENGINE,
    LIMITS,
    RISK,
    UTILITY,
    frame,
    header,
    numbers,
    spoiled,
    swept,
)
from tests.optimizer.problems import control, moments

ANY = st.sets(st.sampled_from(FIELDS)).map(sorted)
IDLE = {"mu_tilts", "risk_aversions"}
STRANGE = Constraints(groups=(Group("g", ("KO",), max=1.0),))
DENSE = moments(LARGEST_DENSE + 1, dense=True)
NOTHING_OWN = FactorCovariance(np.ones((12, 1)), np.zeros(12))


def single(stated, of, index):
    """What Solve finds for one portfolio of a frame."""
    sweep = Sweep(stated)
    return ENGINE.solve(problem_of(sweep.shared, numbers(of).part(index, index + 1)), control())


@settings(max_examples=25, deadline=None)
@given(fields=ANY, seed=st.integers(0, 10_000), costly=st.booleans(), least_risk=st.booleans())
def test_a_batch_finds_what_single_solves_find(fields, seed, costly, least_risk):
    fields = [field for field in fields if not (least_risk and field in IDLE)]
    stated = header(RISK if least_risk else UTILITY, costs=COSTS if costly else None, seed=seed)
    of = frame(3, *fields, seed=seed)
    answers = swept(stated, of)
    assert answers.outcomes.tolist() == [Outcome.SOLVED] * 3
    assert np.all(answers.residuals <= 1e-9)
    for index in range(3):
        alone = single(stated, of, index)
        assert answers.objectives[index] == pytest.approx(alone.solved.objective, abs=1e-9)
        assert np.abs(answers.weights[index] - alone.solved.weights).max() < 1e-7


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), least_risk=st.booleans())
def test_no_bound_is_beaten_and_all_are_tight(seed, least_risk):
    fields = set(FIELDS) - (IDLE if least_risk else set())
    stated = header(RISK if least_risk else UTILITY, costs=COSTS, seed=seed)
    answers = swept(stated, frame(8, *fields, seed=seed))
    slack = (answers.objectives - answers.bounds) * (1 if least_risk else -1)
    assert np.all(slack >= 0)
    assert np.all(slack <= 1e-9)


def test_turnover_and_gross_limits_are_kept_portfolio_by_portfolio():
    limits = replace(LIMITS, default_bounds=Bounds(-0.3, 1.0), max_turnover=0.2, max_gross=1.4)
    of = frame(6, "mu_tilts", "holdings")
    stated = header(constraints=limits)
    answers = swept(stated, of)
    moved = 0.5 * np.abs(answers.weights - numbers(of).holdings).sum(axis=1)
    assert answers.outcomes.tolist() == [Outcome.SOLVED] * 6
    assert np.all(moved <= 0.2 + 1e-9)
    assert np.all(np.abs(answers.weights).sum(axis=1) <= 1.4 + 1e-9)
    assert answers.objectives[4] == pytest.approx(single(stated, of, 4).solved.objective, abs=1e-9)


def test_a_dense_covariance_of_few_assets_is_taken():
    of = frame(4, "mu_tilts", "caps")
    dense, factors = swept(header(dense=True), of), swept(header(), of)
    assert dense.objectives == pytest.approx(factors.objectives, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_a_portfolio_s_answer_is_the_same_in_whatever_company(data):
    """To the byte: frames can be cut as one likes."""
    of = numbers(frame(9, "mu_tilts", "risk_aversions", "upper", "holdings"))
    order = np.array(data.draw(st.permutations(range(9)))[: data.draw(st.integers(1, 9))])
    sweep = Sweep(header(costs=COSTS))
    all_of_them, some = (sweep.solve(each, ENGINE, control()) for each in (of, of.only(order)))
    assert np.array_equal(all_of_them.weights[order], some.weights)
    assert np.array_equal(all_of_them.objectives[order], some.objectives)


def test_parts_between_two_looks_at_the_clock_change_nothing(monkeypatch):
    of = numbers(frame(9, "mu_tilts", "risk_aversions"))
    sweep = Sweep(header())
    whole = sweep.solve(of, ENGINE, control())
    monkeypatch.setattr(Sweep, "part", 2)
    assert np.array_equal(sweep.solve(of, ENGINE, control()).weights, whole.weights)


def test_a_tighter_cap_never_improves_the_objective():
    stated, free = header(), frame(5, "mu_tilts", seed=3)
    loose, tight = (replace(free, caps=np.full(5, cap).tobytes()) for cap in (0.5, 0.2))
    assert np.all(swept(stated, tight).objectives <= swept(stated, loose).objectives + 1e-12)


@pytest.mark.parametrize(
    ("field", "value", "mend"),
    [
        ("mu_tilts", math.nan, "mu_tilts: must be finite"),
        ("holdings", math.inf, "holdings: must be finite"),
        ("row_caps", -math.inf, "row_caps: must be finite"),
        ("caps", math.nan, "caps: must be finite"),
        ("risk_aversions", 0.0, "risk_aversions: must be above 0"),
        ("commissions", -0.001, "commissions: must not be below 0"),
        ("portfolio_values", 0.0, "portfolio_values: must be above 0"),
        ("lower", 2.0, "lower: must not exceed upper"),
    ],
)
def test_a_portfolio_that_makes_no_sense_fails_alone(field, value, mend):
    good = frame(5, *FIELDS)
    stated = header(costs=COSTS)
    answers, wanted = swept(stated, spoiled(good, field, 2, value)), swept(stated, good)
    assert answers.outcomes.tolist() == [1, 1, Outcome.INVALID, 1, 1]
    [failure] = answers.failures
    assert (failure.index, failure.outcome) == (2, Outcome.INVALID)
    assert failure.description.startswith(mend)
    assert np.isnan(answers.weights[2]).all()
    assert math.isnan(answers.objectives[2])
    others = [0, 1, 3, 4]
    assert np.array_equal(answers.weights[others], wanted.weights[others])


def test_an_infeasible_portfolio_fails_alone_and_says_what_is_in_conflict():
    good = frame(4, "mu_tilts", "caps")
    answers = swept(header(), spoiled(good, "caps", 1, 0.05))
    assert answers.outcomes.tolist() == [1, Outcome.INFEASIBLE, 1, 1]
    [failure] = answers.failures
    assert failure.index == 1
    assert "no weights satisfy the constraints" in failure.description
    assert answers.fallbacks == 1


def test_failures_of_both_kinds_are_told_in_order():
    bad = spoiled(spoiled(frame(5, "mu_tilts", "caps"), "caps", 3, 0.05), "mu_tilts", 1, math.nan)
    bad = spoiled(bad, "mu_tilts", 4, math.nan)
    answers = swept(header(), bad, weights=False)
    assert [(each.index, each.outcome) for each in answers.failures] == [
        (1, Outcome.INVALID),
        (3, Outcome.INFEASIBLE),
        (4, Outcome.INVALID),
    ]
    assert answers.weights.size == 0
    assert np.isfinite(answers.objectives[[0, 2]]).all()


def test_a_frame_of_nothing_but_nonsense_has_an_answer():
    of = Frame(3, mu_tilts=np.full((3, ASSETS), np.nan).tobytes())
    assert swept(header(), of).outcomes.tolist() == [Outcome.INVALID] * 3


def test_what_the_quick_method_does_not_settle_the_engine_does(monkeypatch):
    """The method is told to give up at once, and nobody notices but the count."""
    of = frame(4, "mu_tilts", "risk_aversions", "holdings")
    stated = header(costs=COSTS)
    wanted = swept(stated, of)
    sweep = Sweep(stated)
    hurried = sweep._newton.solve_many
    monkeypatch.setattr(sweep._newton, "solve_many", lambda *args, **given: hurried(*args, **given, most_steps=1))
    answers = sweep.solve(numbers(of), ENGINE, control())
    assert (answers.fallbacks, answers.failures) == (4, ())
    assert answers.objectives == pytest.approx(wanted.objectives, abs=1e-8)


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        (header(Goal(Objective.SHARPE)), "header.goal.objective"),
        (header(constraints=replace(LIMITS, max_tracking_error=0.1)), "header.constraints.max_tracking_error"),
        (header(constraints=STRANGE), "header.constraints.groups[0].symbols"),
        (replace(header(constraints=Constraints()), moments=DENSE), "header.universe_id"),
        (replace(header(), moments=replace(moments(), covariance=NOTHING_OWN)), "header.universe_id"),
    ],
    ids=["goal", "tracking error", "strangers", "dense", "no specific variance"],
)  # fmt: skip
def test_a_header_that_a_batch_does_not_take_is_refused_by_field(stated, field):
    with pytest.raises(InvalidProblem) as raised:
        Sweep(stated)
    assert raised.value.violations[0].field == field


def test_the_same_number_of_assets_is_too_dense_for_both():
    assert headers.LARGEST_DENSE == LARGEST_DENSE


def test_a_frame_stops_when_it_is_cancelled_and_when_its_time_is_over():
    sweep, of = Sweep(header()), numbers(frame(3, "mu_tilts"))
    with pytest.raises(Cancelled):
        sweep.solve(of, ENGINE, control(cancelled=lambda: True))
    with pytest.raises(OutOfTime):
        sweep.solve(of, ENGINE, control(seconds=0))
