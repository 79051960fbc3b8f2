"""The board of newest ticks, and readers that hold no more than a place on it.

The board keeps the newest tick of each symbol and the last batches, once for all readers. A reader that falls
behind takes the newest of each symbol and counts what it was spared: per symbol, seq tells how many ticks there
were, so Σ seq over the asked symbols minus the Σ it saw last is the number of ticks since. No queue, O(1) memory
per reader. Only a reader that resumes from a cursor is given the kept batches one by one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.marketdata.domain.ticks import Batch, FeedState, Frame, Newest, Position, Tick


@dataclass(slots=True)
class Board:
    """The newest ticks of one dataset."""

    keep: int
    position: Position = field(default_factory=lambda: Position("", 0))
    newest: dict[str, Newest] = field(default_factory=dict)
    log: deque[Batch] = field(default_factory=deque)

    def reset(self, state: FeedState) -> None:
        """Take over what the bus keeps."""
        self.position = state.position
        self.newest = dict(state.newest)
        self.log = deque(state.kept, maxlen=self.keep)

    def follows(self, batch: Batch) -> bool:
        """Whether the batch is the next one; if not, one was missed or the bus counts anew."""
        return batch.epoch == self.position.epoch and batch.version == self.position.version + 1

    def publish(self, batch: Batch) -> None:
        """Show the next batch."""
        for tick in batch.ticks:
            self.newest[tick.symbol] = Newest(batch.version, tick)
        self.log.append(batch)
        while len(self.log) > self.keep:
            self.log.popleft()
        self.position = Position(batch.epoch, batch.version)

    def keeps(self, position: Position) -> bool:
        """Whether every batch behind the position is still here."""
        oldest = self.log[0].version - 1 if self.log else self.position.version
        return position.epoch == self.position.epoch and oldest <= position.version <= self.position.version

    def behind(self, position: Position) -> list[Batch]:
        """The kept batches behind the position, oldest first."""
        count = self.position.version - position.version
        return [self.log[i] for i in range(max(0, len(self.log) - count), len(self.log))]


@dataclass(slots=True)
class Reader:
    """One subscriber's place on a board: a position and a number."""

    board: Board
    symbols: frozenset[str]  # empty means all
    position: Position | None = None
    seen: int = 0
    resuming: bool = False

    def resume(self, position: Position) -> None:
        """Go on behind a position; without effect if that place is no longer kept, so that a snapshot comes."""
        if not self.board.keeps(position):
            return
        missed = sum(len(self._asked(batch.ticks)) for batch in self.board.behind(position))
        self.position, self.seen, self.resuming = position, self._seq_sum() - missed, True

    def next(self) -> Frame | None:
        """What to send now; None if there is nothing new."""
        if self.position is None or self.position.epoch != self.board.position.epoch:
            return self._snapshot()
        while self.resuming and self.position.version != self.board.position.version:
            frame = self._replayed(self.position)
            if frame is not None:
                return frame
        self.resuming = False
        return self._deltas(self.position)

    def _snapshot(self) -> Frame:
        newest = (place.tick for place in self.board.newest.values())
        self.seen, self.resuming = self._seq_sum(), False
        return self._frame(self._asked(newest), self.board.position, snapshot=True)

    def _replayed(self, position: Position) -> Frame | None:
        """The next kept batch's asked ticks, if it has any."""
        if not self.board.keeps(position):
            self.resuming = False  # overtaken: the newest of each symbol is what remains
            return None
        batch = self.board.log[position.version + 1 - self.board.log[0].version]
        ticks = self._asked(batch.ticks)
        self.position = Position(batch.epoch, batch.version)
        self.seen += len(ticks)
        return self._frame(ticks, self.position) if ticks else None

    def _deltas(self, position: Position) -> Frame | None:
        if position.version == self.board.position.version:
            return None
        fresh = self._asked(place.tick for place in self.board.newest.values() if place.version > position.version)
        seq_sum = self._seq_sum()
        conflated, self.seen = seq_sum - self.seen - len(fresh), seq_sum
        self.position = self.board.position
        return self._frame(fresh, self.position, conflated=conflated) if fresh else None

    def _frame(
        self, ticks: tuple[Tick, ...], position: Position, *, snapshot: bool = False, conflated: int = 0
    ) -> Frame:
        self.position = position
        return Frame(snapshot, tuple(sorted(ticks, key=lambda tick: tick.symbol)), position, conflated)

    def _asked(self, ticks: Iterable[Tick]) -> tuple[Tick, ...]:
        return tuple(tick for tick in ticks if not self.symbols or tick.symbol in self.symbols)

    def _seq_sum(self) -> int:
        return sum(tick.seq for tick in self._asked(place.tick for place in self.board.newest.values()))
