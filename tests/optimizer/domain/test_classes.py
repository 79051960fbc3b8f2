"""Limits on classes of assets are groups of the same weights."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.optimizer.domain.classes import grouped
from services.optimizer.domain.constraints import ClassLimits, Constraints, Group, WeightRange
from services.optimizer.domain.errors import Infeasible, InvalidProblem
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.domain.validation import check_structure
from tests.optimizer.problems import control, moments, problem

UNIVERSE = ("A", "B", "C", "D", "E")
SECTORS = {"A": "tech", "C": "tech", "B": "oil", "E": "banks"}  # D has none
GOAL = Goal(Objective.UTILITY, risk_aversion=3.0)
KNOWN = {"sector": SECTORS, "country": {"A": "US", "D": "CH"}, "currency": {}}


def groups(*limits, known=KNOWN, universe=UNIVERSE, **others):
    of = replace(moments(len(universe)), symbols=universe)
    found = grouped(problem(constraints=Constraints(classes=limits, **others), of=of), known)
    assert found.constraints.classes == ()
    return found.constraints.groups


def refused(*limits, **given):
    with pytest.raises(InvalidProblem) as raised:
        groups(*limits, **given)
    assert all(violation.mend for violation in raised.value.violations)
    return [violation.field for violation in raised.value.violations]


def test_a_limited_class_is_a_group_of_its_assets_and_named_by_it():
    limits = ClassLimits("sector", limits={"tech": WeightRange(0.1, 0.4)})
    assert groups(limits) == (Group("sector tech", ("A", "C"), 0.1, 0.4),)


def test_the_cap_of_each_class_is_that_of_those_without_a_limit_of_their_own():
    limits = ClassLimits("sector", limits={"tech": WeightRange(min=0.1), "oil": WeightRange()}, max_each=0.25)
    assert groups(limits) == (Group("sector banks", ("E",), None, 0.25), Group("sector tech", ("A", "C"), 0.1, None))


def test_an_asset_without_a_class_is_in_no_group():
    named = {symbol for group in groups(ClassLimits("sector", max_each=0.25)) for symbol in group.symbols}
    assert named == set(UNIVERSE) - {"D"}


def test_members_sent_along_come_before_what_is_known():
    limits = ClassLimits("sector", {"D": "mine"}, max_each=0.2)
    assert groups(limits) == (Group("sector mine", ("D",), None, 0.2),)


def test_groups_that_were_there_stay_and_those_of_every_attribute_come_behind():
    limits = [ClassLimits("sector", limits={"oil": WeightRange(max=0.2)}), ClassLimits("country", max_each=0.5)]
    kept = Group("kept", ("A", "B"), max=0.9)
    named = [group.name for group in groups(*limits, groups=(kept,))]
    assert named == ["kept", "sector oil", "country CH", "country US"]


def test_a_class_that_no_asset_has_is_refused_by_its_name():
    limits = ClassLimits("sector", limits={"Tech": WeightRange(max=0.2), "tech": WeightRange(max=0.2)}, max_each=0.3)
    assert refused(ClassLimits("country", max_each=0.3), limits) == ['constraints.classes[1].limits["Tech"]']


def test_classes_of_assets_outside_of_the_universe_are_not_there():
    limits = ClassLimits("sector", limits={"banks": WeightRange(max=0.2)})
    assert refused(limits, universe=("A", "B")) == ['constraints.classes[0].limits["banks"]']


@pytest.mark.parametrize("attribute", ["currency", "unheard of"])
@pytest.mark.parametrize("limits", [{}, {"CHF": WeightRange(max=0.2)}])
def test_limits_on_classes_that_no_asset_has_are_refused_rather_than_forgotten(attribute, limits):
    assert refused(ClassLimits(attribute, limits=limits, max_each=0.3)) == ["constraints.classes[0]"]


def test_members_outside_of_the_universe_are_refused():
    limits = ClassLimits("theme", {"A": "x", "Z": "x", "F": "y"}, max_each=0.3)
    assert refused(limits) == ['constraints.classes[0].members["F"]', 'constraints.classes[0].members["Z"]']


@given(st.data())
def test_no_order_of_assets_or_classes_matters(data):
    sectors = dict(data.draw(st.permutations(list(SECTORS.items()))))
    universe = tuple(data.draw(st.permutations(UNIVERSE)))
    limits = data.draw(st.permutations([("tech", WeightRange(0.1, 0.4)), ("oil", WeightRange(max=0.3))]))
    found = groups(ClassLimits("sector", sectors, dict(limits), max_each=0.2), universe=universe)
    assert {(g.name, frozenset(g.symbols), g.min, g.max) for g in found} == {
        ("sector tech", frozenset("AC"), 0.1, 0.4),
        ("sector oil", frozenset("B"), None, 0.3),
        ("sector banks", frozenset("E"), None, 0.2),
    }


# ---- Solved


def solved(*limits, **others):
    """The optimum with every second asset's sector being `even`, every other one's `odd`."""
    of = moments()
    members = {symbol: ("even", "odd")[index % 2] for index, symbol in enumerate(of.symbols)}
    stated = Constraints(classes=tuple(ClassLimits("sector", members, *each) for each in limits), **others)
    found = ChoosingEngine().solve(grouped(problem(GOAL, stated), {}), control())
    weights = dict(zip(of.symbols, found.solved.weights, strict=True))
    return found.solved.objective, sum(w for symbol, w in weights.items() if members[symbol] == "odd")


def test_a_tighter_cap_of_a_class_holds_and_never_improves_the_optimum():
    objectives = []
    for cap in (1.0, 0.5, 0.3, 0.1):
        objective, odd = solved(({"odd": WeightRange(max=cap)},))
        assert odd <= cap + 1e-9
        objectives.append(objective)
    assert all(tighter <= wider + 1e-12 for wider, tighter in itertools.pairwise(objectives))
    assert objectives[-1] < objectives[0]


def test_classes_in_conflict_are_told_by_their_names():
    with pytest.raises(Infeasible) as raised:
        solved(({}, 0.4))
    assert "group sector even" in str(raised.value)
    assert "group sector odd" in str(raised.value)


def test_a_problem_without_classes_is_left_as_it_is():
    stated = problem(constraints=Constraints(groups=(Group("kept", ("S000",), max=0.9),)))
    assert grouped(stated, KNOWN) is stated


def test_a_problem_whose_classes_are_not_groups_is_not_solved_without_them():
    classes = (ClassLimits("sector", max_each=0.2),)
    with pytest.raises(InvalidProblem, match=r"constraints\.classes"):
        check_structure(problem(constraints=Constraints(classes=classes)))


def test_a_rule_refuses_classes_as_it_does_any_constraint():
    stated = problem(goal=Goal(Objective.EQUAL_WEIGHT), constraints=Constraints(classes=(ClassLimits("sector"),)))
    assert grouped(stated, KNOWN) is stated
    with pytest.raises(InvalidProblem) as raised:
        check_structure(stated)
    assert [violation.field for violation in raised.value.violations] == ["constraints.classes"]
