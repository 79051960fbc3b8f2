"""A view of a board: what all see who ask for the same symbols at the same rate, made once for all of them.

A view is a reader of the board that goes on from frame to frame. It remembers of each symbol in which frame its newest
tick came, so that whoever falls behind by any number of frames is told what is new since, and how much it was spared,
out of the view alone: a subscriber is a place, two numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from services.marketdata.domain.board import Reader
from services.marketdata.domain.ticks import Frame, Position, Tick


@dataclass(slots=True)
class SharedFrame:
    """A frame that many are sent, and its one encoding."""

    frame: Frame
    _encoded: bytes = b""

    def once(self, encode: Callable[[Frame], bytes]) -> bytes:
        """Encode it, unless it was; every caller must encode alike."""
        if not self._encoded:
            self._encoded = encode(self.frame)
        return self._encoded


@dataclass(frozen=True, slots=True)
class Place:
    """How far a subscriber is: behind which frame, and how many ticks there were by then."""

    number: int
    seen: int


@dataclass(slots=True)
class View:
    """Frames of some symbols of a board."""

    reader: Reader
    number: int = 0  # of the last frame; 0: there was none yet
    begun: int = 0  # number of the snapshot that the present frames go on from
    newest: dict[str, tuple[int, Tick]] = field(default_factory=dict)  # with the number of the frame that brought it
    _made: dict[int, SharedFrame] = field(default_factory=dict)  # what is new behind a frame, as of the last one

    def advance(self) -> bool:
        """Make the next frame of what is on the board, if anything is new; tell whether it was made."""
        frame = self.reader.next()
        if frame is None:
            return False
        self.number += 1
        if frame.snapshot:
            self.begun = self.number
            self.newest.clear()
        for tick in frame.ticks:
            self.newest[tick.symbol] = (self.number, tick)
        self._made = {self.number - 1: SharedFrame(frame)}
        return True

    def position(self) -> Position:
        """Where the last frame ends. Raises LookupError before the first."""
        if self.reader.position is None:
            raise LookupError("the view has no frame yet")
        return self.reader.position

    def place(self) -> Place:
        """The place behind the last frame."""
        return Place(self.number, self.reader.seen)

    def behind(self, place: Place | None) -> SharedFrame:
        """What is new behind a place: the last frame, or all since the place in one; a snapshot for who has none."""
        number = 0 if place is None or place.number < self.begun else place.number
        if number not in self._made:
            self._made[number] = SharedFrame(self._since(number, 0 if place is None else place.seen))
        return self._made[number]

    def idle(self) -> SharedFrame:
        """Nothing but where the last frame ends."""
        return SharedFrame(Frame(snapshot=False, ticks=(), position=self.position(), conflated=0))

    def missed(self, position: Position) -> list[Frame] | None:
        """The kept batches between a position and the last frame, one by one; None if they are no longer kept."""
        board, end = self.reader.board, self.position()
        if not board.keeps(position) or position.version > end.version:
            return None
        frames = list[Frame]()
        for batch in board.behind(position):
            ticks = tuple(tick for tick in batch.ticks if self.reader.asks_for(tick))
            if ticks and batch.version <= end.version:
                unshown = sum(tick.unshown for tick in ticks)
                frames.append(Frame(False, ticks, Position(batch.epoch, batch.version), conflated=unshown))
        return frames

    def _since(self, number: int, seen: int) -> Frame:
        ticks = tuple(tick for _, (came, tick) in sorted(self.newest.items()) if came > number)
        snapshot = number < self.begun
        conflated = 0 if snapshot else self.reader.seen - seen - len(ticks)
        return Frame(snapshot, ticks, self.position(), conflated)
