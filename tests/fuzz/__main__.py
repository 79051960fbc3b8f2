"""`python -m tests.fuzz`: anything at all for every method, at the services and at the edge; nothing may come apart.

No answer is UNKNOWN or INTERNAL, none tells of the code behind it, every process that began is there at the end and has
not grown: memory is first read after a tenth of the calls, when all that is imported late has been.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from stack.addresses import SERVICES
from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.fuzz.callers import Edge, Found, Known, Service
from tests.mesh.rest import DATASET, SYMBOLS, User, administrator

GROWN, ENOUGH = 0.05, 10_000  # a share of memory, and the calls at each place from which on it counts
WORKERS, LATE = "solvers", 64e6  # bytes: cvxpy, the engine of last resort, is imported for the first that needs it
RENEWED = 300.0  # seconds for which a token is used
TOLD = 1000  # calls of one caller


@dataclass
class Report(Found):
    """What came of all of it."""

    growth: dict[str, float] = field(default_factory=dict)  # of memory, a share, by part


class Token:
    """The user's access token, never an old one."""

    def __init__(self, user: User) -> None:
        self._user, self._lock = user, threading.Lock()
        self._token, self._until = "", 0.0

    def __call__(self) -> str:
        with self._lock:
            if time.monotonic() > self._until:
                self._token = self._user.log_in()["access_token"]
                self._until = time.monotonic() + RENEWED
            return self._token


class Fuzz:
    """Calls a mesh: each service and the edge by a caller of their own, all at once."""

    def __init__(self, mesh: Mesh, seed: int, tell: Callable[[str], None]) -> None:
        self._mesh, self._tell = mesh, tell
        user = _all_imported(administrator(mesh).import_prices())
        known, token = _known(user), Token(user)
        services = [Service(name, mesh.address(name), seed, known, token) for name in SERVICES]
        self._callers = [*services, Edge(mesh.edge_url, seed, known, token)]

    def run(self, count: int) -> Report:
        """So many calls at each service and as many at the edge."""
        self._call(count // 10)
        memory = self._memory()
        self._call(count - count // 10)
        now = self._memory()
        growth = {name: now[name] / memory[name] - 1 for name in memory}
        grown = _grown(memory, now) if count >= ENOUGH else []
        each = [caller.found for caller in self._callers]
        return Report(
            sum(found.calls for found in each),
            sum((found.codes for found in each), Counter()),
            [violation for found in each for violation in found.violations] + self._gone() + grown,
            growth,
        )

    def _call(self, count: int) -> None:
        def one(caller: Service | Edge) -> None:
            for turn in range(1, count + 1):
                caller.call()
                if turn % TOLD == 0:
                    violations = len(caller.found.violations)
                    self._tell(f"{caller.name}: {caller.found.calls:,} answers, {violations} violations")

        with ThreadPoolExecutor(len(self._callers)) as pool:
            list(pool.map(one, self._callers))
        self._tell(", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in self._memory().items()))

    def _memory(self) -> dict[str, int]:
        """Resident bytes by part, and of the optimizer's solvers."""
        watched = {*SERVICES, "envoy"}
        heads = {
            part.name: psutil.Process(part.pid) for part in self._mesh.parts() if part.name in watched and part.pid
        }
        workers = sum(int(each.memory_info().rss) for each in heads["optimizer"].children(recursive=True))
        return {name: int(head.memory_info().rss) for name, head in heads.items()} | {WORKERS: workers}

    def _gone(self) -> list[str]:
        again = [part for part in self._mesh.parts() if part.restarts]
        return [f"{part.name} was started again {part.restarts} times" for part in again]


def _all_imported(user: User) -> User:
    """Feeds a symbol with a market, and documents: for the first of each marketdata imports calendars and the scorer.

    Together they are 190 MB, which would pass for growth if chance brought them late.
    """
    for market in ("XNYS", ""):
        body = {"updates": [{"symbol": "AAPL", "mic": market}]}
        user.rest.patch(f"/api/v1/datasets/{DATASET}/instruments", json=body).raise_for_status()
        user.feed_ticks()
    return user.feed_documents()


def _known(user: User) -> Known:
    """Texts that mean something to the services."""
    job, portfolio = user.new_job()["job"]["job_id"], user.new_portfolio()["id"]
    nobody = "01987f6c-0000-7000-8000-0000000000aa"
    return {
        **dict.fromkeys(("dataset", "dataset.name"), (DATASET,)),
        **dict.fromkeys(("symbol", "symbols", "universe", "entry.key"), SYMBOLS),
        **{"job_id": (job,), "portfolio_id": (portfolio,), "_id": (nobody, job, portfolio)},
        **{"decimal.value": ("100.00", "0.5", "1"), "currency": ("USD",), "source": ("tests",)},
        **{"email": ("e@x.org",), "password": ("a-long-pass-phrase-47",), "name": ("Mine", "a")},
    }


def _grown(before: dict[str, int], now: dict[str, int]) -> list[str]:
    admitted = {name: size * (1 + GROWN) + (LATE if name == WORKERS else 0) for name, size in before.items()}
    return [
        f"{name} grew from {before[name]:,} to {now[name]:,} bytes" for name in before if now[name] > admitted[name]
    ]


def fuzz(count: int, seed: int, tell: Callable[[str], None] = print) -> Report:
    """Fuzzes a mesh of its own."""
    with tempfile.TemporaryDirectory(prefix="qpo-fuzz-") as folder:
        settings = MeshSettings(state_dir=Path(folder) / "state", free_ports=True, optimizer_workers=1, limits=False)
        with Mesh(settings) as mesh:
            return Fuzz(mesh, seed, tell).run(count)


def main() -> int:
    """Fuzzes and reports; 1 on any violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Send anything to every method.")
    parser.add_argument("--count", type=int, default=100_000, help="calls at each service, and at the edge (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="deals what is sent (1)")
    given = parser.parse_args()
    found = fuzz(given.count, given.seed)
    growth = ", ".join(f"{name} {100 * share:+.1f} %" for name, share in sorted(found.growth.items()))
    sys.stdout.write(
        f"{found.calls:,} calls: {dict(found.codes.most_common())}\nmemory: {growth}\n"
        + "".join(f"VIOLATION {each}\n" for each in found.violations[:50])
        + ("FAILED\n" if found.violations else "no violation\n")
    )
    return 1 if found.violations else 0


if __name__ == "__main__":
    sys.exit(main())
