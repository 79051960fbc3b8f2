import asyncio

import pytest

from chassis.cache import Entry, Stamp
from tests.chassis.cache.rows import ADMIN, ALICE, BOB, Replica, Rows, Who


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def replica(rows):
    return Replica(rows)


async def test_what_is_read_again_is_not_read_in_full_again(rows, replica):
    body = rows.write("a")
    assert [await replica.get("a") for _ in range(3)] == [body] * 3
    assert rows.asked == [("entries", "a"), ("stamps", "a"), ("stamps", "a")]
    assert (replica.counted("l1", "miss"), replica.counted("l1", "hit")) == (1, 2)


async def test_a_write_anywhere_shows_in_the_next_read_everywhere(rows):
    first, second = Replica(rows), Replica(rows)
    old = rows.write("a")
    assert [await first.get("a"), await second.get("a")] == [old, old]
    new = rows.write("a")
    assert [await first.get("a"), await second.get("a")] == [new, new]
    assert first.counted("l1", "stale") == 1


async def test_what_was_deleted_is_gone_from_the_next_read_on_and_from_memory(rows, replica):
    rows.write("a")
    await replica.get("a")
    rows.delete("a")
    assert await replica.get("a") is None
    assert await replica.get("a") is None
    assert rows.asked[-2:] == [("stamps", "a"), ("entries", "a")]


async def test_another_finds_nothing_whether_it_is_cached_or_not_and_makes_nothing_be_kept(rows, replica):
    body = rows.write("a")
    assert await replica.get("a", BOB) is None
    assert rows.asked == [("entries", "a")]
    assert await replica.get("a") == body
    assert rows.asked[1:] == [("entries", "a")]
    assert await replica.get("a", BOB) is None
    assert len(replica.memory) == 1
    rows.write("a")
    assert await replica.get("a", BOB) is None
    assert rows.asked[2:] == [("stamps", "a"), ("stamps", "a")]


async def test_the_same_user_of_another_tenant_is_another(rows, replica):
    rows.write("a")
    await replica.get("a")
    assert await replica.get("a", Who("alice", "other tenant")) is None


async def test_who_may_read_everyones_is_answered_from_the_owners_entry_and_the_other_way_round(rows, replica):
    mine, others = rows.write("a"), rows.write("b")
    assert [await replica.get("a"), await replica.get("a", ADMIN)] == [mine, mine]
    assert [await replica.get("b", ADMIN), await replica.get("b")] == [others, others]
    assert rows.asked == [("entries", "a"), ("stamps", "a"), ("entries", "b"), ("stamps", "b")]


async def test_what_changed_hands_is_no_longer_its_former_owners(rows, replica):
    rows.write("a", ALICE)
    await replica.get("a")
    body = rows.write("a", BOB)
    assert [await replica.get("a", ALICE), await replica.get("a", BOB)] == [None, body]


async def test_a_thousand_callers_who_miss_at_once_cause_one_statement(rows, replica):
    body = rows.write("a")
    assert await asyncio.gather(*(replica.get("a") for _ in range(1000))) == [body] * 1000
    assert rows.asked == [("entries", "a")]


async def test_reads_of_many_rows_at_once_share_their_statements(rows, replica):
    bodies = [rows.write(id) for id in "abcde"]
    assert await asyncio.gather(*map(replica.get, "abcde")) == bodies
    assert await asyncio.gather(*map(replica.get, "abcde")) == bodies
    assert rows.asked == [("entries", *"abcde"), ("stamps", *"abcde")]


async def test_a_caller_does_not_join_a_slow_load_that_began_before_their_own_write(rows, replica):
    old = rows.write("a")
    go, begun = rows.hold("entries")
    early = asyncio.create_task(replica.get("a"))
    await begun.wait()
    new = rows.write("a")
    late = asyncio.create_task(replica.get("a"))
    await asyncio.sleep(0)
    go.set()
    assert [await early, await late] == [old, new]


async def test_a_slow_load_that_ends_after_a_write_was_read_leaves_nothing_stale_behind(rows):
    first, second = Replica(rows), Replica(rows)
    rows.write("a")
    go, begun = rows.hold("entries")
    slow = asyncio.create_task(first.get("a"))
    await begun.wait()
    new = rows.write("a")
    go.set()
    await slow
    assert [await first.get("a"), await second.get("a")] == [new, new]


async def test_a_stamp_that_was_asked_for_before_a_write_speaks_for_no_read_after_it(rows, replica):
    old = rows.write("a")
    await replica.get("a")
    go, begun = rows.hold("stamps")
    early = asyncio.create_task(replica.get("a"))
    await begun.wait()
    new = rows.write("a")
    late = asyncio.create_task(replica.get("a"))
    await asyncio.sleep(0)
    go.set()
    assert [await early, await late] == [old, new]


async def test_what_an_event_outdates_is_forgotten_and_nothing_newer_is(rows, replica):
    rows.write("a")
    await replica.get("a")
    await replica.cached.outdate("a", 1)
    assert len(replica.memory) == 1
    await replica.cached.outdate("a", 2)
    assert len(replica.memory) == 0


async def test_an_entry_that_claims_a_version_ahead_of_the_row_does_not_count(rows, replica):
    body = rows.write("a")
    replica.layers.put("thing:a", Entry(Stamp(9, "tenant", "alice"), b"forged"))
    assert await replica.get("a") == body


async def test_the_failure_of_the_database_is_told_and_kept_by_nobody(rows, replica):
    async def refuses(ids, readers):
        raise ConnectionError(f"no answer for {ids}")

    body, entries = rows.write("a"), rows.entries
    rows.entries = refuses
    broken = Replica(rows)
    with pytest.raises(ConnectionError):
        await broken.get("a")
    rows.entries = entries
    assert await Replica(rows).get("a") == body
