"""What a mask changes, and what it leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portfolio.domain.changes import ABSENT, changed, merged
from services.portfolio.domain.costs import Costs
from services.portfolio.domain.errors import EtagMismatch
from services.portfolio.domain.mandate import Constraints, Goal, Objective, WeightBounds
from services.portfolio.domain.portfolio import Draft, require_etag
from services.portfolio.domain.strategy import Strategy
from tests.portfolio.builders import MUTABLE, NOW, PLAIN, a_portfolio, drafts

LATER = NOW + timedelta(days=1)


def draft_of(portfolio):
    return Draft(portfolio.name, portfolio.strategy, portfolio.constraints)


@given(drafts, drafts, st.sets(st.sampled_from(sorted(MUTABLE))))
def test_what_no_path_covers_stays_and_what_one_covers_changes(old, new, paths):
    stored = a_portfolio(name=old.name, strategy=old.strategy, constraints=old.constraints)
    after = merged(stored, new, paths)
    for path in MUTABLE:
        covers = [path] + [path[:i] for i, letter in enumerate(path) if letter == "."]
        if any(cover in paths for cover in covers):
            assert value_at(after, path) == value_at(new, path)
        elif not any(other.startswith(f"{path}.") for other in paths):
            assert value_at(after, path) == value_at(old, path)


def value_at(draft, path):
    value, within = draft, ""
    for name in path.split("."):
        value = getattr(ABSENT[within] if value is None else value, name)
        within = name
    return value


def test_a_path_below_the_goal_leaves_its_other_parts():
    stored = a_portfolio(strategy=replace(PLAIN, goal=Goal(Objective.RISK, 0.02, min_return=0.1)))
    after = merged(stored, Draft("", Strategy(goal=Goal(Objective.SHARPE))), ["strategy.goal.objective"])
    assert after.strategy == replace(PLAIN, goal=Goal(Objective.SHARPE, 0.02, min_return=0.1))
    assert after.name == "Core"


def test_a_path_into_absent_bounds_starts_from_long_only():
    changes = Draft("", Strategy(), Constraints(default_bounds=WeightBounds(0.0, 0.3)))
    after = merged(a_portfolio(), changes, ["constraints.default_bounds.max"])
    assert after.constraints.default_bounds == WeightBounds(0.0, 0.3)


def test_a_path_into_absent_active_bounds_leaves_the_other_end_open():
    changes = Draft("", Strategy(), Constraints(active_bounds=WeightBounds(0.0, 0.02)))
    after = merged(a_portfolio(), changes, ["constraints.active_bounds.max"])
    assert after.constraints.active_bounds == WeightBounds(-10.0, 0.02)


def test_a_path_into_absent_costs_starts_from_free_trades():
    changes = Draft("", Strategy(costs=Costs(commission=0.001, borrow=0.02)))
    after = merged(a_portfolio(), changes, ["strategy.costs.commission"])
    assert after.strategy == replace(PLAIN, costs=Costs(commission=0.001))


def test_a_change_is_the_next_version():
    after = changed(a_portfolio(version=7), Draft("Other"), LATER)
    assert (after.name, after.version, after.updated_at, after.created_at) == ("Other", 8, LATER, NOW)


def test_a_change_to_the_same_is_no_version():
    stored = a_portfolio()
    assert changed(stored, draft_of(stored), LATER) is stored


def test_an_etag_admits_its_own_version_alone_and_an_empty_one_any():
    stored = a_portfolio(version=3)
    require_etag(stored, "")
    require_etag(stored, stored.etag)
    with pytest.raises(EtagMismatch):
        require_etag(stored, "2")
