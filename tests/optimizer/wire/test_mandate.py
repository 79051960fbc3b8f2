"""Goal, Constraints and Costs from the wire: not a field of the contract is without a say."""

import pytest
from qpo.types.v1 import costs_pb2, mandate_pb2

from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.wire.mandate import from_constraints, from_costs, from_goal, to_goal
from tests.each_field import each_field

NOTHING = "nothing"
# What says a default aloud.
SPOKEN = {NOTHING, "objective=OBJECTIVE_SHARPE", "linkage=LINKAGE_SINGLE"}

READ = [
    (mandate_pb2.Goal, from_goal, Goal),
    (mandate_pb2.Constraints, from_constraints, Constraints),
    (costs_pb2.Costs, from_costs, Costs),
]
EACH = pytest.mark.parametrize(("message", "read", "kind"), READ, ids=lambda it: getattr(it, "__name__", ""))


def read_each(message, read):
    yield NOTHING, read(message())
    for path, stated in each_field(message):
        yield path, read(stated)


@EACH
def test_no_two_fields_or_values_mean_the_same(message, read, kind):
    meant = {}
    for path, value in read_each(message, read):
        meant.setdefault(to_bytes(value), set()).add(path)
    assert all(len(paths) == 1 or paths <= SPOKEN for paths in meant.values())
    assert len(meant) > len(message.DESCRIPTOR.fields)


@EACH
def test_every_field_reaches_a_worker_that_has_the_canonical_bytes_alone(message, read, kind):
    for path, value in read_each(message, read):
        assert from_bytes(kind, to_bytes(value)) == value, path


def test_every_field_of_a_goal_is_in_the_job_s_answer():
    for path, stated in each_field(mandate_pb2.Goal):
        answer = to_goal(from_goal(stated))
        for field, value in stated.ListFields():
            assert getattr(answer, field.name) == value, path


def test_the_walk_reaches_what_is_deep():
    paths = {path for path, _ in each_field(mandate_pb2.Constraints)}
    assert {"max_gross=", "max_gross=default", "benchmark[AAPL]=", "rows[0].coefficients[AAPL]="} <= paths
    assert {"active_bounds={}", "max_cvar.confidence=", "factors[0].max=default", "bounds[AAPL].min="} <= paths


def limited(names):
    group = mandate_pb2.GroupLimit(name="all", symbols=names, max=0.5)
    return mandate_pb2.Constraints(groups=[group], bounds={name: mandate_pb2.WeightBounds(max=0.1) for name in names})


def test_the_same_constraints_are_the_very_same_thing_and_others_are_not():
    first, again = (from_constraints(limited(["A", "B"])) for _ in range(2))
    assert again is first
    assert from_constraints(limited(["A", "C"])) != first


def test_what_is_large_is_read_anew_and_not_kept():
    names = [f"ASSET{number:05d}" for number in range(3000)]
    first, again = (from_constraints(limited(names)) for _ in range(2))
    assert again == first
    assert again is not first
