"""What the rules of data quality find, whatever batches the records come in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.marketdata.domain.feed.memory import Memory
from services.marketdata.domain.feed.records import DAY, SECOND, Fault, Records, rank
from services.marketdata.domain.feed.rules import Known, Rules, examine
from services.marketdata.domain.feed.sessions import Sessions

NOW = 1_800_000_000 * SECOND


def known(streams=1, symbols=None, reliability=None, listed=True):
    return Known(
        symbol=np.arange(streams) if symbols is None else np.array(symbols),
        listed=np.full(streams, listed),
        reliability=np.full(streams, 0.9) if reliability is None else np.array(reliability),
    )


def records(*rows, released=False, told=0):
    """Rows of (price, seconds from now, number, stream, size), of which the last three may be left out."""
    full = [(*row, *(0, 0, 1.0)[len(row) - 2 :]) for row in rows]
    price, seconds, number, stream, size = (np.array(column) for column in zip(*full, strict=True))
    at = NOW + np.round(seconds * SECOND).astype(np.int64)
    return Records(
        stream.astype(np.int64),
        at,
        price.astype(float),
        size.astype(float),
        number.astype(np.int64),
        np.full(len(full), released),
        np.full(len(full), told),
    )


DEFAULTS = Rules()


def judged(given, about=None, rules=DEFAULTS, memory=None):
    about = about or known()
    memory = memory or Memory.of([b""] * len(about.symbol))
    return examine(given, about, [rules] * len(about.symbol), memory, NOW)


def faults(*rows, **more):
    return [Fault(int(each)) for each in judged(records(*rows), **more).fault]


QUIET = [(100.0 * (1 + 0.001 * (-1) ** n), n - 1000, n + 1) for n in range(40)]


def after_quiet(*rows):
    """What is found of rows that follow forty quiet prices about 100."""
    return faults(*QUIET, *rows)[len(QUIET) :]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ((100.0, -1), Fault.NONE),
        ((np.nan, -1), Fault.NOT_FINITE),
        ((np.inf, -1), Fault.NOT_FINITE),
        ((100.0, -1, 0, 0, np.nan), Fault.NOT_FINITE),
        ((0.0, -1), Fault.NON_POSITIVE),
        ((-100.0, -1), Fault.NON_POSITIVE),
        ((100.0, -1, 0, 0, -5.0), Fault.BAD_SIZE),
        ((100.0, -1, 0, 0, 1e15), Fault.NONE),
        ((100.0, -1, 0, 0, 1.1e15), Fault.BAD_SIZE),
        ((100.0, 4.9), Fault.NONE),
        ((100.0, 5.1), Fault.FUTURE),
        ((100.0, -7 * 86_400 + 1), Fault.NONE),
        ((100.0, -7 * 86_400 - 1), Fault.STALE),
    ],
)
def test_what_is_wrong_with_a_record_by_itself_is_told(row, fault):
    assert faults(row) == [fault]


def test_a_symbol_that_is_not_listed_is_told():
    assert faults((100.0, -1), about=known(listed=False)) == [Fault.UNKNOWN_SYMBOL]


def test_what_is_known_to_be_wrong_is_told_before_all_else_and_teaches_nothing():
    found = judged(records((np.nan, -1), told=Fault.WRONG_CURRENCY), about=known(listed=False))
    assert found.fault.tolist() == [Fault.WRONG_CURRENCY]
    memory = Memory.of([b""])
    judged(records((500.0, -1), told=Fault.WRONG_CURRENCY), memory=memory)
    assert memory.packed() == Memory.of([b""]).packed()


def test_what_a_source_gives_again_is_a_duplicate_by_its_number_or_by_all_that_it_says():
    assert faults((100.0, -9, 1), (101.0, -8, 2), (100.0, -9, 1), (101.0, -8, 2)) == [
        0,
        0,
        Fault.DUPLICATE,
        Fault.DUPLICATE,
    ]
    assert faults((100.0, -9), (100.0, -9), (100.0, -8)) == [0, Fault.DUPLICATE, 0]


def test_points_of_the_same_nanosecond_are_kept_apart_by_number_or_price():
    assert faults((100.0, -9, 1), (100.0, -9, 2), (100.0, -9, 3)) == [0, 0, 0]
    assert faults((100.0, -9), (100.1, -9)) == [0, 0]


def test_what_happened_before_the_last_accepted_is_out_of_order_and_changes_nothing():
    assert faults((100.0, -9, 1), (100.0, -10, 2), (100.0, -8, 3)) == [0, Fault.OUT_OF_ORDER, 0]


def test_a_source_that_counts_anew_is_believed_if_time_goes_on():
    assert faults((100.0, -9, 500), (100.0, -8, 1), (100.0, -7, 2)) == [0, 0, 0]


def test_a_wrong_number_does_not_shut_out_what_follows():
    assert faults((100.0, -9, 1), (100.0, -8, 10**15), (100.0, -7, 3)) == [0, 0, 0]


def test_numbers_that_are_left_out_are_counted():
    found = judged(records((100.0, -9, 7), (100.0, -8, 8), (100.0, -7, 12), (np.nan, -6, 14)))
    assert found.missing.tolist() == [0, 0, 3, 1]


def test_a_jump_against_a_quiet_past_is_a_spike_and_what_follows_it_is_not():
    assert after_quiet((110.0, -9, 41), (100.0, -8, 42), (10.0, -7, 43), (100.0, -6, 44)) == [
        Fault.SPIKE,
        0,
        Fault.SPIKE,
        0,
    ]


def test_a_jump_that_is_usual_for_a_wild_past_is_none():
    wild = [(100.0 * 1.05 ** ((-1) ** n), n - 1000, n + 1) for n in range(40)]
    assert faults(*wild, (115.0, -9, 41))[-1] == Fault.NONE


def test_a_new_level_is_believed_when_it_is_confirmed():
    assert after_quiet((150.0, -9, 41), (150.5, -8, 42), (149.5, -7, 43), (150.0, -6, 44)) == [
        Fault.SPIKE,
        Fault.SPIKE,
        0,
        0,
    ]


def test_spikes_that_do_not_agree_confirm_nothing():
    rows = [(150.0, -9, 41), (15.0, -8, 42), (170.0, -7, 43), (1500.0, -6, 44), (100.0, -5, 45)]
    assert after_quiet(*rows) == [Fault.SPIKE] * 4 + [0]


def test_one_spike_given_again_and_again_confirms_nothing():
    rows = [(150.0, -9, 41)] * 5
    assert after_quiet(*rows) == [Fault.SPIKE] + [Fault.DUPLICATE] * 4


def two_sources(reliability):
    return known(2, symbols=[0, 0], reliability=reliability)


def heard(source, last=-9, count=10):
    """A history of one source about 100."""
    return [(100.0, last - count + n + 1, 0, source) for n in range(count)]


def after_hearing(source, *rows, **more):
    past = heard(source, **more)
    return faults(*past, *rows, about=two_sources([0.99, 0.5]))[len(past) :]


def test_a_source_that_disagrees_with_a_more_reliable_one_is_kept_apart():
    assert after_hearing(0, (103.0, -8, 0, 1), (101.0, -7, 0, 1)) == [Fault.DISAGREES, 0]


def test_a_more_reliable_source_is_not_judged_by_another():
    assert after_hearing(1, (103.0, -8, 0, 0)) == [0]


def test_a_price_from_long_ago_is_no_witness():
    assert after_hearing(0, (103.0, -8, 0, 1), last=-90) == [0]


def test_a_source_that_has_hardly_begun_to_speak_is_no_witness():
    assert after_hearing(0, (103.0, -8, 0, 1), count=8) == [0]
    assert after_hearing(0, (103.0, -8, 0, 1), count=9) == [Fault.DISAGREES]


def test_what_was_released_by_hand_passes_but_for_what_cannot_be_stored():
    assert judged(records(*QUIET, (1000.0, -9), released=True)).fault.tolist() == [0] * 41
    assert judged(records((np.nan, -9), released=True)).fault.tolist() == [Fault.NOT_FINITE]
    memory = Memory.of([b""])
    judged(records(*QUIET), memory=memory)
    judged(records((500.0, -2000), released=True), memory=memory)
    assert judged(records((100.0, -5, 41)), memory=memory).fault.tolist() == [0]


PRICES = st.sampled_from([100.0, 100.1, 99.9, 101.0, 110.0, 150.0, 10.0, np.nan, 0.0])
ROWS = st.lists(st.tuples(PRICES, st.integers(-50, 8), st.integers(0, 60), st.integers(0, 4)), min_size=1, max_size=80)


@settings(deadline=None)
@given(ROWS, st.sets(st.integers(1, 79)))
def test_the_verdicts_do_not_depend_on_how_records_are_cut_into_batches(rows, cuts):
    about = known(5, symbols=[0, 0, 1, 2, 2], reliability=[0.9, 0.8, 0.9, 0.9, 0.9])
    whole, parts = Memory.of([b""] * 5), Memory.of([b""] * 5)
    given_all = records(*rows)
    expected = judged(given_all, about, memory=whole)
    found = []
    for index in np.split(np.arange(len(rows)), sorted(cut for cut in cuts if cut < len(rows))):
        found.append(judged(given_all.at(index), about, memory=parts))
        parts = Memory.of(parts.packed())
    assert np.concatenate([each.fault for each in found]).tolist() == expected.fault.tolist()
    assert np.concatenate([each.missing for each in found]).tolist() == expected.missing.tolist()
    assert parts.packed() == whole.packed()


@settings(deadline=None)
@given(ROWS)
def test_streams_of_other_symbols_change_nothing(rows):
    about = known(5, symbols=range(5))
    together = judged(records(*rows), about).fault
    for stream in {row[3] for row in rows}:
        own = [row for row in rows if row[3] == stream]
        alone = faults(*((*row[:3], 0) for row in own))
        assert alone == [fault for fault, row in zip(together.tolist(), rows, strict=True) if row[3] == stream]


def test_rules_are_each_streams_own():
    strict, lax = Rules(oldest=10 * SECOND), Rules(oldest=7 * DAY)
    about = known(2)
    given = records((100.0, -20, 0, 0), (100.0, -20, 0, 1))
    found = examine(given, about, [strict, lax], Memory.of([b"", b""]), NOW)
    assert found.fault.tolist() == [Fault.STALE, Fault.NONE]


def test_the_rank_counts_what_stands_before():
    assert rank(np.array([3, 1, 3, 3, 1, 2])).tolist() == [0, 0, 1, 2, 1, 0]
    assert rank(np.array([], np.int64)).tolist() == []


QUIET_ROWS = st.lists(
    st.tuples(st.floats(99.0, 101.0), st.integers(0, 2), st.integers(1, 3), st.sampled_from([0, 0, 0, 0, 1])),
    min_size=1,
    max_size=200,
)


@settings(deadline=None)
@given(QUIET_ROWS, st.sets(st.integers(1, 199)), st.sampled_from([0.001, 0.01, 0.05]))
def test_a_steady_stream_is_judged_at_once_as_it_is_one_by_one(rows, cuts, floor):
    """Now and then a number is left out, a time stands still, a price jumps by more than the floor."""
    time, number, given = -100_000, 0, []
    for price, passed, step, wrong in rows:
        time, number = time + passed, number + step
        given.append((1.02 * price if wrong else price, time, number))
    rules = Rules(spike_floor=floor)
    whole, parts = Memory.of([b""]), Memory.of([b""])
    together = judged(records(*given), rules=rules, memory=whole)
    found = []
    for index in np.split(np.arange(len(given)), sorted(cut for cut in cuts if cut < len(given))):
        for one in index:  # one by one: never many enough to be taken at once
            found.append(judged(records(given[one]), rules=rules, memory=parts))
    assert together.fault.tolist() == [int(each.fault[0]) for each in found]
    assert together.missing.tolist() == [int(each.missing[0]) for each in found]
    assert whole.packed() == parts.packed()


def test_a_record_of_a_day_without_a_session_is_kept_apart_where_the_exchange_is_known():
    week = Sessions(np.array([NOW - 100_000 * SECOND]), np.array([NOW - 90_000 * SECOND]), np.array([738_000]))
    about = replace(known(2), sessions={1: week})
    rows = [
        (1.0, -95_000, 1, 0),
        (1.0, -95_000, 1, 1),
        (1.0, -80_000, 2, 0),
        (1.0, -80_000, 2, 1),
        (1.0, -50_000, 3, 1),
    ]
    assert faults(*rows, about=about) == [0, 0, 0, 0, Fault.OUT_OF_SESSION]
    strict = Rules(session_slack=3600 * SECOND)
    assert faults(*rows, about=about, rules=strict)[3] == Fault.OUT_OF_SESSION
