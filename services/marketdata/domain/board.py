"""The board of newest ticks, and readers that hold no more than a place on it.

The board keeps the newest tick of each symbol and the last batches, once for all readers. A reader that falls
behind takes the newest of each symbol and counts what it was spared: per symbol, seq tells how many ticks there
were, so Σ seq over the asked symbols minus the Σ it saw last is the number of ticks since. No queue, O(1) memory
per reader.
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

    def next(self) -> Frame | None:
        """What is new; None if nothing is."""
        if self.position is None or self._is_of_another_board(self.position):
            return self._snapshot()
        return self._deltas(self.position)

    def _is_of_another_board(self, position: Position) -> bool:
        """Whether the bus has lost that position: it counts anew, or has come back without the last batches."""
        return position.epoch != self.board.position.epoch or position.version > self.board.position.version

    def asks_for(self, tick: Tick) -> bool:
        """Whether a tick is of a symbol that is asked for."""
        return not self.symbols or tick.symbol in self.symbols

    def _snapshot(self) -> Frame:
        newest = (place.tick for place in self.board.newest.values())
        self.seen = self._seq_sum()
        return self._frame(self._asked(newest), self.board.position, snapshot=True)

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
        return tuple(tick for tick in ticks if self.asks_for(tick))

    def _seq_sum(self) -> int:
        return sum(tick.seq for tick in self._asked(place.tick for place in self.board.newest.values()))
