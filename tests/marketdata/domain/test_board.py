from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.board import Board, Reader
from services.marketdata.domain.ticks import FeedState, Newest, Position
from tests.marketdata.builders import EPOCH, batch, tick

ALL = frozenset()


def board(keep=100, epoch=EPOCH):
    made = Board(keep)
    made.reset(FeedState(Position(epoch, 0), {}, []))
    return made


def published(target, count, symbols=("A", "B"), first=1):
    for version in range(first, first + count):
        target.publish(batch(version, *(tick(symbol, version) for symbol in symbols)))


def newest(frame):
    return {t.symbol: t.seq for t in frame.ticks}


def test_the_first_frame_is_a_snapshot_even_of_nothing():
    frame = Reader(board(), ALL).next()
    assert (frame.snapshot, frame.ticks, frame.conflated, frame.position.version) == (True, (), 0, 0)


def test_a_snapshot_shows_the_newest_of_each_symbol():
    target = board()
    published(target, 3)
    target.publish(batch(4, tick("B", 4)))
    frame = Reader(target, ALL).next()
    assert frame.snapshot
    assert newest(frame) == {"A": 3, "B": 4}


def test_a_reader_that_keeps_up_sees_every_tick_and_is_spared_none():
    target, seen = board(), []
    reader = Reader(target, ALL)
    reader.next()
    for version in range(1, 6):
        published(target, 1, first=version)
        frame = reader.next()
        seen.append((newest(frame), frame.conflated, frame.snapshot))
    assert seen == [({"A": n, "B": n}, 0, False) for n in range(1, 6)]
    assert reader.next() is None


def test_a_slow_reader_sees_the_newest_and_is_told_exactly_how_many_it_was_spared():
    target = board(keep=2)
    reader = Reader(target, ALL)
    reader.next()
    published(target, 1000)
    frame = reader.next()
    assert newest(frame) == {"A": 1000, "B": 1000}
    assert frame.conflated == 2 * 999
    assert len(target.log) == 2


def test_only_asked_symbols_are_shown_and_counted():
    target = board()
    reader = Reader(target, frozenset({"B"}))
    reader.next()
    published(target, 10, symbols=("A", "B", "C"))
    frame = reader.next()
    assert (newest(frame), frame.conflated) == ({"B": 10}, 9)


def test_ticks_of_other_symbols_are_no_news_but_move_the_cursor():
    target = board()
    reader = Reader(target, frozenset({"Z"}))
    reader.next()
    published(target, 3)
    assert reader.next() is None
    assert reader.position == Position(EPOCH, 3)


def test_when_the_bus_counts_anew_every_reader_gets_a_snapshot():
    target = board()
    reader = Reader(target, ALL)
    reader.next()
    published(target, 3)
    reader.next()
    target.reset(FeedState(Position("epoch-2", 1), {"A": Newest(1, tick("A", 1))}, [batch(1, tick("A", 1))]))
    frame = reader.next()
    assert (frame.snapshot, newest(frame)) == (True, {"A": 1})


def test_when_the_bus_comes_back_without_its_last_batches_every_reader_gets_a_snapshot():
    target = board()
    reader = Reader(target, ALL)
    published(target, 5)
    reader.next()
    kept = [batch(version, tick("A", version)) for version in (1, 2, 3)]
    target.reset(FeedState(Position(EPOCH, 3), {"A": Newest(3, tick("A", 3))}, kept))
    frame = reader.next()
    assert (frame.snapshot, newest(frame), frame.conflated) == (True, {"A": 3}, 0)


def test_a_batch_follows_only_its_forerunner():
    target = board()
    published(target, 2)
    assert target.follows(batch(3))
    assert not target.follows(batch(4))
    assert not target.follows(batch(2))
    assert not target.follows(batch(3, epoch="epoch-2"))


@given(
    st.lists(st.sets(st.sampled_from("ABCD"), min_size=1), min_size=1, max_size=40),
    st.sets(st.sampled_from("ABCD")),
    st.data(),
)
def test_what_a_reader_was_shown_and_spared_adds_up_to_what_happened(batches, asked, data):
    target, seqs = board(keep=5), dict.fromkeys("ABCD", 0)
    reader = Reader(target, frozenset(asked))
    reader.next()
    shown, last = 0, {}
    for version, symbols in enumerate(batches, start=1):
        for symbol in symbols:
            seqs[symbol] += 1
        target.publish(batch(version, *(tick(symbol, seqs[symbol]) for symbol in symbols)))
        if data.draw(st.booleans()) or version == len(batches):
            frame = reader.next()
            if frame is not None:
                shown += len(frame.ticks) + frame.conflated
                assert all(t.seq > last.get(t.symbol, 0) for t in frame.ticks)
                last |= newest(frame)
    expected = {symbol: seq for symbol, seq in seqs.items() if seq and (not asked or symbol in asked)}
    assert last == expected
    assert shown == sum(expected.values())
