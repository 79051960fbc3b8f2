"""Small choices of every kind, drawn by a seed, and what trying every choice finds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from services.optimizer.domain.cardinality.diagonal import OwnRisk
from services.optimizer.domain.cardinality.incumbent import Incumbent
from services.optimizer.domain.cardinality.program import Choice, Counts, held
from services.optimizer.domain.cardinality.ratio import search_ratio
from services.optimizer.domain.cardinality.search import Draw, Guide, search
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program

KINDS = (
    "plain",
    "return",
    "groups",
    "duplicates",
    "buy-in",
    "exactly",
    "costs",
    "turnover",
    "dense",
    "narrow",
    "counted",
)


def draw(kind: str, seed: int, largest: int = 12) -> Choice:
    """The seed's choice of a kind; some have no answer."""
    random = np.random.default_rng([seed, *kind.encode()])
    count = int(random.integers(3, largest + 1))
    factors = count if kind == "dense" else int(random.integers(1, 4))
    loadings = random.normal(0, 0.2 / math.sqrt(factors), (count, factors))
    loadings[:, 0] += 0.15
    specific = random.uniform(0.02, 0.3, count) ** 2
    if kind == "duplicates":
        half = count // 2
        loadings[:half], specific[:half] = loadings[count - half :], specific[count - half :]
    expected = random.normal(0.06, 0.04, count)
    rows, floor, cap = [np.ones(count)], [1.0], [1.0]
    if kind == "return":
        rows.append(expected)
        floor.append(float(random.uniform(0.5, 1.02) * expected.max()))
        cap.append(math.inf)
    if kind in ("groups", "narrow"):
        member = (random.random(count) < 0.5).astype(float)
        rows.append(member)
        floor.append(0.0)
        cap.append(float(random.uniform(0.1, 0.6)))
    most = int(random.integers(1, min(count, 5) + 1))
    least = np.full(count, random.uniform(0.02, 0.3) if kind in ("buy-in", "exactly", "narrow") else 0.0)
    upper = np.full(count, float(random.uniform(0.25, 1.0)) if kind != "narrow" else float(random.uniform(0.1, 0.5)))
    held_now = random.dirichlet(np.ones(count)) * (random.random(count) < 0.5)
    program = Program(
        expected_returns=np.zeros(count) if kind == "return" else expected,
        risk_aversion=float(np.exp(random.uniform(-1, 3))),
        lower=np.zeros(count),
        upper=np.maximum(upper, least),
        floor=np.array(floor),
        cap=np.array(cap),
        start=held_now if kind in ("costs", "turnover") else None,
        linear_cost=random.uniform(0, 0.01, count) if kind == "costs" else None,
        impact_cost=random.uniform(0, 0.02, count) if kind == "costs" else None,
        turnover=float(random.uniform(0.3, 1.0)) if kind == "turnover" else math.inf,
    )
    newton = DualNewton(loadings, specific, np.array(rows))
    counts = None
    if kind == "counted":
        group = random.integers(0, 4, count)
        counts = Counts(group, np.append(random.integers(0, 3, 3), count))
    exactly = kind == "exactly" or (kind == "counted" and seed % 3 == 0)
    return Choice(newton, program, least, most, exactly, counts=counts)


def ratio_by_trying_all(choice: Choice, rate: float) -> float:
    """The greatest ratio of any choice; 0 if none earns more than the rate."""
    best = 0.0
    for size in range(choice.most if choice.exactly else 1, choice.most + 1):
        for members in itertools.combinations(range(choice.assets), size):
            chosen = np.zeros(choice.assets, dtype=bool)
            chosen[list(members)] = True
            if choice.admits(chosen) and held(choice, chosen).converged:
                for aversion in (0.1, 1.0, 10.0):
                    program = replace(choice.within(chosen), risk_aversion=aversion)
                    found = choice.newton.solve_ratio(program, rate, 1e-12)
                    best = max(best, 0.0 if found is None else ratio_of(choice, found[0].weights, rate))
    return best


