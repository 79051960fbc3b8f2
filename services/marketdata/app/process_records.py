"""Takes a batch of a feed's records in: judged, numbered, rolled up, kept; or kept apart, with the reason."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.marketdata.app.feed_ports import (
    Calendars,
    FeedLedger,
    Incoming,
    Kept,
    Opened,
    OpenSeries,
    OpenStream,
    Ticks,
    Unreadable,
    Written,
)
from services.marketdata.app.ports import Clock, Ids
from services.marketdata.domain.feed.currency import is_hundredths
from services.marketdata.domain.feed.memory import Memory
from services.marketdata.domain.feed.quality import LEFT_OUT
from services.marketdata.domain.feed.records import SECOND, Fault, Ints, Records, Stream, nanoseconds, rank
from services.marketdata.domain.feed.rollup import Bars, Progress, close_by_time, of_ticks, roll, still_kept
from services.marketdata.domain.feed.rules import Known, Verdicts, examine
from services.marketdata.domain.feed.sessions import Sessions, days_in_utc
from services.marketdata.domain.feed.sources import reliability_of
from services.marketdata.domain.ticks import StoredTick

GRACE = 5 * SECOND  # after its end a bar is closed by time
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Processed:
    """What subscribers are to be shown: each dataset's ticks in their order."""

    shown: dict[str, list[StoredTick]]


@dataclass(frozen=True, slots=True)
class ProcessRecords:
    """Judges and keeps; one at a time per partition, which the caller sees to."""

    clock: Clock
    ids: Ids
    calendars: Calendars

    async def __call__(
        self, ledger: FeedLedger, partitions: Collection[int], messages: Sequence[Incoming | Unreadable]
    ) -> Processed:
        """Take messages in, through a ledger that commits or forgets all of it."""
        now = self.clock.now()
        readable = await self._first_time(ledger, [each for each in messages if isinstance(each, Incoming)])
        unreadable = [each for each in messages if isinstance(each, Unreadable)]
        streams = list(dict.fromkeys(each.stream for each in readable))
        opened = await ledger.open(streams, partitions, nanoseconds(now) - GRACE)
        batch = _Batch.of(streams, opened, readable, now)
        # A batch takes some milliseconds: a thread leaves the event loop its turns.
        written, processed = await asyncio.to_thread(batch.outcome, unreadable, self.ids, self.calendars)
        await ledger.write(written)
        return processed

    async def _first_time(self, ledger: FeedLedger, messages: Sequence[Incoming]) -> list[Incoming]:
        """Leaves out what was let out of quarantine and has been stored already."""
        asked = [each.released for each in messages if each.released]
        waiting = await ledger.waiting(asked) if asked else set()
        first = list[Incoming]()
        for each in messages:
            if not each.released or each.released in waiting:
                first.append(each)
                waiting.discard(each.released)
        return first


