"""What must fit together in a mandate."""

from dataclasses import replace

import pytest
from hypothesis import given

from services.portfolio.domain.costs import Costs
from services.portfolio.domain.errors import InvalidPortfolio
from services.portfolio.domain.mandate import (
    ClassLimits,
    Constraints,
    FactorLimit,
    Goal,
    GroupLimit,
    LinearLimit,
    WeightBounds,
    WeightRange,
)
from services.portfolio.domain.portfolio import Draft
from services.portfolio.domain.rules import check
from services.portfolio.domain.strategy import Strategy
from tests.portfolio.builders import PLAIN, drafts


def broken(constraints: Constraints, strategy: Strategy = PLAIN, name: str = "Core", within: str = "") -> list[str]:
    with pytest.raises(InvalidPortfolio) as refusal:
        check(Draft(name, strategy, constraints), within)
    assert all(violation.fix for violation in refusal.value.violations)
    return [violation.field for violation in refusal.value.violations]


def test_the_defaults_fit():
    check(Draft("Core"))


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_a_name_has_1_to_255_characters(name):
    assert broken(Constraints(), name=name) == ["name"]


@pytest.mark.parametrize(
    ("least", "greatest", "field"),
    [(0.9, 0.8, "min_budget"), (1.5, None, "min_budget"), (None, 0.5, "max_budget")],
)
def test_the_least_budget_does_not_exceed_the_greatest_where_an_absent_one_is_1(least, greatest, field):
    assert broken(Constraints(min_budget=least, max_budget=greatest)) == [f"constraints.{field}"]


def test_a_group_s_floor_does_not_exceed_its_cap():
    groups = (GroupLimit("tech", ("AAPL",), min=0.1, max=0.4), GroupLimit("oil", ("XOM",), min=0.5, max=0.4))
    assert broken(Constraints(groups=groups)) == ["constraints.groups[1].min"]


def test_an_asset_s_least_weight_does_not_exceed_its_greatest():
    assert broken(Constraints(bounds={"XOM": WeightBounds(0.5, 0.4)})) == ['constraints.bounds["XOM"].min']


@pytest.mark.parametrize(
    ("limits", "path"),
    [
        ({"default_bounds": WeightBounds(0.2, 0.1)}, "default_bounds"),
        ({"active_bounds": WeightBounds(0.01, -0.01)}, "active_bounds"),
        ({"rows": (LinearLimit("beta", {"XOM": 1.2}, min=1.0, max=0.9),)}, "rows[0]"),
        ({"classes": (ClassLimits("sector", limits={"oil": WeightRange(0.2, 0.1)}),)}, 'classes[0].limits["oil"]'),
        ({"factors": (FactorLimit(0), FactorLimit(1, min=0.1, max=0.0))}, "factors[1]"),
    ],
)
def test_no_floor_exceeds_its_cap(limits, path):
    assert broken(Constraints(**limits)) == [f"constraints.{path}.min"]


def test_where_one_end_is_open_there_is_no_order_to_break():
    rows = (LinearLimit("a", {"XOM": 1.0}, min=2.0), LinearLimit("b", {"XOM": 1.0}, max=-2.0))
    check(Draft("Core", PLAIN, Constraints(rows=rows, factors=(FactorLimit(0, min=1.0), FactorLimit(0, max=-1.0)))))


def test_bounds_and_groups_name_assets_of_the_universe():
    constraints = Constraints(
        bounds={"AAPL": WeightBounds(), "TSLA": WeightBounds()}, groups=(GroupLimit("cars", ("MSFT", "F")),)
    )
    expected = ["portfolio.constraints.groups[0].symbols[1]", 'portfolio.constraints.bounds["TSLA"]']
    assert broken(constraints, within="portfolio.") == expected


def test_benchmark_rows_classes_shares_and_costs_name_assets_of_the_universe():
    costs = Costs(half_spreads={"A": 0.1}, average_daily_values={"B": 1.0, "XOM": 1.0}, borrow_rates={"C": 0.1})
    strategy = replace(PLAIN, goal=Goal(risk_budgets={"AAPL": 1.0, "D": 1.0}), costs=costs)
    classes = (ClassLimits("sector", max_each=0.3), ClassLimits("theme", {"XOM": "oil", "G": "oil"}, max_each=0.3))
    rows = (LinearLimit("beta", {"XOM": 1.0, "F": 1.0}),)
    constraints = Constraints(benchmark={"E": 1.0}, rows=rows, classes=classes)
    assert set(broken(constraints, strategy)) == {
        'constraints.benchmark["E"]',
        'constraints.rows[0].coefficients["F"]',
        'constraints.classes[1].members["G"]',
        'strategy.goal.risk_budgets["D"]',
        'strategy.costs.half_spreads["A"]',
        'strategy.costs.average_daily_values["B"]',
        'strategy.costs.borrow_rates["C"]',
    }


def test_without_a_universe_any_asset_may_be_named():
    check(Draft("Core", Strategy(), Constraints(bounds={"TSLA": WeightBounds()}, groups=(GroupLimit("cars", ("F",)),))))


def test_no_name_has_control_characters_even_without_a_universe():
    constraints = Constraints(
        bounds={"X\x00": WeightBounds()},
        groups=(GroupLimit("a\x00b", ("XOM",)),),
        rows=(LinearLimit("a\nb", {"XOM": 1.0}),),
    )
    paths = ["constraints.groups[0].name", "constraints.rows[0].name", 'constraints.bounds["X\x00"]']
    assert broken(constraints, Strategy()) == paths


def test_every_broken_rule_is_reported_at_once():
    constraints = Constraints(min_budget=2.0, groups=(GroupLimit("oil", ("BP",), min=0.5, max=0.4),))
    assert len(broken(constraints, name="")) == 4


@given(drafts)
def test_a_refusal_is_never_without_a_reason(draft):
    try:
        check(draft)
    except InvalidPortfolio as refusal:
        assert refusal.violations
