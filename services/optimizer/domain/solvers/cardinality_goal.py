"""A goal over choices of assets, by branch and bound on the dual Newton method."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.cardinality.context import Narrow
from services.optimizer.domain.cardinality.diagonal import OwnRisk, with_own_risk
from services.optimizer.domain.cardinality.program import Choice, Counts
from services.optimizer.domain.cardinality.ratio import search_ratio
from services.optimizer.domain.cardinality.sampling.drawing import Drawing
from services.optimizer.domain.cardinality.search import Found, Guide, search
from services.optimizer.domain.cardinality.sharpening import sharpened
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.constraints import Cardinality
from services.optimizer.domain.covariance import Covariance, FactorCovariance
from services.optimizer.domain.engine import Control, Progress, relative_gap
from services.optimizer.domain.errors import Conflict, Infeasible, OutOfTime, SolverFailed
from services.optimizer.domain.goal import RELATIVE, RISKS, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Selection, Solved
from services.optimizer.domain.solvers import CHOICE
from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from services.optimizer.domain.solvers.prepared import greatest_above_rate
from services.optimizer.domain.solvers.priced_goal import ADMISSIBLE
from services.optimizer.domain.vectors import Index, Mask, Vector, vector

# Of the mean variance: what is added to a covariance that lacks full rank, and taken off the bound again.
SHRUNK = 1e-6
# To risk, where the return alone counts: it takes less off the return than the gap that is told.
NO_AVERSION = 1e-9
# How far from a diagonal where all count alike to one that suits a node.
EAGER = 0.5
# Seconds of the time left that are kept for what follows the search.
KEPT = 0.01


def is_choice(problem: Problem) -> bool:
    """Whether the constraints say how many assets are held."""
    return problem.constraints.cardinality is not None


def solve_choice(
    problem: Problem, admissible: AdmissibleSet, control: Control, near: Vector | None = None
) -> Certified:
    """The best choice that the time allows, with its gap; `near` are weights of a similar problem, to be tried first.

    Raises Infeasible, OutOfTime, Cancelled or SolverFailed.
    """
    cardinality = problem.constraints.cardinality
    if cardinality is None:
        raise ValueError("no limit on how many assets are held")
    began, goal = control.clock(), _Goal.of(problem, admissible)
    required = np.isin(problem.symbols, cardinality.required) | (admissible.lower > 0)

    def choice_of(covariance: FactorCovariance) -> Choice:
        return goal.choice(covariance, problem, admissible, cardinality)

    def stopped() -> bool:
        control.check()
        return control.seconds_left() <= KEPT

    own = goal.own
    if isinstance(own, OwnRisk):
        choice = sharpened(own, lambda diagonal: choice_of(own.factors(diagonal)), required, stopped)
    else:
        choice = choice_of(own)
    if (
        _least_count(admissible) > cardinality.max_assets
        or _least_sum(choice, required) > admissible.cap[0] + ADMISSIBLE
    ):
        raise Infeasible([_conflict(cardinality, admissible)], together=False)

    def tell(nodes: int, value: float, bound: float) -> None:
        if math.isfinite(value) and math.isfinite(bound):
            reached, proven = goal.in_unit(value), goal.proven(bound)
            elapsed = 1e3 * (control.clock() - began)
            control.report(Progress(nodes, reached, proven, relative_gap(reached, proven), elapsed))

    drawing = None if problem.sampling is None else Drawing(problem.sampling, problem.seed, stopped)
    enough, first = problem.stop.gap_target, None if near is None else near > 0
    guide = Guide(lambda value: goal.enough(value, enough), stopped, tell, drawing, first)
    if problem.goal.objective is Objective.SHARPE:
        greatest, rate = greatest_above_rate(problem, admissible, control), problem.goal.risk_free_rate
        found = search_ratio(choice, rate, greatest - rate, required, guide)
    else:
        found = search(choice, required, guide, _narrow(own, choice), own if isinstance(own, OwnRisk) else None)
    if found.best is None and not found.stopped:
        raise Infeasible([_conflict(cardinality, admissible)], together=False)
    return Certified(_solved(problem, admissible, goal, found, drawing))


def _narrow(own: FactorCovariance | OwnRisk, choice: Choice) -> Narrow | None:
    """What is left when assets are out of the question, with a diagonal that is learned for it."""
    if not isinstance(own, OwnRisk):
        return None

    def narrowed(members: Index, wanted: Vector) -> Choice:
        try:
            part = own.among(members)
        except np.linalg.LinAlgError:
            return choice.among(members)
        covariance = part.factors(part.even + EAGER * (part.weighted(wanted) - part.even))
        return choice.among(members, DualNewton(covariance.loadings, covariance.specific, choice.rows(members)))

    return narrowed


def _solved(problem: Problem, admissible: AdmissibleSet, goal: _Goal, found: Found, drawing: Drawing | None) -> Solved:
    if found.best is None:
        raise OutOfTime("the time ran out before there was an admissible choice of assets")
    weights = vector(found.best.weights)
    violation = admissible.violation(weights)
    if not violation <= ADMISSIBLE:
        raise SolverFailed(CHOICE, f"its weights leave the admissible set by {violation:.2g}")
    objective = Certificate(problem).objective(weights)
    # Weights that lean out of the set by rounding may look better than the bound: no gap.
    bound = (max if problem.goal.maximizes else min)(objective, goal.proven(found.bound))
    gap = relative_gap(objective, bound)
    return Solved(
        weights=weights,
        objective=objective,
        bound=bound,
        gap=gap,
        iterations=found.nodes,
        engine=CHOICE,
        clock_stopped=found.stopped,
        fallbacks=(*goal.remarks, *([drawing.remark] if drawing is not None and drawing.remark else [])),
        selection=Selection(
            assets=int(np.count_nonzero(weights)),
            nodes=found.nodes,
            found_by=found.best.found_by,
            draws=None if drawing is None else drawing.told(problem.symbols),
        ),
    )


def _conflict(cardinality: Cardinality, admissible: AdmissibleSet) -> Conflict:
    """Why nothing may be chosen: too few for the budget, if that is why."""
    least, most, buy_in = _least_count(admissible), cardinality.max_assets, cardinality.min_weight
    held = f"{'exactly' if cardinality.exactly else 'at most'} {most} assets"
    held += f" with at least {buy_in:g} of each" if buy_in > 0 else ""
    if least > most:
        text = f"{held} cannot reach the budget under their bounds: it takes {least}"
        return Conflict("CARDINALITY", "constraints.cardinality.max_assets", text, float(most), float(least))
    if cardinality.groups:
        held += f" and no more than allowed of {', '.join(each.name for each in cardinality.groups)}"
    text = f"no choice of {held} satisfies the other limits: admit more assets or a smaller least weight of each"
    return Conflict("CARDINALITY", "constraints.cardinality", text, float(most), float(most + 1))


def _least_count(admissible: AdmissibleSet) -> int:
    """How many assets it takes to reach the budget; one more than there are if all do not."""
    reach = np.cumsum(np.sort(admissible.upper)[::-1])
    return int(np.count_nonzero(reach < admissible.floor[0] - ADMISSIBLE)) + 1


def _least_sum(choice: Choice, required: Mask) -> float:
    """The least weight of whatever is held in any case."""
    others = choice.most - int(required.sum()) if choice.exactly else 0
    smallest = np.sort(choice.least[~required])[: max(0, others)]
    return float(choice.least[required].sum() + smallest.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Goal:
    """What is minimized, ½ q wᵀΣw − aᵀw + costs(w), and how that reads in the unit of the goal."""

    own: FactorCovariance | OwnRisk
    """The covariance with risk of each asset's own, or what of it may be."""
    reward: Vector
    aversion: float
    certificate: Certificate
    in_unit: Callable[[float], float]
    is_risk: bool
    excess: float
    """What the covariance was raised by, or an aversion that the goal does not have, may have added to a bound."""
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, problem: Problem, admissible: AdmissibleSet) -> _Goal:
        """The goal of a problem."""
        goal, certificate = problem.goal, Certificate(problem)
        # A ratio's aversion is searched for, from a typical one; a return is sought with next to none.
        aversion = 1.0 if goal.objective in RISKS else goal.risk_aversion
        if goal.objective is Objective.RETURN:
            aversion = NO_AVERSION
        own, raised = _with_own_risk(problem.moments.covariance)
        benchmark = problem.benchmark()
        pull = problem.moments.covariance.times(benchmark)
        square = float(benchmark @ pull) if goal.objective in RELATIVE else 0.0
        reward = certificate.reward + (aversion * pull if goal.objective in RELATIVE else 0.0)
        told = float(certificate.reward @ benchmark) if goal.objective is Objective.ACTIVE_UTILITY else 0.0

        def in_unit(value: float) -> float:
            if goal.objective in RISKS:
                return math.sqrt(max(0.0, 2 * value + square))
            return -value - told - 0.5 * aversion * square

        # Σ wᵢ² ≤ (Σ wᵢ)² where no weight is below 0, and no portfolio is riskier than its riskiest asset.
        added = raised
        if goal.objective is Objective.RETURN:
            added += float(problem.moments.covariance.variances.max())
        excess = 0.5 * aversion * added * float(admissible.cap[0]) ** 2
        remark = f"{CHOICE}: the covariance lacks full rank: {raised:.2g} was added to every variance"
        is_risk = goal.objective in RISKS
        return cls(own, reward, aversion, certificate, in_unit, is_risk, excess, (remark,) if raised else ())

    def enough(self, value: float, gap: float) -> float:
        """The least bound whose gap from a value is small enough."""
        reached = self.in_unit(value)
        room = gap * max(1.0, abs(reached))
        if not self.is_risk:
            return value - room
        return value - (reached - 0.5 * room) * room if reached > room else -math.inf

    def proven(self, bound: float) -> float:
        """A bound in the unit of the goal."""
        return self.in_unit(bound - self.excess)

    def choice(
        self, covariance: FactorCovariance, problem: Problem, admissible: AdmissibleSet, cardinality: Cardinality
    ) -> Choice:
        """The choice as numbers."""
        rates = self.certificate.rates
        program = Program(
            expected_returns=self.reward,
            risk_aversion=self.aversion,
            lower=np.zeros(admissible.assets),
            upper=admissible.upper,
            floor=admissible.floor,
            cap=admissible.cap,
            start=admissible.start if rates is not None or admissible.turnover is not None else None,
            linear_cost=None if rates is None else rates.linear,
            impact_cost=None if rates is None else rates.power,
            turnover=math.inf if admissible.turnover is None else admissible.turnover,
        )
        newton = DualNewton(covariance.loadings, covariance.specific, admissible.dense)
        least = np.maximum(admissible.lower, cardinality.min_weight)
        most = min(cardinality.max_assets, problem.assets)
        return Choice(newton, program, least, most, cardinality.exactly, counts=counts_of(problem, cardinality))