@dataclass(slots=True)
class _Batch:
    """Messages with what is remembered of their streams."""

    streams: Sequence[Stream]  # those of other sources last
    open_streams: Sequence[OpenStream]
    open_series: Sequence[OpenSeries]
    messages: Sequence[Incoming]
    now: datetime

    @classmethod
    def of(cls, streams: Sequence[Stream], opened: Opened, messages: Sequence[Incoming], now: datetime) -> _Batch:
        """The messages of the asked streams with what is remembered of them."""
        others, open_others = [stream for stream, _ in opened.others], [each for _, each in opened.others]
        currencies = {stream: known.currency for stream, known in zip(streams, opened.streams, strict=True)}
        whole = [_in_whole_units(message, currencies[message.stream]) for message in messages]
        return cls([*streams, *others], [*opened.streams, *open_others], opened.series, whole, now)

    def outcome(self, unreadable: Sequence[Unreadable], ids: Ids, calendars: Calendars) -> tuple[Written, Processed]:
        """Judge all, and say what becomes of it."""
        records, message_of = self._records()
        memory = Memory.of([each.memory for each in self.open_streams])
        known = self._known(calendars)
        verdicts = examine(records, known, [each.rules for each in self.open_streams], memory, self._now())
        accepted = records.at(verdicts.fault == 0)
        series = self._series_of(accepted.stream)
        seq = np.array([each.seq for each in self.open_series], np.int64)
        ticks = self._ticks(accepted, series, seq[series] + rank(series) + 1)
        progress, closed, late = self._rolled(accepted, series)
        np.maximum.at(seq, series, ticks.seq)
        kept = [*self._kept(records, verdicts, message_of, ids), *(_kept_whole(each, ids) for each in unreadable)]
        written = Written(
            known_at=self.now,
            ticks=ticks,
            closed=self._named(still_kept(closed, self._now())),
            late=self._named(still_kept(late, self._now())),
            series=self._series(seq, progress),
            streams=self._streams(memory, np.unique(records.stream)),
            kept=kept,
            counts=self._counts(records, verdicts, unreadable),
            stored=self._released(message_of[verdicts.fault == 0]),
        )
        return written, Processed(self._shown(ticks, _days(accepted, known.sessions)))

    def _shown(self, ticks: Ticks, days: Ints) -> dict[str, list[StoredTick]]:
        """The ticks, of sessions of these days, as subscribers are shown them."""
        names = {each.id: each.stream for each in self.open_series}
        shown = dict[str, list[StoredTick]]()
        columns = (ticks.series, ticks.seq, ticks.occurred_at, ticks.price, days)
        for series, *tick in zip(*(column.tolist() for column in columns), strict=True):
            stream = names[series]
            shown.setdefault(stream.dataset_id, []).append(StoredTick(stream.symbol, *tick))
        return shown

    def _released(self, accepted: Ints) -> list[str]:
        """What of the accepted messages was let out of quarantine."""
        if not any(each.released for each in self.messages):
            return []
        return [self.messages[at].released for at in accepted if self.messages[at].released]

    def _records(self) -> tuple[Records, Ints]:
        """All records in one, and of each the index of its message."""
        place = {stream: index for index, stream in enumerate(self.streams)}
        counts = [len(each.price) for each in self.messages]
        stream = [place[each.stream] for each in self.messages]
        wrong = [self._has_wrong_currency(each, at) for each, at in zip(self.messages, stream, strict=True)]
        released = [bool(each.released) for each in self.messages]
        records = Records(
            stream=np.repeat(np.array(stream, np.int64), counts),
            occurred_at=_joined((each.occurred_at for each in self.messages), np.int64),
            price=_joined((each.price for each in self.messages), np.float64),
            size=_joined((each.size for each in self.messages), np.float64),
            number=_joined((each.number for each in self.messages), np.int64),
            released=np.repeat(np.array(released, np.bool_), counts),
            told=np.repeat(np.where(wrong, int(Fault.WRONG_CURRENCY), 0).astype(np.int64), counts),
        )
        return records, np.repeat(np.arange(len(counts)), counts)

    def _has_wrong_currency(self, message: Incoming, stream: int) -> bool:
        known = self.open_streams[stream]
        return known.series is not None and message.currency not in ("", known.currency)

    def _known(self, calendars: Calendars) -> Known:
        symbols = dict[tuple[str, str], int]()
        return Known(
            symbol=np.array(
                [symbols.setdefault((s.dataset_id, s.symbol), len(symbols)) for s in self.streams], np.int64
            ),
            listed=np.array([each.series is not None for each in self.open_streams], np.bool_),
            reliability=np.array([reliability_of(stream.source) for stream in self.streams]),
            sessions=self._sessions(calendars),
        )

    def _sessions(self, calendars: Calendars) -> dict[int, Sessions]:
        found = {at: calendars.sessions(each.mic, self.now) for at, each in enumerate(self.open_streams) if each.mic}
        return {at: sessions for at, sessions in found.items() if sessions is not None}

    def _series_of(self, stream: Ints) -> Ints:
        of_stream = np.array([-1 if each.series is None else each.series for each in self.open_streams], np.int64)
        return of_stream[stream]

    def _ticks(self, accepted: Records, series: Ints, seq: Ints) -> Ticks:
        stream_ids = np.array([each.id for each in self.open_streams], np.int64)
        return Ticks(
            series=self._ids()[series],
            stream=stream_ids[accepted.stream],
            seq=seq,
            occurred_at=accepted.occurred_at,
            price=accepted.price,
            size=accepted.size,
            number=accepted.number,
        )

    def _rolled(self, accepted: Records, series: Ints) -> tuple[Progress, Bars, Bars]:
        """How far the bars are, those that are closed now, and corrections.

        Time closes no bar of a symbol that ticks have just come of: while history is caught up with, they close it.
        """
        before = Progress.unpacked([each.bars for each in self.open_series])
        rolled = roll(before, of_ticks(series, accepted.occurred_at, accepted.price, accepted.size))
        quiet = np.ones(len(self.open_series), np.bool_)
        quiet[series] = False
        timed = close_by_time(rolled.progress, self._now() - GRACE, quiet)
        return timed.progress, Bars.joined(rolled.closed, timed.closed), rolled.late

    def _series(self, seq: Ints, progress: Progress) -> list[tuple[int, int, bytes, int]]:
        closes_at = np.full(len(seq), _NEVER)
        np.minimum.at(closes_at, progress.open.symbol, progress.open.end())
        return list(zip(self._ids().tolist(), seq.tolist(), progress.packed(), closes_at.tolist(), strict=True))

    def _streams(self, memory: Memory, judged: Ints) -> list[tuple[int, bytes]]:
        rows = memory.packed()
        return [(self.open_streams[at].id, rows[at]) for at in judged if self.open_streams[at].series is not None]

    def _kept(self, records: Records, verdicts: Verdicts, message_of: Ints, ids: Ids) -> list[Kept]:
        return [
            Kept(
                id=ids.new(),
                stream=self.messages[message_of[at]].stream,
                currency=self.messages[message_of[at]].currency,
                fault=Fault(int(verdicts.fault[at])),
                occurred_at=int(records.occurred_at[at]),
                price=repr(float(records.price[at])),
                size=repr(float(records.size[at])),
                number=int(records.number[at]),
            )
            for at in np.flatnonzero(verdicts.fault)
        ]

    def _counts(
        self, records: Records, verdicts: Verdicts, unreadable: Sequence[Unreadable]
    ) -> Counter[tuple[Stream, int]]:
        counts = Counter[tuple[Stream, int]]()
        pairs, how_many = np.unique(np.stack([records.stream, verdicts.fault]), axis=1, return_counts=True)
        for (stream, finding), count in zip(pairs.T.tolist(), how_many.tolist(), strict=True):
            counts[self.streams[stream], finding] += count
        for at in np.flatnonzero(verdicts.missing):
            counts[self.streams[records.stream[at]], LEFT_OUT] += int(verdicts.missing[at])
        for each in unreadable:
            counts[each.stream, int(Fault.MALFORMED)] += 1
        return counts

    def _named(self, bars: Bars) -> Bars:
        """Bars whose `symbol` is the id of the series in the store."""
        whole = bars.at(np.arange(len(bars)))
        whole.symbol[:] = self._ids()[bars.symbol]
        return whole

    def _ids(self) -> Ints:
        return np.array([each.id for each in self.open_series], np.int64)

    def _now(self) -> int:
        return nanoseconds(self.now)


def _days(records: Records, sessions: Mapping[int, Sessions]) -> Ints:
    """The day of each record's session: its exchange's, where that is known by its stream, and else UTC's. (n,)"""
    days = days_in_utc(records.occurred_at)
    for stream, of_exchange in sessions.items():
        index = np.flatnonzero(records.stream == stream)
        days[index] = of_exchange.days_of(records.occurred_at[index])
    return days


def _in_whole_units(message: Incoming, currency: str) -> Incoming:
    """The message, with prices in pence as pounds; whatever is done with it, they are pounds from then on."""
    if not is_hundredths(message.currency, currency):
        return message
    return replace(message, currency=currency, price=[price / 100 for price in message.price])


def _joined(parts: Iterable[Sequence[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.array(list(itertools.chain.from_iterable(parts)), kind)


def day_of(moment: datetime) -> date:
    """The day, UTC, that quality is counted by."""
    return moment.astimezone(UTC).date()


def _kept_whole(message: Unreadable, ids: Ids) -> Kept:
    return Kept(ids.new(), message.stream, "", Fault.MALFORMED, None, "", "", 0, message.payload)
