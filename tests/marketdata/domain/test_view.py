"""A view shows many subscribers the same, and each of them neither more nor less than what happened."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.board import Reader
from services.marketdata.domain.ticks import FeedState, Newest, Position
from services.marketdata.domain.view import View
from tests.marketdata.builders import EPOCH, batch, tick
from tests.marketdata.domain.test_board import board, newest, published


def view(target, *symbols):
    made = View(Reader(target, frozenset(symbols)))
    made.advance()
    return made


def told(shared):
    return newest(shared.frame), shared.frame.conflated, shared.frame.snapshot


def test_who_comes_first_and_who_comes_later_are_shown_a_snapshot():
    target = board()
    published(target, 3)
    seen = view(target)
    assert told(seen.behind(None)) == ({"A": 3, "B": 3}, 0, True)
    published(target, 1, symbols=("B",), first=4)
    assert told(seen.behind(None)) == ({"A": 3, "B": 3}, 0, True)
    assert seen.advance()
    assert told(seen.behind(None)) == ({"A": 3, "B": 4}, 0, True)


def test_who_keeps_up_is_shown_each_frame_and_all_are_shown_the_same_one():
    target = board()
    seen = view(target)
    places = [seen.place() for _ in range(3)]
    published(target, 5)
    assert seen.advance()
    frames = {id(seen.behind(place)) for place in places}
    assert len(frames) == 1
    assert told(seen.behind(places[0])) == ({"A": 5, "B": 5}, 8, False)


def test_a_frame_is_encoded_once():
    target, encoded = board(), []
    seen = view(target)
    for _ in range(3):
        seen.behind(None).once(lambda frame: encoded.append(frame) or b"bytes")
    assert len(encoded) == 1


def test_who_missed_frames_is_shown_the_newest_and_told_what_was_spared():
    target = board(keep=2)
    seen = view(target)
    place = seen.place()
    for first in range(1, 100, 3):
        published(target, 3, first=first)
        seen.advance()
    assert told(seen.behind(place)) == ({"A": 99, "B": 99}, 2 * 98, False)


def test_nothing_new_is_no_frame():
    target = board()
    seen = view(target, "A")
    assert not seen.advance()
    published(target, 3, symbols=("B",))
    assert not seen.advance()
    assert seen.position().version == 3
    assert told(seen.idle()) == ({}, 0, False)


def test_when_the_bus_counts_anew_everyone_is_shown_a_snapshot():
    target = board()
    published(target, 3)
    seen = view(target)
    place = seen.place()
    target.reset(FeedState(Position("epoch-2", 1), {"A": Newest(1, tick("A", 1))}, [batch(1, tick("A", 1))]))
    assert seen.advance()
    assert told(seen.behind(place)) == ({"A": 1}, 0, True)
    place = seen.place()
    target.publish(batch(2, tick("A", 2), epoch="epoch-2"))
    assert seen.advance()
    assert told(seen.behind(place)) == ({"A": 2}, 0, False)


def test_who_resumes_is_given_each_batch_that_it_missed():
    target = board()
    published(target, 8)
    seen = view(target, "A")
    frames = seen.missed(Position(EPOCH, 5))
    assert [(newest(frame), frame.conflated, frame.position.version) for frame in frames] == [
        ({"A": 6}, 0, 6),
        ({"A": 7}, 0, 7),
        ({"A": 8}, 0, 8),
    ]
    published(target, 1, first=9)
    assert [newest(frame) for frame in seen.missed(Position(EPOCH, 7))] == [{"A": 8}]  # the ninth is the next frame's
    assert seen.missed(Position(EPOCH, 8)) == []


def test_who_resumes_is_told_what_could_not_be_shown_of_its_symbols():
    target = board()
    published(target, 1)
    target.publish(batch(2, replace(tick("A", 5), unshown=3), replace(tick("B", 9), unshown=7)))
    [frame] = view(target, "A").missed(Position(EPOCH, 1))
    assert (newest(frame), frame.conflated) == ({"A": 5}, 3)


@pytest.mark.parametrize("position", [Position(EPOCH, 3), Position("another", 7), Position(EPOCH, 9)])
def test_a_place_that_is_not_kept_or_not_yet_reached_is_known_as_such(position):
    target = board(keep=3)
    published(target, 8)
    assert view(target).missed(position) is None


def test_before_the_first_frame_there_is_no_position():
    with pytest.raises(LookupError):
        View(Reader(board(), frozenset())).position()


@given(
    st.lists(st.sets(st.sampled_from("ABCD"), min_size=1), min_size=1, max_size=40),
    st.sets(st.sampled_from("ABCD")),
    st.data(),
)
def test_what_each_was_shown_and_spared_adds_up_to_what_happened(batches, asked, data):
    """However often the view moves and however seldom each subscriber looks."""
    target, seqs = board(keep=5), dict.fromkeys("ABCD", 0)
    seen = view(target, *asked)
    places, shown, last = [seen.place()] * 3, [0] * 3, [{}, {}, {}]
    for version, symbols in enumerate(batches, start=1):
        for symbol in symbols:
            seqs[symbol] += 1
        target.publish(batch(version, *(tick(symbol, seqs[symbol]) for symbol in symbols)))
        at_the_end = version == len(batches)
        if data.draw(st.booleans()) or at_the_end:
            seen.advance()
        for who in range(3):
            if (data.draw(st.booleans()) or at_the_end) and places[who].number != seen.number:
                frame = seen.behind(places[who]).frame
                shown[who] += len(frame.ticks) + frame.conflated
                assert frame.conflated >= 0
                assert all(t.seq > last[who].get(t.symbol, 0) for t in frame.ticks)
                last[who] |= newest(frame)
                places[who] = seen.place()
    expected = {symbol: seq for symbol, seq in seqs.items() if seq and (not asked or symbol in asked)}
    assert last == [expected] * 3
    assert shown == [sum(expected.values())] * 3
