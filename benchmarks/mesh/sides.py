"""The two that are measured: the mesh behind its edge, and the FastAPI service on the same PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from benchmarks import cpu
from benchmarks.mesh import load
from benchmarks.mesh.crowd import LIFETIME, MIX, Crowd, bodies
from benchmarks.mesh.load import Came, Plan
from benchmarks.program import free_port, running
from benchmarks.world import settings
from stack.mesh import Mesh

COUNTED = ("envoy", "portfolio", "optimizer", "ml", "marketdata", "auth", "postgres", "redis")
MESH, RIVAL = "mesh", "fastapi"


@dataclass
class Side:
    """One of the two: where it answers, and the pids of its parts."""

    name: str
    url: str
    pids: Mapping[str, Sequence[int]]
    crowd: Crowd
    portfolios: Sequence[Sequence[str]]
    binary: Path
    _tokens: list[str] = field(default_factory=list)
    _until: float = 0.0
    _turn: int = 0

    def called(self, rate: float, seconds: float) -> Came:
        """What comes of a load, with the CPU that each part took for it."""
        if time.monotonic() > self._until:
            self._tokens, self._until = self.crowd.tokens(), time.monotonic() + LIFETIME / 2
        self._turn += 1
        users = list(zip(self._tokens, self.portfolios, strict=True))
        before = {name: cpu.seconds(pids) for name, pids in self.pids.items()}
        came = load.send(self.binary, Plan(self.url, rate, seconds, users, MIX, bodies(), self._turn))
        return replace(came, cpu={name: cpu.seconds(pids) - before[name] for name, pids in self.pids.items()})


@contextlib.contextmanager
def sides(folder: Path, users: int) -> Iterator[dict[str, Side]]:
    """Both, running, each user with portfolios at each."""
    binary = load.built(folder)
    told = settings(folder / "state").model_copy(update={"limits": True, "calls_per_address": 1_000_000_000})
    with Mesh(told) as mesh:
        crowd = Crowd(mesh.layout.secrets("auth"), users)
        pids = {part.name: [part.pid] for part in mesh.parts() if part.name in COUNTED and part.pid}
        ours = Side(MESH, mesh.edge_url, pids, crowd, crowd.settle(mesh.edge_url), binary)
        with _rival(mesh, folder) as (pid, url):
            both = {"uvicorn": [pid], "postgres": pids["postgres"]}
            yield {MESH: ours, RIVAL: Side(RIVAL, url, both, crowd, crowd.settle(url), binary)}


@contextlib.contextmanager
def _rival(mesh: Mesh, folder: Path) -> Iterator[tuple[int, str]]:
    from benchmarks.rivals.fastapi_mix import TABLE

    database = f"postgresql://postgres@/qpo?host={mesh.layout.sockets('postgres')}"
    _execute(database, TABLE)
    port = free_port()
    told = {
        "RIVAL_PORT": str(port),
        "RIVAL_DATABASE_URL": database,
        "RIVAL_JWKS": httpx.get(f"{mesh.edge_url}/.well-known/jwks.json", trust_env=False).raise_for_status().text,
    }
    with running("benchmarks.rivals.fastapi_mix", port, folder / "rival.log", {**os.environ, **told}) as pid:
        yield pid, f"http://127.0.0.1:{port}"


def _execute(database: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(database) as connection:
        connection.execute(sql)
