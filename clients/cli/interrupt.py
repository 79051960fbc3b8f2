"""Ctrl-C as the way to end a watch, not as a failure."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_AGAIN = 1.0  # seconds


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Leaves the block at Ctrl-C, without an error. Main thread only.

    Python drops an interrupt that strikes inside a callback of another library: it strikes again until the block is
    left. The event is set as well, for a loop that looks at it.
    """
    struck = threading.Event()

    def strike(_number: int, _frame: object) -> None:
        struck.set()
        signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        raise KeyboardInterrupt

    alarm, before = signal.getsignal(signal.SIGALRM), signal.signal(signal.SIGINT, strike)
    try:
        with suppress(KeyboardInterrupt):
            yield struck
    finally:
        if struck.is_set():
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, alarm)
        signal.signal(signal.SIGINT, before)
