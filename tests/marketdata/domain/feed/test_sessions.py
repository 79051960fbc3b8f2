"""What lies near a session of its exchange, and what does not."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.feed.sessions import Sessions

HOUR = 3_600_000_000_000


def sessions_of(*sessions):
    """Sessions numbered from 1000, of openings and closes in hours."""
    opens, closes = (np.array(column, np.int64) * HOUR for column in zip(*sessions, strict=True))
    return Sessions(opens, closes, 1000 + np.arange(len(opens)))


def far(at, slack, *sessions):
    [answer] = sessions_of(*sessions).are_far(np.array([at * HOUR]), np.array([slack * HOUR]))
    return bool(answer)


def test_before_and_after_a_session_there_is_early_and_late_trade():
    week = ((10, 17), (34, 41), (106, 113))
    assert [at for at in range(4, 110) if far(at, 6, *week)] == [*range(24, 28), *range(48, 100)]


def test_what_lies_before_all_that_is_known_is_not_judged():
    assert not far(-1000, 0, (10, 17))
    assert not far(9, 0, (10, 17))
    assert far(18, 0, (10, 17))


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=40, unique=True), st.integers(0, 5100), st.integers(0, 100))
def test_it_is_as_looking_at_each_session(moments, at, slack):
    moments = sorted(moments)[: len(moments) // 2 * 2]
    sessions = list(zip(moments[::2], moments[1::2], strict=True))
    near = any(opens - slack <= at <= closes + slack for opens, closes in sessions)
    assert far(at, slack, *sessions) == (not near and at >= sessions[0][0] - slack)


def test_what_is_traded_before_an_opening_or_after_a_close_belongs_to_the_nearer_session():
    week = sessions_of((10, 17), (34, 41), (106, 113))
    hours = np.array([10, 16, 17, 25, 26, 34, 41, 73, 74, 113, 500])
    found = week.days_of(hours * HOUR)
    assert found.tolist() == [1000, 1000, 1000, 1000, 1001, 1001, 1001, 1001, 1002, 1002, 1002]


def test_what_lies_before_all_that_is_known_belongs_to_its_day():
    assert sessions_of((100, 107)).days_of(np.array([-1, 23, 24, 99]) * HOUR).tolist() == [
        date(1969, 12, 31).toordinal(),
        *[date(1970, 1, 1).toordinal(), date(1970, 1, 2).toordinal(), date(1970, 1, 5).toordinal()],
    ]


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=40, unique=True), st.integers(0, 5100))
def test_the_nearer_session_is_as_measured_to_each(moments, at):
    moments = sorted(moments)[: len(moments) // 2 * 2]
    sessions = list(zip(moments[::2], moments[1::2], strict=True))
    distances = [max(opens - at, at - closes, 0) for opens, closes in sessions]
    if at >= sessions[0][0]:
        [day] = sessions_of(*sessions).days_of(np.array([at * HOUR]))
        assert distances[day - 1000] == min(distances)
