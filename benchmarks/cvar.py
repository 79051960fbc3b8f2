"""The least CVaR at 95 %: CPU of our scenario generation and of three libraries on the same returns.

Long only, fully invested, at most 10 % in an asset. Each solves in a process of its own with one thread, the problem in
memory; a figure is the median of process CPU over the solves that fit, one at least, after a small one that is not
counted. A library that needs more than a minute, or that finds another CVaR, fails the run by name.

    python -m benchmarks.cvar            all figures
    python -m benchmarks.cvar NAME N S   one measurement, as a child does it
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module

import numpy as np

from benchmarks.apart import MOST_SECONDS, NotMeasured, apart
from benchmarks.figures import Figure
from benchmarks.scale import FULL, Scale
from services.optimizer.domain.vectors import Vector

SIZES = ((100, 1000), (500, 2500))
CONFIDENCE, LARGEST = 0.95, 0.1
# Relative: the same CVaR.
SAME = 1e-7
FACTORS = 20

Solve = Callable[[Vector], Vector]


def figures(scale: Scale = FULL, sizes: Sequence[tuple[int, int]] = SIZES) -> Iterator[Figure]:
    """CPU of each solve, and how many times ours a library's is; `scale` says for how long."""
    for assets, count in sizes:
        ours, least = _child("qpo", assets, count, scale)
        yield Figure(f"cvar.{assets}x{count}.qpo.cpu", 1e3 * ours, "ms")
        for name in SOLVERS:
            if name == "qpo":
                continue
            theirs, found = _child(name, assets, count, scale)
            if abs(found - least) > SAME * abs(least):
                raise NotMeasured(f"{name} found a CVaR of {found:.10g} where ours is {least:.10g}")
            yield Figure(f"cvar.{assets}x{count}.{name}.cpu", 1e3 * theirs, "ms")
            yield Figure(f"cvar.{assets}x{count}.{name}_over_qpo", theirs / ours, "x")


def returns(assets: int, count: int, seed: int = 1) -> Vector:
    """Daily returns, S × N, of a universe with 20 factors; fat tails, Student's t with 5 degrees of freedom."""
    random = np.random.default_rng(seed)
    exposures = 0.5 * random.standard_normal((assets, FACTORS))
    exposures[:, 0] = 1.0 + 0.3 * random.standard_normal(assets)
    sizes = np.concatenate([[0.16], 0.02 + 0.10 * random.random(FACTORS - 1) / np.sqrt(np.arange(1, FACTORS))])
    own = 0.12 + 0.28 * random.random(assets)
    drift = 0.04 * exposures[:, 0] + 0.02 * random.standard_normal(assets)
    shocks = random.standard_t(5, (count, FACTORS)) @ (exposures * sizes).T
    noise = random.standard_t(5, (count, assets)) * own
    return np.asarray((shocks + noise) / np.sqrt(252 * 5 / 3) + drift / 252)


def _qpo(base: Vector) -> Vector:
    from scipy import sparse

    from services.optimizer.domain.admissible import AdmissibleSet, Row
    from services.optimizer.domain.engine import Control
    from services.optimizer.domain.solvers.cvar import Scenarios, minimize_cvar

    assets = base.shape[1]
    admissible = AdmissibleSet(
        lower=np.zeros(assets),
        upper=np.full(assets, LARGEST),
        matrix=sparse.csr_array(np.ones((1, assets))),
        floor=np.ones(1),
        cap=np.ones(1),
        rows=(Row("BUDGET", "constraints"),),
        start=np.zeros(assets),
    )
    control = Control(time.monotonic, time.monotonic() + MOST_SECONDS)
    return minimize_cvar(admissible, Scenarios.of(base, CONFIDENCE), control).solved.weights


def _pypfopt(base: Vector) -> Vector:
    pandas, pypfopt = import_module("pandas"), import_module("pypfopt")
    nothing, limits = pandas.Series(np.zeros(base.shape[1])), (0, LARGEST)
    solver = pypfopt.EfficientCVaR(nothing, pandas.DataFrame(base), beta=CONFIDENCE, weight_bounds=limits)
    solver.min_cvar()
    return np.asarray(solver.weights)


def _skfolio(base: Vector) -> Vector:
    skfolio, optimization = import_module("skfolio"), import_module("skfolio.optimization")
    risk = skfolio.RiskMeasure.CVAR
    solver = optimization.MeanRisk(risk_measure=risk, cvar_beta=CONFIDENCE, max_weights=LARGEST)
    return np.asarray(solver.fit(base).weights_)


def _riskfolio(base: Vector) -> Vector:
    pandas, riskfolio = import_module("pandas"), import_module("riskfolio")
    names = [f"A{index}" for index in range(base.shape[1])]
    solver = riskfolio.Portfolio(returns=pandas.DataFrame(base, columns=names))
    solver.assets_stats(method_mu="hist", method_cov="hist")
    solver.upperlng, solver.alpha, solver.solvers = LARGEST, 1 - CONFIDENCE, ["CLARABEL"]
    found = solver.optimization(model="Classic", rm="CVaR", obj="MinRisk", rf=0, hist=True)
    return np.asarray(found.to_numpy().ravel())


SOLVERS: Mapping[str, Solve] = {"qpo": _qpo, "pypfopt": _pypfopt, "skfolio": _skfolio, "riskfolio": _riskfolio}


def _child(name: str, assets: int, count: int, scale: Scale) -> tuple[float, float]:
    """Median seconds of CPU and the CVaR found. Raises NotMeasured."""
    told = apart("benchmarks.cvar", name, str(assets), str(count), seconds=scale.rounds * scale.seconds)
    return told["cpu"], told["cvar"]


def measure(name: str, assets: int, count: int, seconds: float) -> dict[str, float]:
    """Solve again and again for about as long; CPU in seconds, and the CVaR of what was found."""
    from services.optimizer.domain.solvers.cvar import conditional_value_at_risk

    solve, base = SOLVERS[name], returns(assets, count)
    solve(returns(12, 60))
    used: list[float] = []
    weights = np.zeros(assets)
    while not used or sum(used) < seconds:
        began = time.process_time()
        weights = solve(base)
        used.append(time.process_time() - began)
    # What a library leaves outside its limits by rounding would flatter it.
    inside = np.clip(weights, 0.0, LARGEST)
    cvar = conditional_value_at_risk(base, inside / inside.sum(), CONFIDENCE).cvar
    return {"cpu": statistics.median(used), "cvar": cvar}


def main(arguments: list[str]) -> int:
    """All figures, or one measurement for the parent."""
    if arguments:
        name, assets, count, seconds = arguments
        print(json.dumps(measure(name, int(assets), int(count), float(seconds))))
        return 0
    for figure in figures():
        print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
