"""A mandate is kept as it was sent: a lost constraint would be a portfolio without it."""

import pytest
from qpo.portfolio.v1 import portfolio_pb2 as pb
from qpo.types.v1 import costs_pb2, mandate_pb2

from services.portfolio.adapters.mandate_json import (
    decode_constraints,
    decode_strategy,
    encode_constraints,
    encode_strategy,
)
from services.portfolio.domain.mandate import Constraints, Goal, GroupLimit, Objective, WeightBounds
from services.portfolio.domain.strategy import Covariance, Estimation, Strategy
from services.portfolio.rpc.codec import from_draft
from services.portfolio.wire.portfolio import to_portfolio
from tests.each_field import each_field
from tests.portfolio.builders import MUTABLE, a_portfolio

STATED = dict(each_field(pb.Portfolio, only=("strategy", "constraints")))


def stored_and_read(sent):
    """A portfolio as a caller sees it who sent this one: from the wire, into its row, out of it, onto the wire."""
    draft = from_draft(sent)
    strategy, constraints = encode_strategy(draft.strategy), encode_constraints(draft.constraints)
    return to_portfolio(a_portfolio(strategy=decode_strategy(strategy), constraints=decode_constraints(constraints)))


@pytest.mark.parametrize("sent", STATED.values(), ids=STATED.keys())
def test_every_field_is_kept_as_it_was_sent(sent):
    seen = stored_and_read(sent)
    sent.strategy.goal.SetInParent()  # these are always answered
    sent.strategy.estimation.SetInParent()
    sent.constraints.SetInParent()
    assert (seen.strategy, seen.constraints) == (sent.strategy, sent.constraints)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("strategy.goal", mandate_pb2.Goal),
        ("constraints", mandate_pb2.Constraints),
        ("strategy.costs", costs_pb2.Costs),
    ],
)
def test_every_field_is_stated_and_may_be_changed_alone(part, kind):
    for field in kind.DESCRIPTOR.fields:
        path = f"{part}.{field.name}"
        assert path in MUTABLE
        assert any(stated.startswith(path) for stated in STATED)


def test_nothing_that_was_stored_before_there_were_costs_and_benchmarks_is_lost():
    strategy = decode_strategy(
        '{"goal":{"objective":"risk","risk_free_rate":0.02,"risk_aversion":0.0,"min_return":0.1},'
        '"universe":["AAPL","XOM"],"dataset":"sp500",'
        '"estimation":{"covariance":"pca_factors","lookback":252,"half_life":0.0,"factors":5}}'
    )
    assert strategy == Strategy(
        Goal(Objective.RISK, 0.02, min_return=0.1),
        ("AAPL", "XOM"),
        "sp500",
        Estimation(covariance=Covariance.PCA_FACTORS, lookback=252, factors=5),
    )
    constraints = decode_constraints(
        '{"min_budget":0.9,"default_bounds":[0,0.3],"max_turnover":0.2,"bounds":{"AAPL":[-0.1,0.4]},'
        '"groups":[{"name":"oil","symbols":["XOM"],"max":0.2}]}'
    )
    assert constraints == Constraints(
        min_budget=0.9,
        default_bounds=WeightBounds(0.0, 0.3),
        bounds={"AAPL": WeightBounds(-0.1, 0.4)},
        groups=(GroupLimit("oil", ("XOM",), max=0.2),),
        max_turnover=0.2,
    )
