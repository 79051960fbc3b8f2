"""Four portfolio libraries on the same problems, each with its input in the form that it takes, made beforehand.

Covariances and limits as their manuals state them; the solvers are their defaults, or Clarabel where one must be named.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.optimizer.clock import Solve
from benchmarks.optimizer.universe import AVERSION, GROUP_CAP, GROUPS, LARGEST, Universe
from services.optimizer.domain.vectors import Vector

_SESSIONS = 60
_CAPS = {f"G{group}": GROUP_CAP for group in range(GROUPS)}


def pypfopt_utility(of: Universe) -> Solve:
    """EfficientFrontier.max_quadratic_utility with sector constraints."""
    pypfopt, labels = import_module("pypfopt"), _labels(of)
    expected, covariance = _series(of, of.expected), _square(of)

    def solve() -> Vector:
        frontier = pypfopt.EfficientFrontier(expected, covariance, weight_bounds=(0, LARGEST))
        frontier.add_sector_constraints(labels, {}, _CAPS)
        frontier.max_quadratic_utility(risk_aversion=AVERSION)
        return np.asarray(frontier.weights)

    return solve


def pypfopt_utilities(of: Universe, expected: Vector, aversion: Vector, upper: Vector) -> Solve:
    """One after the other for a row of each, as (B, N)."""
    pypfopt, labels, covariance = import_module("pypfopt"), _labels(of), _square(of)
    series = [_series(of, each) for each in expected]
    bounds = [[(0.0, float(most)) for most in each] for each in upper]

    def solve() -> Vector:
        found = np.empty(expected.shape)
        for index, one in enumerate(series):
            frontier = pypfopt.EfficientFrontier(one, covariance, weight_bounds=bounds[index])
            frontier.add_sector_constraints(labels, {}, _CAPS)
            frontier.max_quadratic_utility(risk_aversion=float(aversion[index]))
            found[index] = frontier.weights
        return found

    return solve


def pypfopt_sharpe(of: Universe, rate: float) -> Solve:
    """EfficientFrontier.max_sharpe with sector constraints."""
    pypfopt, labels = import_module("pypfopt"), _labels(of)
    expected, covariance = _series(of, of.expected), _square(of)

    def solve() -> Vector:
        frontier = pypfopt.EfficientFrontier(expected, covariance, weight_bounds=(0, LARGEST))
        frontier.add_sector_constraints(labels, {}, _CAPS)
        frontier.max_sharpe(risk_free_rate=rate)
        return np.asarray(frontier.weights)

    return solve


def skfolio_utility(of: Universe) -> Solve:
    """MeanRisk by utility; it has no ½ before γ."""
    return _skfolio(of, "MAXIMIZE_UTILITY", risk_aversion=AVERSION / 2)


def skfolio_sharpe(of: Universe, rate: float) -> Solve:
    """MeanRisk by the ratio."""
    return _skfolio(of, "MAXIMIZE_RATIO", risk_free_rate=rate)


def _skfolio(of: Universe, objective: str, **parameters: float) -> Solve:
    skfolio, optimization = import_module("skfolio"), import_module("skfolio.optimization")
    solver = optimization.MeanRisk(
        objective_function=optimization.ObjectiveFunction[objective],
        risk_measure=skfolio.RiskMeasure.VARIANCE,
        min_weights=0,
        max_weights=LARGEST,
        groups=[[f"G{group}" for group in of.groups]],
        linear_constraints=[f"{group} <= {cap}" for group, cap in _CAPS.items()],
        prior_estimator=known(of.expected, of.covariance),
        **parameters,
    )
    returns = _returns(of)

    def solve() -> Vector:
        return np.asarray(solver.fit(returns).weights_)

    return solve


def known(expected: Vector, covariance: Vector) -> Any:
    """A prior for skfolio, which estimates moments from returns: these are known already."""
    prior: Any = import_module("skfolio.prior")

    class Known(prior.BasePrior):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

        def fit(self, X: Any, *_: object, **__: object) -> Known:
            self.return_distribution_ = prior.ReturnDistribution(
                mu=expected, covariance=covariance, returns=np.asarray(X)
            )
            return self

    return Known()


def riskfolio_utility(of: Universe) -> Solve:
    """Portfolio.optimization by utility; it has no ½ before γ."""
    return _riskfolio(of, obj="Utility", rf=0, l=AVERSION / 2)


def riskfolio_sharpe(of: Universe, rate: float) -> Solve:
    """Portfolio.optimization by the ratio."""
    return _riskfolio(of, obj="Sharpe", rf=rate)


def _riskfolio(of: Universe, **parameters: object) -> Solve:
    riskfolio, pandas = import_module("riskfolio"), import_module("pandas")
    returns, covariance = _returns(of), _square(of)
    expected, caps = pandas.DataFrame(of.expected[None, :], columns=list(of.names)), np.full((GROUPS, 1), GROUP_CAP)

    def solve() -> Vector:
        portfolio = riskfolio.Portfolio(returns=returns)
        portfolio.mu, portfolio.cov, portfolio.upperlng = expected, covariance, LARGEST
        portfolio.ainequality, portfolio.binequality, portfolio.solvers = of.members, caps, ["CLARABEL"]
        found = portfolio.optimization(model="Classic", rm="MV", hist=True, **parameters)
        return np.asarray(found.to_numpy().ravel())

    return solve


def cvxportfolio_utility(of: Universe) -> Solve:
    """SinglePeriodOptimization over a factor model, asked once for its trades."""
    cvxportfolio, pandas = import_module("cvxportfolio"), import_module("pandas")
    names, days = list(of.names), pandas.date_range("2020-01-01", periods=_SESSIONS, freq="B", tz="UTC")
    returns = _returns(of).set_index(days).assign(cash=0.0)
    market = cvxportfolio.UserProvidedMarketData(returns=returns, cash_key="cash", min_history=pandas.Timedelta("0d"))
    model = cvxportfolio.FactorModelCovariance(
        F=pandas.DataFrame(of.loadings.T, columns=names), d=_series(of, of.specific)
    )
    members = pandas.DataFrame(of.members, columns=names)
    limits = [cvxportfolio.LongOnly(), cvxportfolio.NoCash(), cvxportfolio.MaxWeights(LARGEST)]
    limits += [cvxportfolio.FactorMaxLimit(members.iloc[group], GROUP_CAP) for group in range(GROUPS)]
    forecast = cvxportfolio.ReturnsForecast(_series(of, of.expected), decay=1.0)
    policy = cvxportfolio.SinglePeriodOptimization(
        forecast - (AVERSION / 2) * model, limits, include_cash_return=False, solver="CLARABEL"
    )
    held = pandas.Series([*(1e6 / of.assets for _ in names), 0.0], [*names, "cash"])

    def solve() -> Vector:
        trades = policy.execute(held, market, t=days[-5])[0]
        after = held + trades
        return np.asarray((after[names] / after.sum()).to_numpy())

    return solve


def versions() -> Sequence[str]:
    """The distributions whose versions a result must name."""
    return ("PyPortfolioOpt", "skfolio", "riskfolio-lib", "cvxportfolio", "cvxpy")


def quiet() -> None:
    """They warn of each other's deprecations, at every solve."""
    warnings.filterwarnings("ignore")


def _labels(of: Universe) -> dict[str, str]:
    return {name: f"G{group}" for name, group in zip(of.names, of.groups, strict=True)}


def _series(of: Universe, values: Vector) -> Any:
    return import_module("pandas").Series(values, list(of.names))


def _square(of: Universe) -> Any:
    return import_module("pandas").DataFrame(of.covariance, list(of.names), list(of.names))


def _returns(of: Universe) -> Any:
    """Of no importance, but asked for: all moments are given."""
    drawn = 0.01 * np.random.default_rng(of.seed).standard_normal((_SESSIONS, of.assets))
    return import_module("pandas").DataFrame(drawn, columns=list(of.names))
