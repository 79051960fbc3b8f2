from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.replay import Pace


def test_the_first_session_is_due_at_once_and_the_others_in_step():
    pace = Pace(started=100.0, speed=4.0)
    assert [pace.due(now) for now in (99.9, 100.0, 100.24, 100.25, 101.0)] == [0, 1, 1, 2, 5]


def test_being_late_moves_no_later_session():
    pace = Pace(started=0.0, speed=10.0)
    assert pace.due(60.0) == 601
    assert pace.at(1000) == 100.0


@given(st.floats(0, 1e6), st.floats(0.001, 1000), st.integers(0, 100_000))
def test_a_session_is_due_exactly_from_its_time_on(started, speed, session):
    pace = Pace(started, speed)
    assert pace.due(pace.at(session)) >= session + 1
    assert pace.at(pace.due(pace.at(session))) > pace.at(session)
