"""Optimize over fakes: what a job is made of."""

from __future__ import annotations

import pytest

from services.optimizer.app.optimize import Optimize, OptimizeAsk
from services.optimizer.app.ports import Caller, StoredPortfolio
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
