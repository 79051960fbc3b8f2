"""`python -m tests.drill.restore`: lose the disk, and come back from a backup that was made while the mesh worked.

A user creates portfolios before the backup and goes on while it is made. Then the mesh is stopped, its state folder is
thrown away, and another begins from the backup alone. What was acknowledged before the backup began must be there as it
was; what came later is there as it was, or not at all; and all that a mesh does must go on from there.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stack import backup, sealed
from stack.mesh import Mesh
from stack.settings import MeshSettings
from tests.mesh.rest import DATASET, User, administrator


@dataclass
class Outcome:
    """What was found, and how long it took."""

    before: int = 0
    meanwhile: int = 0
    kept: int = 0  # of those made meanwhile
    figures: dict[str, tuple[float, str]] = field(default_factory=dict)  # value and unit, by name
    violations: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Keeps the seconds of the block."""
        began = time.monotonic()
        yield
        self.figures[name] = (time.monotonic() - began, "s")


def drill(portfolios: int, folder: Path) -> Outcome:
    """Loses a mesh of so many portfolios, and restores it."""
    outcome = Outcome()
    key_file, file = folder / "backup.key", folder / "backup.qpo"
    sealed.make_key(key_file)
    key = sealed.read_key(key_file)
    with _mesh(folder / "lost") as mesh:
        user = administrator(mesh).import_prices().feed_ticks()
        known = {made["id"]: made for made in (user.new_portfolio(name=f"{n}") for n in range(portfolios))}
        outcome.before = len(known)
        with _creating(user) as meanwhile, outcome.timed("backup"):
            made = backup.create(folder / "lost", file, key, datetime.now(UTC))
    shutil.rmtree(folder / "lost")
    outcome.meanwhile = len(meanwhile)
    outcome.figures |= {"rows_and_keys": (made.size / 1e6, "MB"), "sealed": (file.stat().st_size / 1e6, "MB")}
    with outcome.timed("restore"):
        backup.restore(file, key, folder / "found")
    began = time.monotonic()
    with _mesh(folder / "found") as mesh:
        outcome.figures["start"] = (time.monotonic() - began, "s")
        _compare(User(mesh.edge_url, mesh.edge_address, user.email), known, meanwhile, outcome)
    return outcome


def _mesh(folder: Path) -> Mesh:
    return Mesh(MeshSettings(state_dir=folder, free_ports=True, optimizer_workers=1))


@contextmanager
def _creating(user: User) -> Iterator[dict[str, dict[str, Any]]]:
    """Creates portfolios on a thread until the block is left."""
    made: dict[str, dict[str, Any]] = {}
    enough = threading.Event()

    def create() -> None:
        while not enough.is_set():
            portfolio = user.new_portfolio(name="meanwhile")
            made[portfolio["id"]] = portfolio

    thread = threading.Thread(target=create)
    thread.start()
    try:
        yield made
    finally:
        enough.set()
        thread.join()


def _compare(
    user: User, known: dict[str, dict[str, Any]], meanwhile: dict[str, dict[str, Any]], outcome: Outcome
) -> None:
    found = {each: user.rest.get(f"/api/v1/portfolios/{each}") for each in (*known, *meanwhile)}
    for each, made in (known | meanwhile).items():
        answer = found[each]
        if answer.status_code == 404 and each in meanwhile:
            continue
        if answer.status_code != 200 or answer.json()["portfolio"] != made:
            outcome.violations.append(f"{each} was {made} and is {answer.text}")
    outcome.kept = sum(found[each].status_code == 200 for each in meanwhile)
    outcome.violations += [f"{what} did not go on: {told}" for what, told in _goes_on(user, next(iter(known)))]


def _goes_on(user: User, portfolio: str) -> Iterator[tuple[str, str]]:
    """What a mesh does besides reading portfolios; each that fails, and how."""
    audit = user.rest.get("/api/v1/audit/verification").text.strip().splitlines()
    if "AUDIT_OUTCOME_INTACT" not in audit[-1]:
        yield "the audit trail", audit[-1]
    answer = user.rest.post(f"/api/v1/portfolios/{portfolio}/rebalance", json={})
    if answer.status_code != 200:
        yield "rebalancing", answer.text
    bars = user.feed_ticks().rest.get(
        f"/api/v1/datasets/{DATASET}/tick-bars", params={"symbols": "AAPL", "interval": "BAR_INTERVAL_1M"}
    )
    if bars.status_code != 200 or not bars.json()["bars"]:
        yield "the feed", bars.text
    leaving = User(user.edge_url, user.edge_address).register()
    gone = leaving.rest.delete(f"/api/v1/users/{leaving.user_id}")
    if gone.status_code != 200:
        yield "deleting an account", gone.text


def main() -> int:
    """Drills and reports, one figure a line; 1 on any violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill.restore", description="Lose the disk, and come back.")
    parser.add_argument("--portfolios", type=int, default=2000, help="created before the backup (2,000)")
    with tempfile.TemporaryDirectory(prefix="qpo-restore-") as folder:
        outcome = drill(parser.parse_args().portfolios, Path(folder))
    sys.stdout.write(
        "".join(f"{name} {value:.2f} {unit}\n" for name, (value, unit) in outcome.figures.items())
        + f"{outcome.before:,} portfolios of before are back; of {outcome.meanwhile} made meanwhile {outcome.kept}\n"
        + "".join(f"VIOLATION {each}\n" for each in outcome.violations[:50])
        + ("FAILED\n" if outcome.violations else "no violation\n")
    )
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
