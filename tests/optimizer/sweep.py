"""`python -m tests.optimizer.sweep --count 20000`: the engine that chooses against random mandates of every kind.

Each answer is checked by what must hold of it: its certificate, its limits, its place in the order of the goal against
what the engine of last resort proves (one in `compare`). One mandate in ten is made impossible, and must be refused as
infeasible with a limit that mends it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field, replace

from services.optimizer.domain.constraints import Bounds, Group
from services.optimizer.domain.errors import Infeasible, NoExcessReturn
from services.optimizer.domain.goal import RISKS, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.solvers.choosing import GENERAL, ChoosingEngine
from tests.optimizer.keeping import outside
from tests.optimizer.mandates import PROGRAMS, mandate
from tests.optimizer.problems import control

ENGINE, LAST_RESORT = ChoosingEngine(), ChoosingEngine((GENERAL,))
GAP, OUTSIDE, AGREEMENT = 1e-7, 1e-7, 1e-7
LAST_RESORT_GAP = 1e-6  # of an interior point without a polish
IMPOSSIBLE = 10  # one in so many
LARGEST = 500


@dataclass
class Report:
    """What came of a sweep."""

    problems: int = 0
    compared: int = 0
    impossible: int = 0
    engines: Counter[str] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)
    goals: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def sweep(count: int, seed: int = 0, *, compare: int = 25, large: int = 50) -> Report:
    """Solve so many mandates; one in `large` has up to 500 assets."""
    report = Report()
    for number in range(seed, seed + count):
        objective = PROGRAMS[number % len(PROGRAMS)]
        assets = 30 + 47 * (number % 11) if number % large == large - 1 and objective is not Objective.CVAR else None
        stated = mandate(number, objective, min(assets, LARGEST) if assets else None)
        report.problems += 1
        report.goals[str(objective)] += 1
        wrong = _refused(stated, report) if number % IMPOSSIBLE == 0 else _solved(stated, report, number % compare == 1)
        if wrong:
            report.failures.append(f"seed {number}, {objective}, {stated.assets} assets: {wrong}")
    return report


def _solved(stated: Problem, report: Report, compared: bool) -> str:
    try:
        found = ENGINE.solve(stated, control())
    except NoExcessReturn:
        # Costs may eat all that is above the rate; the last resort must say so too.
        try:
            LAST_RESORT.solve(stated, control())
        except NoExcessReturn:
            return ""
        return "no excess return, which the engine of last resort finds"
    except Exception as error:
        return repr(error)
    report.engines[found.solved.engine] += 1
    report.given_up.update(each.partition(":")[0] for each in found.solved.fallbacks)
    over = outside(stated, found.solved.weights)
    if over > OUTSIDE:
        return f"{found.solved.engine} leaves the limits by {over:.2g}"
    if found.solved.gap > (LAST_RESORT_GAP if found.solved.engine == "cvxpy" else GAP):
        return f"{found.solved.engine} has a gap of {found.solved.gap:.2g}"
    return _against_the_last_resort(stated, found, report) if compared else ""


def _against_the_last_resort(stated: Problem, found: Optimum, report: Report) -> str:
    try:
        other = LAST_RESORT.solve(stated, control()).solved
    except Exception:
        return ""
    report.compared += 1
    better = 1.0 if stated.goal.maximizes else -1.0
    size = max(1.0, abs(other.bound))
    if better * (found.solved.objective - other.bound) > AGREEMENT * size:
        return f"{found.solved.objective} is better than {other.bound}, which was proven to be best"
    if better * (other.objective - found.solved.bound) > AGREEMENT * size:
        return f"{found.solved.bound} was proven to be best, and {other.objective} is better"
    return ""


def _refused(stated: Problem, report: Report) -> str:
    """A group of everything that may hold less than the budget wants."""
    report.impossible += 1
    everything = Group("everything", stated.symbols, max=0.3)
    said = replace(stated.constraints, groups=(everything,), max_turnover=None)
    if stated.goal.objective in RISKS:
        said = replace(said, default_bounds=Bounds(0.0, 1.0))
    try:
        ENGINE.solve(replace(stated, constraints=said), control())
    except Infeasible as told:
        named = [conflict.subject for conflict in told.conflicts]
        return "" if "constraints.groups[everything].max" in named else f"named {named}"
    except Exception as error:
        return repr(error)
    return "it was solved though it is impossible"


def main() -> int:
    """1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.optimizer.sweep", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    report = sweep(asked.count, asked.seed)
    print(json.dumps(vars(report), indent=2))
    return int(bool(report.failures))


if __name__ == "__main__":
    sys.exit(main())
