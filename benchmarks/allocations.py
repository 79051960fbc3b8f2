"""Risk parity and hierarchical risk parity of 500 assets: CPU of ours and of three libraries on the same Σ.

Each solves in a process of its own with one thread, its input in memory; a figure is the median of process CPU over the
solves that fit, one at least, after a small one that is not counted. A library that needs more than a minute fails the
run by name, and so does one that finds other weights where they must be the same.

Risk parity is of a model of 20 factors, which libraries get as a matrix; `error` is the greatest relative error of a
risk contribution. Hierarchical risk parity is of a sample of 1,000 returns: from the covariance for ours and
PyPortfolioOpt, from the returns for the others, which don't take it; skfolio orders leaves in another way, so that its
weights are other ones.

    python -m benchmarks.allocations                       all figures
    python -m benchmarks.allocations NAME RULE N SECONDS   one measurement, as a child does it
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.apart import NotMeasured, apart
from benchmarks.figures import Figure
from benchmarks.rivals.portfolio_libraries import known
from benchmarks.scale import FULL, Scale
from services.optimizer.domain.allocations.hierarchy import hierarchical_risk_parity
from services.optimizer.domain.allocations.risk_budgeting import risk_budgeting
from services.optimizer.domain.allocations.risk_contributions import risk_contributions
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.vectors import Vector, vector

ASSETS, FACTORS, SESSIONS = 500, 20, 1000
# Of weights: what summing in another order leaves.
SAME = 1e-12


@dataclass(frozen=True)
class Universe:
    """A model of factors, and a sample of returns from it."""

    assets: int
    seed: int = 1

    @cached_property
    def model(self) -> FactorCovariance:
        """Σ per year: a market of 16 % and 19 lesser factors, 12 to 40 % of an asset's own."""
        random = np.random.default_rng(self.seed)
        exposures = 0.5 * random.standard_normal((self.assets, FACTORS))
        exposures[:, 0] = 1.0 + 0.3 * random.standard_normal(self.assets)
        sizes = np.concatenate([[0.16], 0.02 + 0.10 * random.random(FACTORS - 1) / np.sqrt(np.arange(1, FACTORS))])
        return FactorCovariance(vector(exposures * sizes), (0.12 + 0.28 * random.random(self.assets)) ** 2)

    @cached_property
    def matrix(self) -> Vector:
        """The model's Σ as N × N."""
        return self.model.full()

    @cached_property
    def returns(self) -> Vector:
        """Per session, 1,000 × N; Student's t with 5 degrees of freedom."""
        random = np.random.default_rng(self.seed + 1)
        common = random.standard_t(5, (SESSIONS, FACTORS)) @ self.model.loadings.T
        own = random.standard_t(5, (SESSIONS, self.assets)) * np.sqrt(self.model.specific)
        return np.asarray((common + own) / np.sqrt(252 * 5 / 3))

    @cached_property
    def sample(self) -> Vector:
        """The covariance of the returns, N × N."""
        return vector(np.cov(self.returns.T))

    def framed(self, values: Vector) -> Any:
        """As pandas wants it."""
        pandas, names = importlib.import_module("pandas"), [f"A{index:03d}" for index in range(self.assets)]
        square = values.shape[0] == self.assets
        return pandas.DataFrame(values, names if square else None, names)


Solve = Callable[[Universe], Vector]


def figures(scale: Scale = FULL, assets: int = ASSETS) -> Iterator[Figure]:
    """CPU of each, how many times ours it is, and how many times further from equal risk; `scale` says for how long."""
    for rule, solvers in RULES.items():
        ours = _child(rule, "qpo", assets, scale)
        yield Figure(f"allocations.{rule}.{assets}.qpo.cpu", 1e3 * ours.cpu, "ms")
        if rule == "risk_parity":
            yield Figure(f"allocations.{rule}.{assets}.qpo.error", ours.error, "1")
        for name in solvers:
            if name == "qpo":
                continue
            theirs = _child(rule, name, assets, scale)
            if (rule, name) in SAME_WEIGHTS and float(np.abs(theirs.weights - ours.weights).max()) > SAME:
                raise NotMeasured(f"{name} found other weights than ours by {rule}")
            yield Figure(f"allocations.{rule}.{assets}.{name}.cpu", 1e3 * theirs.cpu, "ms")
            yield Figure(f"allocations.{rule}.{assets}.{name}_over_qpo", theirs.cpu / ours.cpu, "x")
            if rule == "risk_parity" and not name.startswith("qpo"):
                yield Figure(f"allocations.{rule}.{assets}.{name}_over_qpo.error", theirs.error / ours.error, "x")


def _parity(of: Universe) -> Vector:
    return risk_budgeting(of.model).weights


def _parity_plain(of: Universe) -> Vector:
    return risk_budgeting(of.model, plain=True).weights


def _parity_dense(of: Universe) -> Vector:
    return risk_budgeting(DenseCovariance(of.matrix)).weights


