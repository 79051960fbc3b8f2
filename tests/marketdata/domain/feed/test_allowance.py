"""How often a source may be asked, over whatever happens in whatever order."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.feed.allowance import (
    LONGEST_PEACE,
    LONGEST_WAIT,
    PEACE,
    TRIPPED,
    Allowance,
    Problem,
    Rate,
)
from services.marketdata.domain.feed.pulls import LONGEST_PAUSE, pause

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)
RATE = Rate(per_minute=5, per_day=25)

steps = st.tuples(
    st.timedeltas(min_value=timedelta(seconds=-30), max_value=timedelta(hours=3)),
    st.sampled_from(["reserve", "reserve", "reserve", "answered", "failed", "busy", "wait", "tomorrow", "refused"]),
    st.integers(0, 10**6),
)
rates = st.builds(Rate, st.integers(1, 120), st.integers(1, 200))


def after(state, what, seconds, now):
    match what:
        case "answered":
            return state.answered(now, None)
        case "failed":
            return state.failed(Problem.FAILING, now)
        case "busy":
            return state.told_to_wait(None, now)
        case "wait":
            return state.told_to_wait(timedelta(seconds=seconds), now)
        case "tomorrow":
            return state.told_to_wait_for_tomorrow(now)
        case _:
            return state.refused(now)


@given(rates, st.lists(steps, max_size=200))
def test_neither_the_rate_nor_the_budget_is_ever_exceeded(rate, schedule):
    state, now, calls = Allowance(), NOON, []
    for ahead, what, seconds in schedule:
        now += ahead
        if what == "reserve":
            state, until = state.reserve(rate, now)
            if until is None:
                calls.append(now)
            else:
                assert until > now
        else:
            state = after(state, what, seconds, now)
    # A clock that goes back makes its calls on the later day.
    latest, days = NOON.date(), Counter()
    for call in calls:
        latest = max(latest, call.date())
        days[latest] += 1
    assert max(days.values(), default=0) <= rate.per_day
    for first, nth in zip(calls, calls[rate.per_minute :], strict=False):
        assert nth - first >= timedelta(minutes=1) - timedelta(microseconds=rate.per_minute)


@given(rates, st.lists(steps, max_size=100))
def test_whatever_happened_a_call_is_granted_within_a_day_and_a_minute(rate, schedule):
    state, now = Allowance(), NOON
    for ahead, what, seconds in schedule:
        now += ahead
        state = state.reserve(rate, now)[0] if what == "reserve" else after(state, what, seconds, now)
    latest = max(now, datetime.combine(state.day, datetime.min.time(), UTC))
    for _ in range(10):
        granted, until = state.reserve(rate, now)
        if until is None:
            break
        now = until
    assert until is None, granted
    assert now <= latest + timedelta(minutes=1) + max(LONGEST_WAIT, LONGEST_PEACE) + timedelta(days=2)


def test_a_refusal_tells_when_the_next_call_is_due():
    state, until = Allowance().reserve(RATE, NOON)
    assert until is None
    again, until = state.reserve(RATE, NOON + timedelta(seconds=1))
    assert (again, until) == (state, NOON + timedelta(seconds=12))


def test_a_spent_budget_waits_for_midnight_and_says_so():
    state, now = Allowance(), NOON
    for _ in range(25):
        state, until = state.reserve(RATE, now)
        assert until is None
        now += timedelta(seconds=12)
    assert state.reserve(RATE, now) == (state, MIDNIGHT)
    assert state.problem_at(RATE, now) == (Problem.BUDGET_SPENT, MIDNIGHT)
    state, until = state.reserve(RATE, MIDNIGHT)
    assert (until, state.calls) == (None, 1)


def failed(times, state=None, now=NOON):
    state = state or Allowance()
    for _ in range(times):
        state = state.failed(Problem.FAILING, now)
    return state


def test_after_five_failures_in_a_row_it_is_left_in_peace_for_longer_and_longer():
    assert failed(TRIPPED - 1).reserve(RATE, NOON)[1] is None
    waits = [failed(TRIPPED + n).blocked_until - NOON for n in range(9)]
    assert waits == [min(PEACE * 2**n, LONGEST_PEACE) for n in range(9)]
    assert failed(TRIPPED).problem_at(RATE, NOON) == (Problem.FAILING, NOON + PEACE)


def test_after_that_a_single_call_tries_whether_it_is_well():
    later = NOON + PEACE
    state, until = failed(TRIPPED).reserve(RATE, later)
    assert until is None
    assert state.reserve(RATE, later + timedelta(seconds=30))[1] == later + PEACE
    well = state.answered(later, None)
    assert (well.failures, well.problem_at(RATE, later)) == (0, (Problem.NONE, None))
    ill = state.failed(Problem.FAILING, later)
    assert ill.blocked_until == later + 2 * PEACE


def test_a_wait_that_one_call_was_told_of_outlasts_an_answer_to_another():
    told = Allowance().told_to_wait(timedelta(minutes=10), NOON)
    assert told.answered(NOON + timedelta(seconds=1), 2.0).reserve(RATE, NOON + timedelta(minutes=9))[1] is not None
    assert told.answered(NOON + timedelta(seconds=1), 2.0).skew == 2.0


def test_waits_without_a_time_double_up_to_an_hour_and_one_with_a_time_is_taken_at_its_word():
    state, waits = Allowance(), []
    for _ in range(8):
        state = state.told_to_wait(None, NOON)
        waits.append((state.blocked_until - NOON) // timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert Allowance().told_to_wait(timedelta(hours=5), NOON).blocked_until == NOON + timedelta(hours=5)
    assert Allowance().told_to_wait(timedelta(days=400), NOON).blocked_until == NOON + LONGEST_WAIT
    assert Allowance().told_to_wait_for_tomorrow(NOON).blocked_until == MIDNIGHT


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_what_failed_is_asked_again_later_and_later_and_never_all_at_once(failures, chance):
    whole = min(timedelta(seconds=2 ** min(failures - 1, 20)), LONGEST_PAUSE)
    assert whole / 2 <= pause(failures, chance) <= whole
    assert pause(failures, 0.0) < pause(failures, 0.5)
