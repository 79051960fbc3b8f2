"""The rules of data quality, and the examination of records by them.

What a record is judged against is what its stream gave before it, so records of one symbol are examined one after the
other, in rounds: each round holds at most one record per symbol and is computed on columns. A stream that gives nothing
but what cannot break a rule, whatever was measured of it meanwhile, is taken at once. The verdicts do not depend on how
the records were cut into batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.marketdata.domain.feed.memory import REFRESH, Memory
from services.marketdata.domain.feed.records import DAY, SECOND, Bools, Fault, Floats, Ints, Records, rank
from services.marketdata.domain.feed.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Rules:
    """A dataset's rules; times in ns, prices compared by |ln(p/q)|."""

    ahead: int = 5 * SECOND  # that a source's clock may be ahead of ours
    oldest: int = 7 * DAY  # age of a record that is taken in
    spike_z: float = 12.0  # robust z-scores that a log return may have
    spike_floor: float = 0.05  # a log return below it is never a spike
    confirm: int = 3  # spikes in a row, in agreement with each other, that are a new level
    cross_window: int = 60 * SECOND  # age of another source's price that is compared with
    cross_tolerance: float = 0.02  # |ln(p/q)| that sources may differ by
    session_slack: int = 6 * 3600 * SECOND  # before and after a session of the exchange


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of S streams beside what they gave: all (S,)."""

    symbol: Ints  # which symbol it is of, counted from 0 over all datasets
    listed: Bools  # the dataset has the instrument
    reliability: Floats  # of the source, 0 to 1
    sessions: Mapping[int, Sessions] = field(default_factory=dict)  # of the exchange, by stream, where that is known


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of n records."""

    fault: Ints  # (n,) of Fault
    missing: Ints  # (n,) numbers that the source left out before it


def examine(records: Records, known: Known, rules: Sequence[Rules], memory: Memory, now: int) -> Verdicts:
    """Judge records in the order in which they came, by the rules of their streams (S,), and remember them."""
    limits = _Limits.of(rules)
    fault = _alone(records, known, limits, now)
    missing = np.zeros(len(records), np.int64)
    partners = _partners(known.symbol)
    # Of a symbol with several sources each has to be compared with the others.
    alone = (np.bincount(known.symbol, minlength=1)[known.symbol] == 1)[records.stream]
    left = _but_steady(records, fault, missing, alone, limits, memory)
    rounds = rank(known.symbol[records.stream[left]])
    order = np.argsort(rounds, kind="stable")
    for index in np.split(order, np.flatnonzero(np.diff(rounds[order])) + 1) if len(order) else []:
        _Round(records.at(left[index]), known, limits, memory, partners).judge(fault, missing, left[index])
    return Verdicts(fault, missing)


MOST = 1e15  # units that a size may be: sums of them stay numbers


def _log_ratio(price: Floats, other: Floats) -> Floats:
    """ln(p/q), without the ratio, which might be no number. (n,)"""
    difference: Floats = np.log(price) - np.log(other)
    return difference


# So many records of a stream are worth a look at all of them together.
_MANY = 4


def _but_steady(  # noqa: PLR0917 - what is judged, and by what
    records: Records, fault: Ints, missing: Ints, alone: Bools, limits: _Limits, memory: Memory
) -> Ints:
    """Take the streams at once that give nothing but what cannot break a rule; return what is left to be judged."""
    by_stream = np.argsort(records.stream, kind="stable")
    left = np.ones(len(records), np.bool_)
    cuts = np.flatnonzero(np.diff(records.stream[by_stream])) + 1
    for index in np.split(by_stream, cuts) if len(by_stream) else []:
        if len(index) >= _MANY and alone[index[0]] and not fault[index].any():
            left[index] = not _taken(records.at(index), missing, index, limits, memory)
    return np.flatnonzero(left)


