"""A run as JSON and as a Markdown table, with the goals and what it ran on; no date.

A run of some measurements replaces theirs and leaves the others'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.ml.report import ran_on
from benchmarks.optimizer.goals import Goal, at_least, at_most

LIBRARIES = ("numpy", "scipy", "numba", "qiskit", "qiskit-aer", "pyscipopt")
_CIRCUIT = "quantum.circuit.n20_k10_p4"
GOALS: Mapping[str, Goal] = {
    "quantum.frontier.hang_seng.proven": at_least(100),
    "quantum.frontier.hang_seng.d": at_most(0.003135),
    "quantum.frontier.hang_seng.cpu_mean": at_most(5),
    "quantum.frontier.hang_seng.first.cpu_median": at_most(5),
    "quantum.frontier.dax.proven": at_least(100),
    "quantum.frontier.dax.d": at_most(2.5077),
    "quantum.frontier.dax.cpu_mean": at_most(40),
    "quantum.frontier.dax.first.cpu_median": at_most(25),
    "quantum.frontier.synthetic_89_1.gap_worst": at_most(0.01),
    "quantum.frontier.synthetic_89_1.first.cpu_median": at_most(25),
    "quantum.frontier.synthetic_98_1.gap_worst": at_most(0.01),
    "quantum.frontier.synthetic_98_1.first.cpu_median": at_most(25),
    "quantum.frontier.synthetic_225_1.gap_worst": at_most(0.01),
    "quantum.frontier.synthetic_225_1.first.cpu_median": at_most(60),
    "quantum.frontier.synthetic_48_1.gap_worst": at_most(0.01),
    "quantum.frontier.synthetic_476_1.gap_worst": at_most(0.01),
    f"{_CIRCUIT}.grover.aer_over_qpo": at_least(250),
    f"{_CIRCUIT}.ring.aer_over_qpo": at_least(180),
    **{f"{_CIRCUIT}.{mixer}.gradient_over_evaluation": at_most(3.5) for mixer in ("grover", "ring")},
    **{f"{_CIRCUIT}.{mixer}.gradient_off": at_most(1e-7) for mixer in ("grover", "ring")},
    **{f"{_CIRCUIT}.{mixer}.feasible": at_least(100) for mixer in ("grover", "ring")},
    "quantum.rescue.synthetic.points": at_least(30),
    "quantum.rescue.synthetic.p2_over_p0": at_least(2),
    "quantum.rescue.synthetic.p2_over_p0_lower": at_least(1),
    "quantum.scip.dax.f50.scip_over_qpo": at_least(10),
    "quantum.scip.dax.f80.scip_over_qpo": at_least(10),
}
_HEAD = """# Choosing assets

At most ten assets, each at one percent at least; process CPU time on one thread; {machine}.

What each figure means is told in [the benchmarks' README](../README.md#choosing-assets). Instances named `hang_seng`
and `dax` are OR-Library's; those named `synthetic` are drawn by a seed, of the sizes of the other published ones. Of
ratios `…_at_least` the rival was not waited for any longer. Goals that are not reached say `no`.
"""


def written(figures: Sequence[Figure], folder: Path) -> None:
    """Bring quantum.json and quantum.md in a folder up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    file, measured = folder / "quantum.json", {_section(each.name) for each in figures}
    before = json.loads(file.read_text(encoding="utf-8"))["figures"] if file.exists() else []
    kept = [Figure(each["name"], each["value"], each["unit"]) for each in before]
    everything = [*(each for each in kept if _section(each.name) not in measured), *figures]
    facts = ran_on(LIBRARIES)
    whole = {"ran_on": facts, "figures": [asdict(figure) for figure in everything]}
    file.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    (folder / "quantum.md").write_text(table(everything, facts), encoding="utf-8")


def table(figures: Sequence[Figure], facts: Mapping[str, str]) -> str:
    """The goals, each with its figure, and everything."""
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    goals = [f"{_row(figure)} {goal.text()} | {goal.reached(figure)} |" for figure, goal in _judged(figures)]
    head = ["## Goals", "", "| figure | value | unit | goal | reached |", "|---|---:|---|---|---|", *goals]
    rows = ["", "## Everything", "", "| figure | value | unit |", "|---|---:|---|", *map(_row, figures)]
    return "\n".join([_HEAD.format(machine=said), *head, *rows, ""])


def _judged(figures: Iterable[Figure]) -> list[tuple[Figure, Goal]]:
    found = [(figure, GOALS.get(figure.name.removesuffix("_at_least"))) for figure in figures]
    return [(figure, goal) for figure, goal in found if goal is not None]


def _row(figure: Figure) -> str:
    return f"| `{figure.name}` | {figure.line().split()[1]} | {figure.unit} |"


def _section(name: str) -> str:
    return name.split(".")[1]
