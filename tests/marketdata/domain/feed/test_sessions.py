"""What lies near a session of its exchange, and what does not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.feed.sessions import Sessions

HOUR = 3_600_000_000_000


def far(at, slack, *sessions):
    opens, closes = (np.array(column, np.int64) * HOUR for column in zip(*sessions, strict=True))
    [answer] = Sessions(opens, closes).are_far(np.array([at * HOUR]), np.array([slack * HOUR]))
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
