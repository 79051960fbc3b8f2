"""A run as JSON and as a Markdown table, with the goals and what it ran on; no date."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.ml.report import ran_on
from benchmarks.optimizer.goals import Goal, at_least, at_most

LIBRARIES = ("numpy", "pyarrow", "obstore", "grpcio", "uvicorn", "asyncpg", "redis", "sqlalchemy", "psycopg")
GOALS: Mapping[str, Goal] = {
    "marketdata.ingest.n500_m20.cpu_per_tick": at_most(10),
    "marketdata.range_read_ratio.cpu": at_least(5),
    "marketdata.range_read_ratio.wall": at_least(5),
    "marketdata.crowd.qpo.attached": at_least(1000),
    "marketdata.crowd.qpo.attaching": at_most(10),
    "marketdata.crowd.qpo_over_sse_shared": at_most(1.6),
    "marketdata.crowd.qpo_over_sse_json": at_most(0.5),
    "marketdata.crowd.qpo_over_grpc_each": at_most(0.6),
    "marketdata.stalled.without.age_p99": at_most(300),
    "marketdata.stalled.with_100.age_p99": at_most(300),
    "marketdata.stalled.memory_ratio": at_most(1.05),
}
_HEAD = """# Market data

{machine}.

`ingest`: CPU per tick of the process that takes ticks off the bus, judges, stores, rolls up and shows them (validation
included), and of PostgreSQL and Redis meanwhile; `n500_m20` is 500 symbols, 20 ticks a message. `range_read`: one
symbol's bars of a minute of a year, among 20 symbols, into columns from the archive, and row by row through SQLAlchemy
from a table with an index; CPU with PostgreSQL's. `crowd`: 1,000 subscribers by h2load of 500 symbols that move 10
times a second, 5 frames a second: CPU of the server per delivered tick, medians of rounds in turn, and the `least` of
them. `sse_shared`: the same bytes by uvicorn as server-sent events; `sse_json`: JSON encoded for each subscriber;
`grpc_each`: a bare grpc.aio handler that encodes for each. `attached` is the least number that were attached within 30
s, `frames_sent` the share of the frames that were due. `stalled`: how old a value is when a client beside the crowd has
it (frames come every 200 ms), and the server's memory in MB, without and with 100 clients that attach and never read.

| figure | value | unit | goal | reached |
|---|---:|---|---|---|
"""


def written(figures: Sequence[Figure], folder: Path) -> None:
    """Write marketdata.json and marketdata.md into a folder; what was not measured now stays as it was."""
    file = folder / "marketdata.json"
    before = json.loads(file.read_text(encoding="utf-8"))["figures"] if file.exists() else []
    now = {figure.name for figure in figures}
    whole = [*(Figure(**each) for each in before if each["name"] not in now), *figures]
    facts = ran_on(LIBRARIES)
    shown = {"ran_on": facts, "figures": [asdict(figure) for figure in whole]}
    file.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    (folder / "marketdata.md").write_text(table(whole, facts), encoding="utf-8")


def table(figures: Sequence[Figure], facts: Mapping[str, str]) -> str:
    """A row per figure."""
    machine = ", ".join(f"{name} {value}" for name, value in facts.items())
    return _HEAD.format(machine=machine) + "".join(
        _row(figure) for figure in sorted(figures, key=lambda each: each.name)
    )


def _row(figure: Figure) -> str:
    goal = GOALS.get(figure.name)
    said = ("", "") if goal is None else (goal.text(), goal.reached(figure))
    return f"| `{figure.name}` | {figure.line().split()[1]} | {figure.unit} | {said[0]} | {said[1]} |\n"
