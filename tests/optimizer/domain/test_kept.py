"""What is kept is of the very same things, as it would be worked out anew, and of no others."""

import copy
import gc
import random
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings

from services.optimizer.domain.goal import Goal
from services.optimizer.domain.kept import SETS, kept
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import input_hash, replayable
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.problems import GOALS, control, problem, problems


class Thing:
    """Equal to every other."""

    def __eq__(self, other):
        return isinstance(other, Thing)

    __hash__ = None


def test_of_the_very_same_things_it_is_worked_out_once():
    asked = []
    one, other = Thing(), Thing()

    @kept
    def both(first, second):
        asked.append((first, second))
        return len(asked)

    assert [both(one, other), both(one, other), both(other, one), both(one, one)] == [1, 1, 2, 3]


def test_of_an_equal_thing_it_is_worked_out_anew():
    @kept
    def itself(thing):
        return thing

    one, other = Thing(), Thing()
    assert itself(one) is one
    assert itself(other) is other


def test_what_failed_is_not_kept():
    @kept
    def refused(thing):
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            refused(Thing())


def test_no_more_is_kept_than_a_few():
    @kept
    def itself(thing):
        return thing

    class Seen(Thing):
        pass

    things = [Seen() for _ in range(SETS + 3)]
    there = [weakref.ref(each) for each in things]
    for each in things:
        itself(each)
    del each
    things.clear()
    gc.collect()
    assert [each() is not None for each in there] == [False] * 3 + [True] * SETS


def test_threads_that_share_it_get_what_is_theirs():
    things = [Thing() for _ in range(SETS + 4)]
    numbers = {id(thing): number for number, thing in enumerate(things)}
    number_of = kept(lambda thing: numbers[id(thing)])

    def ask(seed: int) -> bool:
        chance = random.Random(seed)
        return all(number_of(things[one]) == one for one in (chance.randrange(len(things)) for _ in range(5000)))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def apart(stated: Problem) -> Problem:
    """An equal problem none of whose parts was ever seen."""
    return copy.deepcopy(stated)


@given(problems())
@settings(max_examples=40, deadline=None)
def test_a_problem_whose_parts_were_seen_is_answered_as_one_that_was_not(stated):
    engine = ChoosingEngine()
    first = replayable(engine.solve(stated, control()))
    again = replace(stated, goal=copy.deepcopy(stated.goal))
    assert replayable(engine.solve(again, control())) == first
    assert replayable(engine.solve(apart(stated), control())) == first
    assert input_hash(again) == input_hash(apart(stated))


@pytest.mark.parametrize("goal", GOALS, ids=str)
def test_no_goal_writes_to_what_is_kept(goal: Goal):
    engine, stated = ChoosingEngine(), problem()
    for each in GOALS:
        engine.solve(replace(stated, goal=each), control())
    wanted = replace(stated, goal=goal)
    assert replayable(engine.solve(wanted, control())) == replayable(engine.solve(apart(wanted), control()))
