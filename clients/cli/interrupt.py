"""Ctrl-C as the way to end a watch, not as a failure."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Leaves the block at Ctrl-C, without an error. Main thread only.

    The event is set as well: python drops an interrupt that strikes inside a callback of another library, and a loop
    that looks at the event ends all the same.
    """
    struck = threading.Event()

    def strike(_number: int, _frame: object) -> None:
        struck.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, strike)
    try:
        with suppress(KeyboardInterrupt):
            yield struck
    finally:
        signal.signal(signal.SIGINT, before)
