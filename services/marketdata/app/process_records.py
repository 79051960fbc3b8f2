"""Takes a batch of a feed's records in: judged, numbered, rolled up, kept; or kept apart, with the reason."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from services.marketdata.app.feed_ports import FeedLedger, Incoming, Kept, Opened, Ticks, Unreadable, Written
from services.marketdata.app.ports import Clock, Ids
from services.marketdata.domain.feed.memory import Memory
from services.marketdata.domain.feed.quality import LEFT_OUT
from services.marketdata.domain.feed.records import SECOND, Fault, Ints, Records, Stream, rank
from services.marketdata.domain.feed.rollup import Bars, Progress, close_by_time, of_ticks, roll
from services.marketdata.domain.feed.rules import Known, Verdicts, examine
from services.marketdata.domain.feed.sources import reliability_of
from services.marketdata.domain.ticks import Tick

GRACE = 5 * SECOND  # after its end a bar is closed by time
_NEVER = np.iinfo(np.int64).max
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Processed:
    """What subscribers are to be shown: each dataset's ticks in their order."""

    shown: dict[str, list[Tick]]


@dataclass(frozen=True, slots=True)
class ProcessRecords:
    """Judges and keeps; one at a time per partition, which the caller sees to."""

    clock: Clock
    ids: Ids

    async def __call__(
        self, ledger: FeedLedger, partitions: Collection[int], messages: Sequence[Incoming | Unreadable]
    ) -> Processed:
        """Take messages in, through a ledger that commits or forgets all of it."""
        now = self.clock.now()
        readable = await self._first_time(ledger, [each for each in messages if isinstance(each, Incoming)])
        unreadable = [each for each in messages if isinstance(each, Unreadable)]
        streams = list(dict.fromkeys(each.stream for each in readable))
        opened = await ledger.open(streams, partitions, _nanoseconds(now) - GRACE)
        batch = _Batch(streams, opened, readable, now)
        # A batch takes some milliseconds: a thread leaves the event loop its turns.
        outcome = await asyncio.to_thread(batch.outcome, unreadable, self.ids)
        await ledger.write(outcome)
        return Processed(batch.shown(outcome.ticks))

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

    streams: Sequence[Stream]
    opened: Opened
    messages: Sequence[Incoming]
    now: datetime

    def outcome(self, unreadable: Sequence[Unreadable], ids: Ids) -> Written:
        """Judge all, and say what becomes of it."""
        records, message_of = self._records()
        memory = Memory.of([each.memory for each in self.opened.streams])
        verdicts = examine(records, self._known(), [each.rules for each in self.opened.streams], memory, self._now())
        accepted = records.at(verdicts.fault == 0)
        series = self._series_of(accepted.stream)
        seq = np.array([each.seq for each in self.opened.series], np.int64)
        ticks = self._ticks(accepted, series, seq[series] + rank(series) + 1)
        progress, closed, late = self._rolled(accepted, series)
        np.maximum.at(seq, series, ticks.seq)
        kept = [*self._kept(records, verdicts, message_of, ids), *(_kept_whole(each, ids) for each in unreadable)]
        return Written(
            known_at=self.now,
            ticks=ticks,
            closed=self._named(closed),
            late=self._named(late),
            series=self._series(seq, progress),
            streams=[
                (each.id, row)
                for each, row in zip(self.opened.streams, memory.packed(), strict=True)
                if each.series is not None
            ],
            kept=kept,
            counts=self._counts(records, verdicts, unreadable),
            stored=[self.messages[at].released for at in message_of[verdicts.fault == 0] if self.messages[at].released],
        )

    def shown(self, ticks: Ticks) -> dict[str, list[Tick]]:
        """The ticks as subscribers are shown them."""
        names = {each.id: each.stream for each in self.opened.series}
        shown = dict[str, list[Tick]]()
        columns = (ticks.series.tolist(), ticks.seq.tolist(), ticks.occurred_at.tolist(), ticks.price.tolist())
        for series, seq, at, price in zip(*columns, strict=True):
            time = _UNIX + timedelta(microseconds=at // 1000)
            tick = Tick(names[series].symbol, price, time.date(), time, seq)
            shown.setdefault(names[series].dataset_id, []).append(tick)
        return shown

    def _records(self) -> tuple[Records, Ints]:
        """All records in one, and of each the index of its message."""
        place = {stream: index for index, stream in enumerate(self.streams)}
        parts = [self._part(each, place[each.stream]) for each in self.messages]
        lengths = [len(part) for part in parts]
        return Records.joined([_NONE, *parts]), np.repeat(np.arange(len(parts)), lengths)

    def _part(self, message: Incoming, stream: int) -> Records:
        count = len(message.price)
        currency = self.opened.streams[stream].currency
        wrong = message.currency not in ("", currency) and self.opened.streams[stream].series is not None
        return Records(
            stream=np.full(count, stream),
            occurred_at=message.occurred_at,
            price=message.price,
            size=message.size,
            number=message.number,
            released=np.full(count, bool(message.released)),
            told=np.full(count, int(Fault.WRONG_CURRENCY) if wrong else 0),
        )

    def _known(self) -> Known:
        symbols = dict[tuple[str, str], int]()
        return Known(
            symbol=np.array(
                [symbols.setdefault((s.dataset_id, s.symbol), len(symbols)) for s in self.streams], np.int64
            ),
            listed=np.array([each.series is not None for each in self.opened.streams], np.bool_),
            reliability=np.array([reliability_of(stream.source) for stream in self.streams]),
        )

    def _series_of(self, stream: Ints) -> Ints:
        of_stream = np.array([-1 if each.series is None else each.series for each in self.opened.streams], np.int64)
        return of_stream[stream]

    def _ticks(self, accepted: Records, series: Ints, seq: Ints) -> Ticks:
        stream_ids = np.array([each.id for each in self.opened.streams], np.int64)
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
        """How far the bars are, those that are closed now, and corrections."""
        before = Progress.unpacked([each.bars for each in self.opened.series])
        rolled = roll(before, of_ticks(series, accepted.occurred_at, accepted.price, accepted.size))
        timed = close_by_time(rolled.progress, self._now() - GRACE)
        return timed.progress, Bars.joined(rolled.closed, timed.closed), rolled.late

    def _series(self, seq: Ints, progress: Progress) -> list[tuple[int, int, bytes, int]]:
        closes_at = np.full(len(seq), _NEVER)
        np.minimum.at(closes_at, progress.open.symbol, progress.open.end())
        return list(zip(self._ids().tolist(), seq.tolist(), progress.packed(), closes_at.tolist(), strict=True))

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
        return np.array([each.id for each in self.opened.series], np.int64)

    def _now(self) -> int:
        return _nanoseconds(self.now)


_NO_INTS, _NO_FLOATS, _NO_BOOLS = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
_NONE = Records(_NO_INTS, _NO_INTS, _NO_FLOATS, _NO_FLOATS, _NO_INTS, _NO_BOOLS, _NO_INTS)


def day_of(moment: datetime) -> date:
    """The day, UTC, that quality is counted by."""
    return moment.astimezone(UTC).date()


def _kept_whole(message: Unreadable, ids: Ids) -> Kept:
    return Kept(ids.new(), message.stream, "", Fault.MALFORMED, None, "", "", 0, message.payload)


def _nanoseconds(moment: datetime) -> int:
    since = moment - _UNIX
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
