"""The load: calls that begin when they are due, whatever became of those before; sent by the Go program beside this."""

from __future__ import annotations

import json
import math
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parent / "load"
PATIENCE = 10.0  # seconds, after which a user gives up


class NoGo(Exception):
    """There is no Go to build the load generator with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who calls what how often: `rate` per second of all users together, for `seconds`."""

    url: str
    rate: float
    seconds: float
    users: Sequence[tuple[str, Sequence[str]]]  # a token, and the ids of portfolios
    mix: Mapping[str, float]
    bodies: Mapping[str, str]
    seed: int = 7

    def text(self) -> str:
        """As the generator reads it."""
        told = {name: getattr(self, name) for name in ("url", "rate", "seconds", "seed", "mix", "bodies")}
        users = [{"token": token, "portfolios": list(ids)} for token, ids in self.users]
        return json.dumps({**told, "users": users, "patience": PATIENCE})


@dataclass(frozen=True, slots=True)
class Called:
    """One call; seconds, from the moment at which it was due."""

    kind: str
    due: float  # since the load began
    first: float  # to the first bytes of the answer
    last: float
    status: int  # of HTTP; 0: no answer in time

    @property
    def took(self) -> float:
        """Until the caller had something: of a stream its first message."""
        return self.first if self.kind == "stream" else self.last

    @property
    def good(self) -> bool:
        """Whether it was answered as asked."""
        return self.status == 200

    @property
    def refused(self) -> bool:
        """Whether it was told to come again."""
        return self.status in (429, 503)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a load."""

    calls: Sequence[Called]
    seconds: float
    generator_cpu: float  # seconds
    cpu: Mapping[str, float] = field(default_factory=dict)  # seconds by process

    def times(self, wanted: Callable[[Called], bool] = lambda call: call.good) -> list[float]:
        """Ascending."""
        return sorted(call.took for call in self.calls if wanted(call))

    def share(self, wanted: Callable[[Called], bool]) -> float:
        """Of all calls."""
        return sum(map(wanted, self.calls)) / len(self.calls)


def percentile(times: Sequence[float], share: float) -> float:
    """The nearest rank of ascending times; infinite of none."""
    return times[max(0, math.ceil(share * len(times)) - 1)] if times else math.inf


def built(folder: Path) -> Path:
    """The generator. Raises NoGo."""
    if not shutil.which("go"):
        raise NoGo("the load generator of `make bench-mesh` is a Go program: install Go 1.24 or newer")
    binary = folder / "load"
    subprocess.run(["go", "build", "-o", str(binary), "."], cwd=SOURCE, check=True)  # noqa: S607 - whichever Go is here
    return binary


def send(binary: Path, plan: Plan) -> Came:
    """Sends a load and waits for its last answer."""
    before = _children()
    done = subprocess.run([str(binary)], input=plan.text(), capture_output=True, text=True, check=True)
    return Came(list(_read(done.stdout.splitlines())), plan.seconds, _children() - before)


def _read(lines: Iterable[str]) -> Iterable[Called]:
    for line in lines:
        kind, due, first, last, status = line.split()
        yield Called(kind, int(due) / 1e6, int(first) / 1e6, int(last) / 1e6, int(status))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
