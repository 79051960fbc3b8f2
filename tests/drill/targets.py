"""What can be killed: the processes of one mesh, by kind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass

import psutil

from stack.events import State
from stack.mesh import Mesh

SERVICES = ("auth", "portfolio", "marketdata", "ml", "optimizer")
KINDS = (*SERVICES, "worker", "envoy", "postgres", "redis")


@dataclass(frozen=True, slots=True)
class Target:
    """A process about to be killed."""

    kind: str
    # Which of its kind: a replica, or `postmaster`, `backend`, `solver`, `fork server`.
    what: str
    pid: int


def deck(kills: int, chance: random.Random) -> list[str]:
    """As many kinds as kills, every kind as often as any other, shuffled."""
    rounds = -(-kills // len(KINDS))
    cards = list(KINDS) * rounds
    # What does not fill the last round is left out by lot.
    spare = chance.sample(KINDS, len(cards) - kills)
    for kind in spare:
        cards.remove(kind)
    chance.shuffle(cards)
    return cards


def target_of(mesh: Mesh, kind: str, chance: random.Random) -> Target | None:
    """A living process of that kind; None while there is none."""
    part = {"worker": "optimizer"}.get(kind, kind)
    ready = [each for each in mesh.parts() if _is_of(each.name, part) and each.state is State.READY and each.pid]
    if not ready:
        return None
    head = chance.choice(sorted(ready, key=lambda each: each.name))
    with contextlib.suppress(psutil.NoSuchProcess):
        if kind == "worker":
            return _worker(psutil.Process(head.pid), chance)
        if kind == "postgres" and chance.random() < 0.25:
            return _backend(psutil.Process(head.pid), chance)
        return Target(kind, "postmaster" if kind == "postgres" else head.name, int(head.pid or 0))
    return None


def _is_of(name: str, part: str) -> bool:
    """`portfolio-2` is one of `portfolio`."""
    return name == part or name.rpartition("-")[0] == part


def _worker(service: psutil.Process, chance: random.Random) -> Target | None:
    """A solver process, now and then the server that forks them."""
    servers = [child for child in service.children() if child.children()]
    if servers and chance.random() < 0.2:
        return Target("worker", "fork server", servers[0].pid)
    solvers = sorted(solver.pid for server in servers for solver in server.children())
    return Target("worker", "solver", chance.choice(solvers)) if solvers else None


def _backend(postmaster: psutil.Process, chance: random.Random) -> Target | None:
    """A session of a service, whose death makes the postmaster begin anew."""
    sessions = sorted(child.pid for child in postmaster.children() if "qpo_" in " ".join(child.cmdline()))
    return Target("postgres", "backend", chance.choice(sessions)) if sessions else None


def kill(target: Target) -> float:
    """Kills -9; returns when, once the process is dead."""
    at = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        os.kill(target.pid, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(target.pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.001)
    return at
