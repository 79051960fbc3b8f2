"""What the tests of a mesh with two of each service do with it."""

import os
import signal
import time
from collections.abc import Callable

from stack.events import PartStatus, State
from stack.mesh import Mesh


def part(mesh: Mesh, name: str) -> PartStatus:
    """A part as it is now."""
    return next(each for each in mesh.parts() if each.name == name)


def killed(mesh: Mesh, name: str) -> None:
    """Kills a part without a warning, and waits until it is ready again."""
    before = part(mesh, name)
    os.kill(before.pid, signal.SIGKILL)
    await_true(lambda: part(mesh, name).state is State.READY and part(mesh, name).pid != before.pid, 60)


def await_true(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
