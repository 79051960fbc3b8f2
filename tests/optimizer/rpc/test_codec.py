"""Messages to and from the domain."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st
from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.types.v1 import mandate_pb2

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Estimation
from services.optimizer.domain.problem import StopRule
from services.optimizer.rpc.requests import from_optimize, from_source, from_stop
from services.optimizer.wire.dates import from_date, from_timestamp, to_date, to_timestamp
from services.optimizer.wire.estimation import from_estimation, to_estimation
from services.optimizer.wire.mandate import from_constraints, from_goal, to_goal

numbers = st.floats(-1, 1)
goals = st.builds(
    Goal,
    st.sampled_from(Objective),
    numbers,
    st.floats(0.1, 100),
    st.none() | numbers,
    st.none() | st.floats(0.01, 1),
)
estimations = st.builds(
    Estimation,
    st.sampled_from(["", "sample", "exponential", "shrunk"]),
    st.sampled_from(["", "sample", "ledoit_wolf", "exponential", "pca_factors", "rmt_denoised"]),
    st.integers(0, 50_000),
    st.floats(0, 500),
    st.integers(0, 1000),
    st.none() | st.dates(date(1990, 1, 1)),
)


@given(goals)
def test_a_goal_survives_the_wire(goal):
    assert from_goal(to_goal(goal)) == goal


@given(estimations)
def test_a_way_to_estimate_survives_the_wire(estimation):
    assert from_estimation(to_estimation(estimation), "estimation") == estimation


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_survives_the_wire(time):
    assert from_timestamp(to_timestamp(time), "as_of") == time
    assert from_date(to_date(time.date()), "start") == time.date()


def test_what_a_goal_leaves_out_has_its_default():
    assert from_goal(mandate_pb2.Goal()) == Goal(Objective.SHARPE, 0.0, 1.0)
    assert to_goal(Goal()).risk_aversion == 1.0


def test_what_constraints_leave_out_has_its_default():
    assert from_constraints(mandate_pb2.Constraints()) == Constraints()
    stated = mandate_pb2.Constraints(
        min_budget=0.0,
        default_bounds={"min": -0.1, "max": 0.2},
        bounds={"B": {"max": 0.3}, "A": {"max": 0.4}},
        groups=[{"name": "g", "symbols": ["A"], "min": 0.0}],
        max_turnover=0.0,
    )
    assert from_constraints(stated) == Constraints(
        0.0, 1.0, Bounds(-0.1, 0.2), {"A": Bounds(0, 0.4), "B": Bounds(0, 0.3)}, (Group("g", ("A",), 0.0, None),), 0.0
    )


def test_a_stop_rule_of_zeros_is_the_default():
    assert from_stop(pb.SolveRequest().stop) == StopRule()


def test_what_an_optimize_leaves_out_is_none_and_not_a_default():
    ask = from_optimize(pb.OptimizeRequest())
    assert (ask.goal, ask.constraints, ask.current, ask.estimation, ask.request) == (None, None, None, None, None)


def test_a_request_with_another_map_order_is_the_same_request():
    one = from_optimize(pb.OptimizeRequest(request_id="r", current_weights={"A": 1.0, "B": 2.0}))
    other = from_optimize(pb.OptimizeRequest(request_id="r", current_weights={"B": 2.0, "A": 1.0}))
    assert one.request == other.request


@pytest.mark.parametrize("day", [Date(year=2022), Date(year=2022, month=2, day=30)])
def test_a_day_that_is_none_is_refused_by_field(day):
    with pytest.raises(InvalidProblem, match="start"):
        from_date(day, "start")


def test_a_time_out_of_the_calendar_is_refused_by_field():
    source = pb.MomentsSource(universe={"dataset": "x"})
    source.universe.as_of.CopyFrom(Timestamp(seconds=10**15))
    with pytest.raises(InvalidProblem, match=r"source\.universe\.as_of"):
        from_source(source)
