"""What goal, constraints and costs need of each other.

A limit that an objective does not look at is refused: it would be broken in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from services.optimizer.domain.constraints import Cardinality, Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.errors import Violation
from services.optimizer.domain.goal import (
    CHOOSABLE,
    HIERARCHICAL,
    MEASURED,
    RELATIVE,
    RISKS,
    RULES,
    Goal,
    Linkage,
    Objective,
)
from services.optimizer.domain.moments import positions, strangers
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.sampling import MOST_ASSETS, MOST_TRANSVERSE, Mixer, SamplerKind

LONG_ONLY = "a limit on how many assets are held is long only: raise it to 0"


def incoherent(problem: Problem) -> Iterator[Violation]:
    """Whatever does not fit together, each with the field and the mend."""
    yield from _idle_limits(problem.goal)
    yield from _ignored_by_rules(problem)
    yield from _unresolved(problem)
    yield from _missing_benchmark(problem)
    yield from _missing_scenarios(problem)
    yield from _factors(problem)
    yield from _budgets(problem)
    yield from _impact(problem)
    yield from _choices(problem)
    yield from _draws(problem)
    yield from _lots(problem)


def _named(objective: Objective) -> str:
    return f"OBJECTIVE_{objective.name}"


def _idle_limits(goal: Goal) -> Iterator[Violation]:
    if goal.min_return is not None and goal.objective not in RISKS:
        counts = ", ".join(sorted(map(_named, RISKS)))
        yield Violation("goal.min_return", f"counts for {counts} alone: choose one of them or leave it out")
    if goal.max_volatility is not None and goal.objective is not Objective.RETURN:
        yield Violation("goal.max_volatility", "counts for OBJECTIVE_RETURN alone: choose that or leave it out")
    if goal.risk_budgets and goal.objective is not Objective.RISK_PARITY:
        yield Violation("goal.risk_budgets", "count for OBJECTIVE_RISK_PARITY alone: choose that or leave them out")
    if goal.linkage is not Linkage.SINGLE and goal.objective not in HIERARCHICAL:
        yield Violation("goal.linkage", "counts for the hierarchical objectives alone: choose one or leave it out")
    if goal.clusters and goal.objective is not Objective.HIERARCHICAL_EQUAL_RISK:
        yield Violation(
            "goal.clusters", "counts for OBJECTIVE_HIERARCHICAL_EQUAL_RISK alone: choose that or leave it out"
        )


def _ignored_by_rules(problem: Problem) -> Iterator[Violation]:
    if problem.goal.objective not in RULES:
        return
    stated, free = problem.constraints, Constraints(benchmark=problem.constraints.benchmark)
    for field in Constraints.__dataclass_fields__:
        if getattr(stated, field) != getattr(free, field):
            mend = f"{_named(problem.goal.objective)} is long only and fully invested and looks at no constraint"
            yield Violation(f"constraints.{field}", f"{mend}: leave it out or choose another objective")


def _unresolved(problem: Problem) -> Iterator[Violation]:
    if problem.constraints.classes and problem.goal.objective not in RULES:
        yield Violation("constraints.classes", "an engine knows groups alone: put them in the classes' place")


def _missing_benchmark(problem: Problem) -> Iterator[Violation]:
    constraints = problem.constraints
    if constraints.benchmark:
        return
    needing = {
        "goal.objective": problem.goal.objective in RELATIVE,
        "constraints.active_bounds": constraints.active_bounds is not None,
        "constraints.max_tracking_error": constraints.max_tracking_error is not None,
    }
    for field, needs in needing.items():
        if needs:
            yield Violation("constraints.benchmark", f"{field} is measured from it: send the benchmark's weights")


def _missing_scenarios(problem: Problem) -> Iterator[Violation]:
    asks = problem.goal.objective is Objective.CVAR or problem.constraints.max_cvar is not None
    scenarios = problem.moments.scenarios
    if asks and scenarios is None:
        yield Violation("scenarios", "the conditional value at risk needs them: send S × N returns")
    if scenarios is not None and (scenarios.ndim != 2 or scenarios.shape[1] != problem.assets):
        yield Violation("scenarios", f"must have a column for each of the {problem.assets} symbols")
    if scenarios is not None and scenarios.shape[0] < 1:
        yield Violation("scenarios", "must have at least one row")


def _factors(problem: Problem) -> Iterator[Violation]:
    covariance, limits = problem.moments.covariance, problem.constraints.factors
    if limits and not isinstance(covariance, FactorCovariance):
        yield Violation("constraints.factors", "the moments have no factors: choose a factor covariance or name rows")
        return
    for index, limit in enumerate(limits):
        known = covariance.loadings.shape[1] if isinstance(covariance, FactorCovariance) else 0
        if limit.factor >= known:
            yield Violation(f"constraints.factors[{index}].factor", f"the moments have {known} factors, from 0")


def _budgets(problem: Problem) -> Iterator[Violation]:
    budgets = problem.goal.risk_budgets
    if not budgets:
        return
    universe = positions(problem.symbols).keys()
    for symbol in sorted(universe - budgets.keys())[:10]:
        yield Violation(f'goal.risk_budgets["{symbol}"]', "each asset needs a share: add it, or leave all of them out")
    for symbol in strangers(budgets, universe)[:10]:
        yield Violation(f'goal.risk_budgets["{symbol}"]', f"{symbol} is not in the universe: add it or leave it out")
    if sum(budgets.values()) <= 0:
        yield Violation("goal.risk_budgets", "at least one share must be above 0")


def _choices(problem: Problem) -> Iterator[Violation]:
    constraints, objective = problem.constraints, problem.goal.objective
    cardinality = constraints.cardinality
    if cardinality is None or objective in RULES:
        return
    if objective not in CHOOSABLE:
        known = ", ".join(sorted(map(_named, CHOOSABLE)))
        yield Violation("constraints.cardinality", f"goes with {known}: choose one of them or leave it out")
    for field in ("max_gross", "max_tracking_error", "max_cvar"):
        if getattr(constraints, field) is not None:
            yield Violation(f"constraints.{field}", "does not go with constraints.cardinality: leave one of them out")
    if problem.goal.max_volatility is not None and objective is Objective.RETURN:
        yield Violation("goal.max_volatility", "does not go with constraints.cardinality: leave one of them out")
    if constraints.default_bounds.min < 0:
        yield Violation("constraints.default_bounds.min", LONG_ONLY)
    for symbol in sorted(symbol for symbol, own in constraints.bounds.items() if own.min < 0)[:10]:
        yield Violation(f'constraints.bounds["{symbol}"].min', LONG_ONLY)
    if cardinality.exactly and cardinality.max_assets > problem.assets:
        yield Violation("constraints.cardinality.max_assets", f"there are {problem.assets} assets: lower it")
    if len(cardinality.required) > cardinality.max_assets:
        yield Violation("constraints.cardinality.required", "names more assets than may be held: raise max_assets")
    for symbol in strangers(cardinality.required, positions(problem.symbols))[:10]:
        mend = f"{symbol} is not in the universe: add it or leave it out"
        yield Violation("constraints.cardinality.required", mend)
    yield from _counts(problem, cardinality)


def _counts(problem: Problem, cardinality: Cardinality) -> Iterator[Violation]:
    universe, seen = positions(problem.symbols).keys(), dict[str, str]()
    for index, group in enumerate(cardinality.groups):
        field = f"constraints.cardinality.groups[{index}]"
        for symbol in strangers(group.symbols, universe)[:10]:
            yield Violation(f"{field}.symbols", f"{symbol} is not in the universe: add it or leave it out")
        for symbol in [each for each in group.symbols if each in seen][:10]:
            mend = f"{symbol} is in {seen[symbol]} too: leave it out of one of them"
            yield Violation(f"{field}.symbols", mend)
        seen.update(dict.fromkeys(group.symbols, group.name))
        if len(set(group.symbols) & set(cardinality.required)) > group.max_assets:
            yield Violation(f"{field}.max_assets", f"is below what `required` names of {group.name}: raise it")


def _draws(problem: Problem) -> Iterator[Violation]:
    sampling, cardinality = problem.sampling, problem.constraints.cardinality
    if sampling is None:
        return
    if cardinality is None:
        yield Violation("sampling", "counts with constraints.cardinality alone: add that or leave it out")
    elif not cardinality.max_assets < sampling.assets:
        mend = f"must exceed max_assets: raise it, to {MOST_ASSETS} at most, or leave sampling out"
        yield Violation("sampling.assets", mend)
    if sampling.mixer is Mixer.TRANSVERSE and sampling.assets > MOST_TRANSVERSE:
        yield Violation("sampling.assets", f"MIXER_TRANSVERSE takes at most {MOST_TRANSVERSE}: lower it")
    if sampling.kind is not SamplerKind.QAOA and sampling.with_circuit:
        yield Violation("sampling.with_circuit", "counts for SAMPLER_QAOA alone: choose that or leave it out")


def _lots(problem: Problem) -> Iterator[Violation]:
    lots = problem.lots
    if lots is None:
        return
    if problem.goal.objective not in MEASURED:
        known = ", ".join(sorted(map(_named, MEASURED)))
        yield Violation("lots", f"go with {known}: choose one of them or leave lots out")
    if problem.constraints.default_bounds.min < 0 or any(own.min < 0 for own in problem.constraints.bounds.values()):
        yield Violation("lots", "are long only: raise the bounds to 0 or leave lots out")
    if problem.goal.max_volatility is not None:
        yield Violation("lots", "do not go with goal.max_volatility: leave one of them out")
    for field in ("max_gross", "max_tracking_error", "max_cvar"):
        if getattr(problem.constraints, field) is not None:
            yield Violation("lots", f"do not go with constraints.{field}: leave one of them out")
    for symbol in [each for each in problem.symbols if each not in lots.prices][:10]:
        yield Violation(f'lots.prices["{symbol}"]', "each asset needs a price: add it")
    for field in ("prices", "sizes"):
        for symbol in strangers(getattr(lots, field), positions(problem.symbols))[:10]:
            yield Violation(f'lots.{field}["{symbol}"]', f"{symbol} is not in the universe: add it or leave it out")


def _impact(problem: Problem) -> Iterator[Violation]:
    costs, universe = problem.costs, positions(problem.symbols).keys()
    for field in ("half_spreads", "average_daily_values", "borrow_rates"):
        for symbol in strangers(getattr(costs, field), universe)[:10]:
            yield Violation(f'costs.{field}["{symbol}"]', f"{symbol} is not in the universe: add it or leave it out")
    if costs.impact > 0:
        yield from _sizes(costs, universe)


def _sizes(costs: Costs, universe: Set[str]) -> Iterator[Violation]:
    if costs.portfolio_value <= 0:
        yield Violation("costs.portfolio_value", "market impact depends on it: send the portfolio's value")
    for symbol in sorted(universe - costs.average_daily_values.keys())[:10]:
        field = f'costs.average_daily_values["{symbol}"]'
        yield Violation(field, "market impact depends on it: send the value traded per session")