def _taken(records: Records, missing: Ints, index: Ints, limits: _Limits, memory: Memory) -> bool:
    """Take the records of one stream if none of them can break a rule, and tell whether they were taken."""
    stream, at, price = int(records.stream[0]), records.occurred_at, records.price
    last, known_price = memory.last_number[stream], memory.last_price[stream]
    steps = np.diff(records.number, prepend=last)
    if records.released.any() or not (steps > 0).all() or at[0] < memory.last_at[stream] or (np.diff(at) < 0).any():
        return False
    if np.isfinite(known_price):
        price = np.concatenate([[known_price], price])
    log_return = _log_ratio(price[1:], price[:-1])
    # The median of any window lies among its returns: so far no return is from any of them.
    furthest = np.abs(log_return).max()
    others = np.abs(memory.window[stream, : memory.returns[stream]]).max(initial=np.abs(memory.center[stream]))
    if not furthest + max(furthest, others) <= limits.spike_floor[stream]:
        return False
    gaps = steps <= _PLAUSIBLE_GAP
    gaps[0] &= last > 0
    missing[index] = np.where(gaps, steps - 1, 0)
    memory.learn_many(stream, log_return)
    memory.suspects[stream] = 0
    memory.last_number[stream], memory.last_at[stream], memory.last_price[stream] = (
        records.number[-1],
        at[-1],
        price[-1],
    )
    if at[-1] >= memory.seen_at[stream]:
        memory.seen_at[stream], memory.seen_price[stream] = at[-1], price[-1]
        memory.seen_size[stream] = records.size[-1]
    return True


def _alone(records: Records, known: Known, limits: _Limits, now: int) -> Ints:
    """What is wrong with each record by itself; (n,) of Fault."""
    stream, price, size = records.stream, records.price, records.size
    checks = [
        (Fault.UNKNOWN_SYMBOL, ~known.listed[stream]),
        (Fault.NOT_FINITE, ~(np.isfinite(price) & np.isfinite(size))),
        (Fault.NON_POSITIVE, price <= 0.0),
        (Fault.BAD_SIZE, (size < 0.0) | (size > MOST)),
        (Fault.FUTURE, records.occurred_at > now + limits.ahead[stream]),
        (Fault.STALE, records.occurred_at < now - limits.oldest[stream]),
        (Fault.OUT_OF_SESSION, _out_of_session(records, known, limits)),
    ]
    fault = np.zeros(len(records), np.int64)
    for each, broken in reversed(checks):
        fault[broken] = each
    return np.where(records.told != 0, records.told, fault)


def _out_of_session(records: Records, known: Known, limits: _Limits) -> Bools:
    """Whether each happened while its exchange was closed for longer than the slack. (n,)"""
    out = np.zeros(len(records), np.bool_)
    for stream, sessions in known.sessions.items():
        index = np.flatnonzero(records.stream == stream)
        out[index] = sessions.are_far(records.occurred_at[index], limits.session_slack[records.stream[index]])
    return out


@dataclass(frozen=True, slots=True)
class _Limits:
    """The rules in columns, (S,) each."""

    ahead: Ints
    oldest: Ints
    spike_z: Floats
    spike_floor: Floats
    confirm: Ints
    cross_window: Ints
    cross_tolerance: Floats
    session_slack: Ints

    @classmethod
    def of(cls, rules: Sequence[Rules]) -> _Limits:
        return cls(*(np.array([getattr(each, name) for each in rules]) for name in cls.__slots__))


def _partners(symbol: Ints) -> Ints:
    """Of each stream the streams of its symbol, itself among them; (S, M), −1 where there are fewer."""
    count = int(np.bincount(symbol).max(initial=1))
    of_symbol = np.full((int(symbol.max(initial=0)) + 1, count), -1)
    of_symbol[symbol, rank(symbol)] = np.arange(len(symbol))
    return of_symbol[symbol]


# Numbers left out at once beyond this are a source that counts anew, not a gap.
_PLAUSIBLE_GAP = 100_000


