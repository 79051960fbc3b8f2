"""The file of a run over many portfolios: what it is to do, and line by line what became of it.

The first line says who runs it where, and each portfolio with the etag that it had. Every other line is an outcome, on
disk before the next portfolio's is known. With the etag and a request id that follows from the run, no portfolio is
rebalanced twice, however often a run is taken up again.
"""

import fcntl
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from clients.cli.problem import USAGE, Problem

_PRIVATE = 0o600
Became = Literal["rebalanced", "unchanged", "refused", "unreached"]


@dataclass(frozen=True)
class Member:
    """A portfolio as the run found it."""

    id: str
    name: str
    etag: str


@dataclass(frozen=True)
class Outcome:
    """What became of a portfolio; `unreached` may be tried again, all else is final."""

    portfolio_id: str
    name: str
    outcome: Became
    trades: int = 0
    nav: str = ""
    reason: str = ""
    description: str = ""

    @property
    def final(self) -> bool:
        """Whether trying again would change nothing."""
        return self.outcome != "unreached"


@dataclass(frozen=True)
class Plan:
    """What a run is to do: as whom, where, as of when, to which portfolios."""

    run: str
    edge: str
    user_id: str
    as_of: str
    members: tuple[Member, ...]

    def request_id(self, member: Member) -> str:
        """The same for the same portfolio, however often the run is taken up."""
        return str(uuid5(UUID(self.run), member.id))


class RunFile:
    """A run's file, held by one process at a time."""

    def __init__(self, path: Path, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        self.path, self.plan = path, plan
        self.outcomes = {outcome.portfolio_id: outcome for outcome in outcomes}
        self._lock = threading.Lock()

    @property
    def left(self) -> list[Member]:
        """The portfolios without a final outcome."""
        found = self.outcomes
        return [member for member in self.plan.members if member.id not in found or not found[member.id].final]

    def append(self, outcome: Outcome) -> None:
        """Write an outcome down for good; from whatever thread."""
        with self._lock:
            _append(self.path, asdict(outcome))
            self.outcomes[outcome.portfolio_id] = outcome


def begun(folder: Path, edge: str, user_id: str, as_of: str, members: Sequence[Member]) -> RunFile:
    """A new run, written down before anything is done."""
    plan = Plan(str(uuid4()), edge, user_id, as_of, tuple(members))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = _path(folder, plan.run)
    _append(path, asdict(plan))
    return RunFile(path, plan, ())


def resumed(folder: Path, run: str, edge: str, user_id: str) -> RunFile:
    """A run as it was left. Raises Problem if there is none of this user's here, or its file is damaged."""
    path = _path(folder, run)
    if not path.is_file():
        raise Problem(f"there is no run {run}", [("--resume", f"the runs begun here are in {folder}")], exit_code=USAGE)
    try:
        first, *rest = _lines(path)
        members = tuple(Member(**member) for member in first.pop("members"))
        plan = Plan(members=members, **first)
        outcomes = [Outcome(**line) for line in rest]
    except (ValueError, TypeError, KeyError):
        raise Problem(f"{path} is damaged", [("", "begin another run: qpo rebalance-all")]) from None
    if (plan.edge, plan.user_id) != (edge, user_id):
        fix = f"it was begun at {plan.edge} by the user {plan.user_id}"
        raise Problem(f"the run {run} is another's", [("--resume", fix)], exit_code=USAGE)
    return RunFile(path, plan, outcomes)


@contextmanager
def held(file: RunFile) -> Iterator[None]:
    """Nobody else works on the run meanwhile. Raises Problem if somebody does."""
    with file.path.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem("another qpo works on this run", [("--resume", "wait until it has ended")]) from None
        yield


def _path(folder: Path, run: str) -> Path:
    try:
        return folder / f"{UUID(run)}.jsonl"
    except ValueError:
        fixes = [("--resume", "give the id that the run printed")]
        raise Problem(f"{run!r} is no run", fixes, exit_code=USAGE) from None


def _append(path: Path, line: dict[str, Any]) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE)
    with os.fdopen(opened, "wb") as file:
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> list[dict[str, Any]]:
    """Every whole line; one that was cut off when the machine went down is cut off the file as well."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    return [json.loads(line) for line in whole.splitlines()]
