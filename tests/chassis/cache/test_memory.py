import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from chassis.cache import Entry, Stamp
from chassis.cache.memory import Memory, measured


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


def entry(body=b"body", version=1):
    return Entry(Stamp(version, "tenant", "user"), body)


def test_what_was_put_is_found_until_its_time_is_over():
    clock = Clock()
    memory = Memory(seconds=300, clock=clock)
    memory.put("a", entry())
    clock.time = 299.999
    assert memory.get("a") == entry()
    clock.time = 300
    assert memory.get("a") is None
    assert (len(memory), memory.size) == (0, 0)


def test_being_read_does_not_prolong_a_life():
    clock = Clock()
    memory = Memory(seconds=300, clock=clock)
    memory.put("a", entry())
    for clock.time in (100, 200, 299):
        assert memory.get("a") is not None
    clock.time = 301
    assert memory.get("a") is None


def test_beyond_the_most_entries_the_least_recently_used_is_forgotten():
    memory = Memory(entries=2)
    memory.put("a", entry())
    memory.put("b", entry())
    memory.get("a")
    memory.put("c", entry())
    assert [key for key in "abc" if memory.get(key)] == ["a", "c"]


def test_beyond_the_most_bytes_the_least_recently_used_are_forgotten():
    one = measured("a", entry(b"x" * 1000))
    memory = Memory(size=3 * one)
    for key in "abc":
        memory.put(key, entry(b"x" * 1000))
    memory.put("d", entry(b"x" * 1500))
    assert [key for key in "abcd" if memory.get(key)] == ["c", "d"]


def test_what_is_larger_than_everything_may_be_is_not_kept_and_replaces_what_it_outdates():
    memory = Memory(size=5000)
    memory.put("a", entry())
    memory.put("b", entry())
    memory.put("a", entry(b"x" * 5000))
    assert memory.get("a") is None
    assert memory.get("b") is not None


def test_the_measured_bytes_are_at_least_those_that_are_really_held():
    memory = Memory(entries=2000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for i in range(2000):
            memory.put(f"portfolio:{i}", Entry(Stamp(10_000 + i, f"tenant-{i}", f"user-{i}"), bytes(800 + i)))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held <= memory.size <= 1.3 * held


OPERATIONS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["get", "put", "drop", "wait"]), st.integers(0, 600)),
    max_size=60,
)


@given(OPERATIONS, st.integers(1, 4), st.integers(400, 3000))
def test_no_order_of_calls_breaks_a_bound_or_serves_what_was_replaced_or_is_too_old(operations, entries, size):
    clock = Clock()
    memory = Memory(entries=entries, seconds=50, size=size, clock=clock)
    truth = {}
    for key, operation, number in operations:
        if operation == "wait":
            clock.time += number / 10
        elif operation == "put":
            truth[key] = (entry(bytes(number), number), clock.time + 50)
            memory.put(key, truth[key][0])
        elif operation == "drop":
            truth.pop(key, None)
            memory.drop(key)
        elif (found := memory.get(key)) is not None:
            assert key in truth
            assert found is truth[key][0]
            assert clock.time < truth[key][1]
        assert len(memory) <= entries
        assert 0 <= memory.size <= size
        assert (memory.size == 0) == (len(memory) == 0)