@dataclass(frozen=True, slots=True)
class _Round:
    """Records of which no two have the same symbol."""

    records: Records
    known: Known
    limits: _Limits
    memory: Memory
    partners: Ints

    def judge(self, fault: Ints, missing: Ints, index: Ints) -> None:
        """Write down what is wrong with the records at these indices, and what lacks before them."""
        stream, at, memory = self.records.stream, self.records.occurred_at, self.memory
        found, fresh = fault[index], ~self.records.released
        again = fresh & self._again()
        missing[index] = np.where(again, 0, self._left_out())
        late = fresh & (at < memory.last_at[stream])
        told = np.select([found != 0, again, late], [found, int(Fault.DUPLICATE), int(Fault.OUT_OF_ORDER)], 0)
        self._see((found == 0) & ~again & fresh, ~again & fresh & (self.records.number > 0))
        fault[index] = self._priced(told)

    def _again(self) -> Bools:
        """By the source's number and time, or, where it has no number, by time, price and size."""
        stream, at, memory = self.records.stream, self.records.occurred_at, self.memory
        same = (at == memory.seen_at[stream]) & (self.records.price == memory.seen_price[stream])
        same &= self.records.size == memory.seen_size[stream]
        counted = (self.records.number <= memory.last_number[stream]) & (at <= memory.seen_at[stream])
        return np.where(self.records.number > 0, counted, same)

    def _left_out(self) -> Ints:
        last = self.memory.last_number[self.records.stream]
        step = self.records.number - last
        return np.where((last > 0) & (step > 0) & (step <= _PLAUSIBLE_GAP), step - 1, 0)

    def _see(self, sound: Bools, numbered: Bools) -> None:
        """Remember what is sound by itself, if it is the newest, and the numbers."""
        stream, at, memory = self.records.stream, self.records.occurred_at, self.memory
        memory.last_number[stream[numbered]] = self.records.number[numbered]
        newest = sound & (at >= memory.seen_at[stream])
        memory.seen_at[stream[newest]] = at[newest]
        memory.seen_price[stream[newest]], memory.seen_size[stream[newest]] = (
            self.records.price[newest],
            self.records.size[newest],
        )

    def _priced(self, found: Ints) -> Ints:
        """Looks at the prices of what is sound so far, and remembers what remains so."""
        stream, price, memory = self.records.stream, self.records.price, self.memory
        sound = found == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            log_return = _log_ratio(price, memory.last_price[stream])
            spike = sound & ~self.records.released & self._jumps(log_return)
            confirmed = self._confirmed(spike)
            apart = sound & ~spike & ~self.records.released & self._disagrees()
        found = np.where(spike & ~confirmed, int(Fault.SPIKE), np.where(apart, int(Fault.DISAGREES), found))
        sound = found == 0
        usual = sound & ~spike & np.isfinite(log_return) & ~self.records.released
        memory.learn(stream[usual], log_return[usual])
        memory.suspects[stream[sound & ~self.records.released]] = 0
        newest = sound & (self.records.occurred_at >= memory.last_at[stream])
        memory.last_at[stream[newest]], memory.last_price[stream[newest]] = (
            self.records.occurred_at[newest],
            price[newest],
        )
        return found

    def _jumps(self, log_return: Floats) -> Bools:
        """Whether |r − median| exceeds z robust standard deviations of the last returns, and the floor.

        Until enough is known to measure it, the floor stands for the standard deviation.
        """
        stream, memory = self.records.stream, self.memory
        floor, scale = self.limits.spike_floor[stream], memory.scale[stream]
        allowed = np.maximum(floor, self.limits.spike_z[stream] * np.where(np.isnan(scale), floor, scale))
        return np.abs(log_return - memory.center[stream]) > allowed  # NaN, before a first price, compares false

    def _confirmed(self, spike: Bools) -> Bools:
        """Counts spikes in a row that agree with each other; as many as the rules ask for are no longer spikes."""
        stream, memory = self.records.stream, self.memory
        agrees = np.abs(_log_ratio(self.records.price, memory.suspect_price[stream])) <= self.limits.spike_floor[stream]
        count = np.where(agrees & (memory.suspects[stream] > 0), memory.suspects[stream] + 1, 1)
        memory.suspects[stream[spike]] = count[spike]
        memory.suspect_price[stream[spike]] = self.records.price[spike]
        return spike & (count >= self.limits.confirm[stream])

    def _disagrees(self) -> Bools:
        """Whether the median of the other sources' fresh prices is another, and one of them is as reliable.

        A source that has hardly begun to speak, and may be wrong itself, is no witness.
        """
        stream, memory = self.records.stream, self.memory
        if self.partners.shape[1] == 1:
            return np.zeros(len(stream), np.bool_)
        others = self.partners[stream]
        real = (others >= 0) & (others != stream[:, None])
        age = np.abs(self.records.occurred_at[:, None] - memory.last_at[others])
        fresh = real & (memory.returns[others] >= REFRESH) & (age <= self.limits.cross_window[stream][:, None])
        prices = np.where(fresh, memory.last_price[others], np.nan)
        trusted = fresh & (self.known.reliability[others] >= self.known.reliability[stream][:, None])
        asked = np.flatnonzero(trusted.any(axis=1))
        apart = np.zeros(len(stream), np.bool_)
        consensus = np.nanmedian(prices[asked], axis=1)
        apart[asked] = (
            np.abs(_log_ratio(self.records.price[asked], consensus)) > self.limits.cross_tolerance[stream[asked]]
        )
        return apart
