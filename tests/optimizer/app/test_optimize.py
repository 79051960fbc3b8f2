"""Optimize over fakes: what a job is made of."""

from __future__ import annotations

import pytest

from services.optimizer.app.optimize import Optimize, OptimizeAsk
from services.optimizer.app.ports import Caller, StoredPortfolio
from services.optimizer.domain.constraints import ClassLimits, Constraints, Group, WeightRange
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes
from tests.optimizer.problems import moments

CALLER = Caller("alice", "alice")
STORED, STATED = Costs(commission=0.001), Costs(borrow=0.02)


class Book:
    """Keeps what is submitted."""

    def __init__(self):
        self.jobs = []

    async def submit(self, caller, job, request, limit):
        self.jobs.append(job)
        return job.id


class Portfolios:
    """Has one portfolio, whatever its id."""

    def __init__(self, **stored):
        self.stored = StoredPortfolio(universe=moments().symbols, dataset="prices", **stored)

    async def read(self, portfolio_id):
        return self.stored


class Estimator:
    async def estimate(self, universe, *, with_scenarios):
        return moments()


class Sectors:
    async def classes(self, dataset, symbols):
        return {"sector": dict.fromkeys(symbols[:3], "energy") | dict.fromkeys(symbols[3:6], "tech"), "country": {}}


class Ids:
    def new(self):
        return "job"


async def submitted(ask, **stored):
    """The problem that a worker will find in the job."""
    book = Book()

    async def waiting(caller, job_id, seconds):
        return job_id

    optimize = Optimize(
        book=book,
        portfolios=Portfolios(**stored),
        moments=Estimator(),
        instruments=Sectors(),
        solvers=None,
        ids=Ids(),
        waiting=waiting,
        max_unfinished=1,
    )
    await optimize(CALLER, ask, lambda: 1.0)
    [job] = book.jobs
    return from_bytes(Problem, job.problem)


@pytest.mark.parametrize(
    ("stated", "stored", "counted"),
    [
        (None, None, Costs()),
        (None, STORED, STORED),
        (STATED, STORED, STATED),
        (STATED, None, STATED),
        (Costs(), STORED, Costs()),  # said to be free is not left open
    ],
)
async def test_the_portfolio_s_costs_count_unless_the_request_has_some(stated, stored, counted):
    problem = await submitted(OptimizeAsk(portfolio_id="p", costs=stated), costs=stored)
    assert problem.costs == counted


async def test_without_a_portfolio_nothing_costs_anything_unless_it_is_said():
    ask = {"universe": moments().symbols, "dataset": "prices"}
    assert (await submitted(OptimizeAsk(**ask))).costs == Costs()
    assert (await submitted(OptimizeAsk(**ask, costs=STATED))).costs == STATED


SECTORS = Constraints(classes=(ClassLimits("sector", limits={"tech": WeightRange(0.1, 0.4)}, max_each=0.3),))
ENERGY, TECH = moments().symbols[:3], moments().symbols[3:6]


@pytest.mark.parametrize(
    ("ask", "stored"),
    [
        (OptimizeAsk(portfolio_id="p"), {"constraints": SECTORS}),
        (OptimizeAsk(portfolio_id="p", constraints=SECTORS), {"constraints": Constraints(max_gross=1.0)}),
        (OptimizeAsk(universe=moments().symbols, dataset="prices", constraints=SECTORS), {}),
    ],
)
async def test_a_job_holds_the_groups_that_its_classes_mean_now(ask, stored):
    problem = await submitted(ask, **stored)
    assert problem.constraints == Constraints(
        groups=(Group("sector energy", ENERGY, None, 0.3), Group("sector tech", TECH, 0.1, 0.4))
    )
