"""A run as JSON and as a Markdown table, with the goals and what it ran on; no date.

A run of some measurements replaces theirs and leaves the others', each with the load that the machine had meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.ml.report import ran_on
from benchmarks.optimizer.goals import GOALS, UNKNOWN, goal_of, unmeasured
from benchmarks.rivals.portfolio_libraries import versions

SOLVERS = ("numba", "highspy", "piqp", "clarabel")
_HEAD = """# The solvers of optimizer beside the libraries

Process CPU time on one thread, medians after a warm-up, in the same run; {machine}.

What each measurement compares, and how, is told in [the benchmarks' README](../README.md#the-optimizer). `x_over_y` is
how often y goes into x's time, `…_at_least` where x was not waited for any longer than its `capped_at`. Of numbers
without a unit (`1`: gaps, violations, residuals) the goal is for the size. Goals that are not reached say `no`.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One measurement's figures, and the machine's load over the last minute, before and after."""

    load: tuple[float, float]
    figures: tuple[Figure, ...]


def merged(sections: Mapping[str, Section], folder: Path) -> dict[str, Section]:
    """With those of an earlier run that were not measured now."""
    file = folder / "optimizer.json"
    before = json.loads(file.read_text(encoding="utf-8"))["measurements"] if file.exists() else {}
    return {name: _read(each) for name, each in before.items()} | dict(sections)


def written(sections: Mapping[str, Section], folder: Path) -> None:
    """Write optimizer.json and optimizer.md into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {**ran_on(), **ran_on((*SOLVERS, *versions()))}
    whole = {"ran_on": facts, "measurements": {name: _shown(each) for name, each in sections.items()}}
    (folder / "optimizer.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    (folder / "optimizer.md").write_text(table(sections, facts), encoding="utf-8")


def table(sections: Mapping[str, Section], facts: Mapping[str, str]) -> str:
    """A row per figure, a table per measurement."""
    everything = [figure for section in sections.values() for figure in section.figures]
    parts = [_HEAD.format(machine=", ".join(f"{name} {value}" for name, value in facts.items())), _goals(everything)]
    for name, section in sections.items():
        before, after = section.load
        parts += [f"## {name}\n", f"Load of the machine: {before:.1f} before, {after:.1f} after.\n"]
        parts += [
            "| figure | value | unit |\n|---|---:|---|\n" + "".join(f"{_row(each)} |\n" for each in section.figures)
        ]
    return "\n".join(parts)


def _goals(figures: Sequence[Figure]) -> str:
    """The goals alone, each with its figure."""
    found = [(figure, goal) for figure in figures if (goal := goal_of(figure)) is not None]
    rows = [f"{_row(figure)} | {goal.text()} | {goal.reached(figure)} |\n" for figure, goal in found]
    rows += [f"| `{name}` | | | {GOALS[name].text()} | {UNKNOWN} |\n" for name in unmeasured(figures)]
    return "## Goals\n\n| figure | value | unit | goal | reached |\n|---|---:|---|---|---|\n" + "".join(rows)


def _row(figure: Figure) -> str:
    return f"| `{figure.name}` | {figure.line().split()[1]} | {figure.unit}"


def _shown(section: Section) -> dict[str, Any]:
    return {"load": list(section.load), "figures": [asdict(figure) | _judged(figure) for figure in section.figures]}


def _judged(figure: Figure) -> dict[str, str]:
    goal = goal_of(figure)
    return {} if goal is None else {"goal": goal.text(), "reached": goal.reached(figure)}


def _read(section: Mapping[str, Any]) -> Section:
    figures = tuple(Figure(each["name"], each["value"], each["unit"]) for each in section["figures"])
    before, after = section["load"]
    return Section((before, after), figures)
