"""The domain's answers beside those of PyPortfolioOpt, skfolio and Riskfolio-Lib, on real and on simulated returns.

An optimum is told from a worse one by its objective: ours is never worse than a library's by more than rounding, and a
library's, where it stays within the limits, never better. Weights agree to what the library's solver leaves open.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pypfopt
import pytest
import riskfolio
from skfolio import RiskMeasure
from skfolio.datasets import load_sp500_dataset
from skfolio.optimization import MeanRisk, ObjectiveFunction, RiskBudgeting
from skfolio.prior import BasePrior, ReturnDistribution

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.solvers.cvar import conditional_value_at_risk
from services.optimizer.domain.vectors import vector
from tests.optimizer.problems import control

SESSIONS, LARGEST, GROUP, GROUP_CAP = 500, 0.2, 6, 0.08
RATE, AVERSION, CONFIDENCE = 0.01, 5.0, 0.95
# Of objectives per year, of ratios, and of CVaR, relatively: what an interior-point or an ADMM solver leaves open.
BETTER, WORSE = 1e-9, 1e-6
# Of weights: a goal is flat at its optimum.
SAME_WEIGHTS = 1e-4


@dataclass(frozen=True)
class World:
    """Returns per session, T × N, and what a library wants to know of them."""

    returns: pd.DataFrame

    @property
    def names(self) -> list[str]:
        return list(self.returns.columns)

    @cached_property
    def expected(self) -> pd.Series:
        return 252 * self.returns.mean()

    @cached_property
    def covariance(self) -> pd.DataFrame:
        return 252 * self.returns.cov()

    def solved(self, goal: Goal, *, limited: bool = True) -> Optimum:
        covariance = DenseCovariance(vector(self.covariance.to_numpy()))
        moments = Moments(
            tuple(self.names), vector(self.expected), covariance, SESSIONS, scenarios=vector(self.returns.to_numpy())
        )
        group = Group("first", tuple(self.names[:GROUP]), max=GROUP_CAP)
        limits = Constraints(default_bounds=Bounds(0.0, LARGEST), groups=(group,)) if limited else Constraints()
        return ChoosingEngine().solve(Problem(moments, goal, limits), control())

    def variance(self, w: np.ndarray) -> float:
        return float(w @ self.covariance.to_numpy() @ w)

    def utility(self, w: np.ndarray) -> float:
        return float(self.expected.to_numpy() @ w) - 0.5 * AVERSION * self.variance(w)

    def volatility(self, w: np.ndarray) -> float:
        return float(np.sqrt(self.variance(w)))

    def sharpe(self, w: np.ndarray) -> float:
        return (float(self.expected.to_numpy() @ w) - RATE) / self.volatility(w)

    def cvar(self, w: np.ndarray) -> float:
        return conditional_value_at_risk(self.returns.to_numpy(), w, CONFIDENCE).cvar


def real() -> World:
    """Twenty stocks of the S&P 500 over two years."""
    return World(load_sp500_dataset().pct_change().dropna().iloc[-SESSIONS:])


def simulated() -> World:
    """Thirty assets over three factors, with fat tails."""
    random = np.random.default_rng(5)
    loadings = 0.3 * random.standard_normal((30, 3))
    loadings[:, 0] += 1.0
    common = 0.009 * random.standard_t(5, (SESSIONS, 3)) @ loadings.T
    drawn = 0.0003 + common + 0.01 * random.standard_t(5, (SESSIONS, 30))
    days = pd.date_range("2020-01-01", periods=SESSIONS, freq="B")
    return World(pd.DataFrame(drawn, days, [f"S{index:02d}" for index in range(30)]))


@pytest.fixture(scope="module", params=[real, simulated], ids=["sp500", "simulated"])
def world(request) -> World:
    return request.param()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The libraries warn of each other's deprecations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


Library = Callable[[World, Objective], np.ndarray]


def by_pypfopt(world: World, objective: Objective) -> np.ndarray:
    if objective is Objective.CVAR:
        tail = pypfopt.EfficientCVaR(world.expected, world.returns, beta=CONFIDENCE, weight_bounds=(0, LARGEST))
        tail.add_sector_constraints(sectors(world), {}, {"first": GROUP_CAP})
        tail.min_cvar()
        return np.asarray(tail.weights)
    frontier = pypfopt.EfficientFrontier(world.expected, world.covariance, weight_bounds=(0, LARGEST))
    frontier.add_sector_constraints(sectors(world), {}, {"first": GROUP_CAP})
    match objective:
        case Objective.UTILITY:
            frontier.max_quadratic_utility(risk_aversion=AVERSION)
        case Objective.RISK:
            frontier.min_volatility()
        case _:
            frontier.max_sharpe(risk_free_rate=RATE)
    return np.asarray(frontier.weights)


def by_skfolio(world: World, objective: Objective) -> np.ndarray:
    goals = {
        Objective.UTILITY: ObjectiveFunction.MAXIMIZE_UTILITY,
        Objective.SHARPE: ObjectiveFunction.MAXIMIZE_RATIO,
    }
    solver = MeanRisk(
        objective_function=goals.get(objective, ObjectiveFunction.MINIMIZE_RISK),
        risk_measure=RiskMeasure.CVAR if objective is Objective.CVAR else RiskMeasure.VARIANCE,
        cvar_beta=CONFIDENCE,
        risk_aversion=AVERSION / 2,
        risk_free_rate=RATE,
        max_weights=LARGEST,
        groups=[[sectors(world)[name] for name in world.names]],
        linear_constraints=[f"first <= {GROUP_CAP}"],
        prior_estimator=known(world),
    )
    return np.asarray(solver.fit(world.returns).weights_)


def by_riskfolio(world: World, objective: Objective) -> np.ndarray:
    portfolio = riskfolio.Portfolio(returns=world.returns, upperlng=LARGEST, alpha=1 - CONFIDENCE)
    portfolio.mu, portfolio.cov = world.expected.to_frame().T, world.covariance
    portfolio.solvers = ["CLARABEL"]
    portfolio.ainequality = np.array([[float(index < GROUP) for index in range(len(world.names))]])
    portfolio.binequality = np.array([[GROUP_CAP]])
    goals = {Objective.UTILITY: "Utility", Objective.SHARPE: "Sharpe"}
    measure = "CVaR" if objective is Objective.CVAR else "MV"
    found = portfolio.optimization(
        model="Classic", rm=measure, obj=goals.get(objective, "MinRisk"), rf=RATE, l=AVERSION / 2, hist=True
    )
    return found.to_numpy().ravel()


def sectors(world: World) -> dict[str, str]:
    return {name: "first" if index < GROUP else "others" for index, name in enumerate(world.names)}


def known(world: World) -> BasePrior:
    """The moments as they are: skfolio would estimate its own, per session."""

    class Known(BasePrior):
        def __init__(self) -> None:
            pass

        def fit(self, X, y=None, **_):
            self.return_distribution_ = ReturnDistribution(
                mu=world.expected.to_numpy(), covariance=world.covariance.to_numpy(), returns=world.returns.to_numpy()
            )
            return self

    return Known()


LIBRARIES = pytest.mark.parametrize("library", [by_pypfopt, by_skfolio, by_riskfolio])
# By objective: the goal, what is measured of weights, and whether more of it is better.
MEASURED = {
    Objective.UTILITY: (Goal(Objective.UTILITY, risk_aversion=AVERSION), World.utility, True),
    Objective.RISK: (Goal(Objective.RISK), World.volatility, False),
    Objective.SHARPE: (Goal(Objective.SHARPE, risk_free_rate=RATE), World.sharpe, True),
    Objective.CVAR: (Goal(Objective.CVAR, cvar_confidence=CONFIDENCE), World.cvar, False),
}


@pytest.fixture(scope="module")
def ours(world: World) -> dict[Objective, Optimum]:
    return {objective: world.solved(goal) for objective, (goal, _, _) in MEASURED.items()}


@LIBRARIES
@pytest.mark.parametrize("objective", MEASURED)
def test_no_library_finds_better_weights_nor_much_worse_ones(
    world: World, ours: dict[Objective, Optimum], objective: Objective, library: Library
) -> None:
    _, measure, more_is_better = MEASURED[objective]
    theirs, found = library(world, objective), ours[objective].solved
    assert found.objective == pytest.approx(measure(world, found.weights), rel=1e-9)
    gained = (measure(world, found.weights) - measure(world, theirs)) * (1 if more_is_better else -1)
    size = max(1.0, abs(found.objective)) if more_is_better else abs(found.objective)
    assert -BETTER * size <= gained <= WORSE * size


@LIBRARIES
@pytest.mark.parametrize("objective", MEASURED)
def test_weights_are_those_of_the_libraries(
    world: World, ours: dict[Objective, Optimum], objective: Objective, library: Library
) -> None:
    assert ours[objective].solved.weights == pytest.approx(library(world, objective), abs=SAME_WEIGHTS)


@pytest.mark.parametrize("objective", MEASURED)
def test_our_weights_keep_the_limits_to_rounding_though_these_press(
    ours: dict[Objective, Optimum], objective: Objective
) -> None:
    w = ours[objective].solved.weights
    assert abs(w.sum() - 1) <= 1e-10
    assert w.min() >= -1e-12
    assert w.max() <= LARGEST + 1e-12
    assert w[:GROUP].sum() == pytest.approx(GROUP_CAP, abs=1e-10)


def test_hierarchical_risk_parity_has_the_weights_of_pyportfolioopt_and_riskfolio(world: World) -> None:
    found = world.solved(Goal(Objective.HIERARCHICAL_RISK_PARITY), limited=False).solved.weights
    bisected = pypfopt.HRPOpt(cov_matrix=world.covariance).optimize("single")
    assert found == pytest.approx([bisected[name] for name in world.names], abs=1e-12)
    portfolio = riskfolio.HCPortfolio(returns=world.returns)
    theirs = portfolio.optimization(model="HRP", codependence="pearson", rm="MV", linkage="single", leaf_order=False)
    assert found == pytest.approx(theirs.to_numpy().ravel(), abs=1e-12)


def by_skfolios_budgeting(world: World) -> np.ndarray:
    solver = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, prior_estimator=known(world))
    return np.asarray(solver.fit(world.returns).weights_)


def by_riskfolios_budgeting(world: World) -> np.ndarray:
    portfolio = riskfolio.Portfolio(returns=world.returns)
    portfolio.assets_stats(method_mu="hist", method_cov="hist")
    portfolio.solvers = ["CLARABEL"]
    return portfolio.rp_optimization(model="Classic", rm="MV", rf=0, b=None, hist=True).to_numpy().ravel()


@pytest.mark.parametrize("budgeting", [by_skfolios_budgeting, by_riskfolios_budgeting])
def test_risk_parity_has_the_libraries_weights_and_contributions_nearer_to_equal(world: World, budgeting) -> None:
    found, theirs = world.solved(Goal(Objective.RISK_PARITY), limited=False).solved.weights, budgeting(world)

    def unequal(w: np.ndarray) -> float:
        contributions = w * (world.covariance.to_numpy() @ w) / world.variance(w)
        return float(np.abs(contributions * len(w) - 1).max())

    assert found == pytest.approx(theirs, abs=1e-5)
    assert unequal(found) <= min(1e-9, unequal(theirs))