def ratio_of(choice: Choice, w: np.ndarray, rate: float) -> float:
    """(aᵀw − costs − r) / √(wᵀΣw)."""
    structure, program = choice.newton.structure, choice.program
    exposures = structure.columns[:, : structure.factors].T @ w
    gone = np.abs(w - (0.0 if program.start is None else program.start))
    cost = 0.0 if program.linear_cost is None else program.linear_cost @ gone
    cost += 0.0 if program.impact_cost is None else program.impact_cost @ gone**1.5
    excess = program.expected_returns @ w - cost - rate
    return float(excess / np.sqrt(exposures @ exposures + structure.specific @ w**2))


def close(value: float) -> float:
    """A bound that is near enough to a value."""
    return value - 1e-10 * abs(value)


def by_trying_all(choice: Choice) -> float:
    """The best value of any choice; infinite if none has admissible weights."""
    best = math.inf
    for size in range(choice.most if choice.exactly else 1, choice.most + 1):
        for members in itertools.combinations(range(choice.assets), size):
            chosen = np.zeros(choice.assets, dtype=bool)
            chosen[list(members)] = True
            answer = held(choice, chosen)
            if answer.converged and choice.admits(chosen):
                best = min(best, answer.value)
    return best


def own_risk(choice: Choice) -> OwnRisk:
    """Of its covariance as a dense one, so that it may be spared something."""
    structure = choice.newton.structure
    loadings = structure.columns[:, : structure.factors]
    return OwnRisk(DenseCovariance(loadings @ loadings.T + np.diag(structure.specific)))


def wrong(choice: Choice, draws: Draw | None = None, own: OwnRisk | None = None) -> str | None:
    """What is wrong with the search's answer; None if nothing is."""
    best, bounds = by_trying_all(choice), []
    guide = Guide(enough=close, tell=lambda _, value, bound: bounds.append((value, bound)), draw=draws)
    found = search(choice, guide=guide, own=own)
    if math.isinf(best):
        return None if found.best is None and math.isinf(found.bound) else f"{found} of nothing"
    if found.best is None:
        return f"nothing where {best} is"
    return next(_defects(choice, found.best, best, [*bounds, (found.best.value, found.bound)]), None)


def _defects(choice: Choice, found: Incumbent, best: float, told: list[tuple[float, float]]) -> Iterator[str]:
    unit, w, chosen = 1e-9 * max(1.0, abs(best)), found.weights, found.chosen
    if any(bound > best + unit for _, bound in told):
        yield f"a bound of {max(bound for _, bound in told)} above {best}"
    if any(value < best - unit for value, _ in told):
        yield f"a value below {best}"
    if not found.value <= best + 1e-7 * max(1.0, abs(best)):
        yield f"{found.value} where {best} is"
    if np.any(w[~chosen] != 0) or np.any(w[chosen] < choice.least[chosen] - 1e-9) or not choice.admits(chosen):
        yield f"weights {w} of {chosen}"


def ratio_wrong(choice: Choice) -> str | None:
    """The same of the search for the greatest ratio, over a rate that something exceeds; None also if nothing does."""
    rate = float(np.quantile(choice.program.expected_returns, 0.3)) - 0.02
    best, bounds = ratio_by_trying_all(choice, rate), []
    if best <= 0:
        return None
    greatest = float(choice.program.expected_returns.max() * choice.program.cap[0]) - rate
    guide = Guide(enough=close, tell=lambda _, value, bound: bounds.append(bound))
    found = search_ratio(choice, rate, greatest, guide=guide)
    if found.best is None:
        return f"nothing where a ratio of {best} is"
    if any(-bound < best * (1 - 1e-9) for bound in (*bounds, found.bound)):
        return f"a bound below a ratio of {best}"
    own = ratio_of(choice, found.best.weights, rate)
    if not abs(own / best - 1) <= 1e-8 or not abs(-found.bound / best - 1) <= 1e-8:
        return f"a ratio of {own} and a bound of {-found.bound} where {best} is"
    return next((says for says in _defects(choice, found.best, found.best.value, [])), None)
