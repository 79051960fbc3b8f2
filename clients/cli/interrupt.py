"""Ctrl-C as the way to end a watch, not as a failure."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SOON, _AGAIN = 0.02, 1.0  # seconds


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Leaves the block at Ctrl-C, without an error. Main thread only.

    Python drops an interrupt that strikes inside a callback of another library: it strikes again until the block is
    left. Between two steps of grpc's it waits, for they would be left half done. The event is set as well, for a loop
    that looks at it.
    """
    struck = threading.Event()

    def strike(_number: int, frame: FrameType | None) -> None:
        struck.set()
        signal.signal(signal.SIGALRM, strike)
        if _may_leave(frame):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
            raise KeyboardInterrupt
        signal.setitimer(signal.ITIMER_REAL, _SOON)

    alarm, before = signal.getsignal(signal.SIGALRM), signal.signal(signal.SIGINT, strike)
    try:
        with suppress(KeyboardInterrupt):
            yield struck
    finally:
        if struck.is_set():
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, alarm)
        signal.signal(signal.SIGINT, before)


def _may_leave(frame: FrameType | None) -> bool:
    """True where no call of grpc's is under way, or where it only waits for an answer."""
    if frame is not None and frame.f_code is threading.Condition.wait.__code__:
        return True
    while frame is not None and not frame.f_globals.get("__name__", "").startswith("grpc."):
        frame = frame.f_back
    return frame is None
