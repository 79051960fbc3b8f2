from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids


def test_the_clock_tells_the_present_time_in_utc():
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_ids_are_version_7_unique_and_in_the_order_of_their_making():
    made = [Uuid7Ids().new() for _ in range(1000)]
    assert {UUID(text).version for text in made} == {7}
    assert sorted(set(made)) == made