def counts_of(problem: Problem, cardinality: Cardinality) -> Counts | None:
    """The limits on how many of each group are held."""
    if not cardinality.groups:
        return None
    numbers = {symbol: number for number, group in enumerate(cardinality.groups) for symbol in group.symbols}
    none = len(cardinality.groups)
    group = np.array([numbers.get(symbol, none) for symbol in problem.symbols], dtype=np.int64)
    return Counts(group, np.array([*(each.max_assets for each in cardinality.groups), problem.assets], dtype=np.int64))


_LEARNED: WeakKeyDictionary[Covariance, tuple[FactorCovariance | OwnRisk, float]] = WeakKeyDictionary()
"""By covariance, since a resident one is chosen from again and again: what follows from it alone."""


def _with_own_risk(covariance: Covariance) -> tuple[FactorCovariance | OwnRisk, float]:
    """The covariance with risk of each asset's own, and what had to be added to its diagonal for that."""
    known = _LEARNED.get(covariance)
    if known is None:
        own, raised = with_own_risk(covariance), 0.0
        if own is None:
            raised = SHRUNK * covariance.typical_variance
            own = with_own_risk(covariance.raised(raised))
        if own is None:
            raise SolverFailed(CHOICE, "the covariance leaves no asset a risk of its own")
        _LEARNED[covariance] = known = (own, raised)
    return known