def _parity_skfolio(of: Universe) -> Vector:
    optimization = importlib.import_module("skfolio.optimization")
    measure = importlib.import_module("skfolio").RiskMeasure.VARIANCE
    solver = optimization.RiskBudgeting(risk_measure=measure, prior_estimator=known(np.zeros(of.assets), of.matrix))
    return np.asarray(solver.fit(of.returns).weights_)


def _parity_riskfolio(of: Universe) -> Vector:
    # Per session: from Σ per year it finds nothing.
    solver = importlib.import_module("riskfolio").Portfolio(returns=of.framed(of.returns))
    solver.mu, solver.cov = solver.returns.mean().to_frame().T, of.framed(of.matrix / 252)
    solver.solvers = ["CLARABEL"]
    found = solver.rp_optimization(model="Classic", rm="MV", rf=0, b=None, hist=True)
    return np.asarray(found.to_numpy().ravel())


def _hierarchy(of: Universe) -> Vector:
    return hierarchical_risk_parity(DenseCovariance(of.sample)).weights


def _hierarchy_plain(of: Universe) -> Vector:
    return hierarchical_risk_parity(DenseCovariance(of.sample), plain=True).weights


def _hierarchy_from_returns(of: Universe) -> Vector:
    return hierarchical_risk_parity(DenseCovariance(vector(np.cov(of.returns.T)))).weights


def _hierarchy_pypfopt(of: Universe) -> Vector:
    solver = importlib.import_module("pypfopt").HRPOpt(cov_matrix=of.framed(of.sample))
    return np.array(list(solver.optimize("single").values()))


def _hierarchy_skfolio(of: Universe) -> Vector:
    cluster, optimization = importlib.import_module("skfolio.cluster"), importlib.import_module("skfolio.optimization")
    seriation = importlib.import_module("skfolio.seriation")
    single = cluster.HierarchicalClustering(linkage_method=cluster.LinkageMethod.SINGLE)
    solver = optimization.HierarchicalRiskParity(
        risk_measure=importlib.import_module("skfolio").RiskMeasure.VARIANCE,
        seriation_estimator=seriation.HierarchicalSeriation(hierarchical_clustering_estimator=single),
    )
    return np.asarray(solver.fit(of.returns).weights_)


def _hierarchy_riskfolio(of: Universe) -> Vector:
    solver = importlib.import_module("riskfolio").HCPortfolio(returns=of.framed(of.returns))
    found = solver.optimization(model="HRP", codependence="pearson", rm="MV", linkage="single", leaf_order=False)
    return np.asarray(found.to_numpy().ravel())


RULES: Mapping[str, Mapping[str, Solve]] = {
    "risk_parity": {
        "qpo": _parity,
        "qpo_plain": _parity_plain,
        "qpo_dense": _parity_dense,
        "skfolio": _parity_skfolio,
        "riskfolio": _parity_riskfolio,
    },
    "hrp": {
        "qpo": _hierarchy,
        "qpo_plain": _hierarchy_plain,
        "qpo_from_returns": _hierarchy_from_returns,
        "pypfopt": _hierarchy_pypfopt,
        "skfolio": _hierarchy_skfolio,
        "riskfolio": _hierarchy_riskfolio,
    },
}
SAME_WEIGHTS = {("hrp", name) for name in ("qpo_plain", "qpo_from_returns", "pypfopt", "riskfolio")}


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    cpu: float
    """Seconds, the median."""
    error: float
    weights: Vector


def _child(rule: str, name: str, assets: int, scale: Scale) -> _Measured:
    """Measured in a process of its own. Raises NotMeasured."""
    told = apart("benchmarks.allocations", name, rule, str(assets), seconds=scale.rounds * scale.seconds)
    return _Measured(told["cpu"], told["error"], np.array(told["weights"]))


def measure(rule: str, name: str, assets: int, seconds: float) -> dict[str, Any]:
    """Solve again and again for about as long: CPU in seconds, the weights, and how far from equal risk they are."""
    solve, universe = RULES[rule][name], Universe(assets)
    solve(Universe(30))
    solve(universe) if name.startswith("qpo") else (universe.returns, universe.matrix, universe.sample)
    used: list[float] = []
    weights = np.zeros(assets)
    while not used or (sum(used) < seconds and len(used) < 1000):
        began = time.process_time()
        weights = solve(universe)
        used.append(time.process_time() - began)
    contributions = risk_contributions(universe.model, weights / weights.sum()).relative
    error = float(np.abs(assets * contributions - 1).max())
    return {"cpu": statistics.median(used), "error": error, "weights": weights.tolist()}


def main(arguments: list[str]) -> int:
    """All figures, or one measurement for the parent."""
    if arguments:
        name, rule, assets, seconds = arguments
        print(json.dumps(measure(rule, name, int(assets), float(seconds))))
        return 0
    for figure in figures():
        print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
