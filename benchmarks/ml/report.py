"""A run as JSON and as a Markdown table, with what it ran on; no date."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from benchmarks.figures import Figure

LIBRARIES = ("numpy", "scipy", "scikit-learn", "skfolio")


def written(figures: Sequence[Figure], folder: Path) -> None:
    """Write ml.json and ml.md into a folder."""
    facts = ran_on()
    whole = {"ran_on": facts, "figures": [asdict(figure) for figure in figures]}
    (folder / "ml.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    (folder / "ml.md").write_text(table(figures, facts), encoding="utf-8")


def ran_on(libraries: Sequence[str] = LIBRARIES) -> Mapping[str, str]:
    """The machine and the versions."""
    facts = {"machine": platform.machine(), "cores": str(os.cpu_count()), "python": platform.python_version()}
    return facts | {library: version(library) for library in libraries}


def table(figures: Sequence[Figure], facts: Mapping[str, str]) -> str:
    """A row per figure."""
    said = ", ".join(f"{name} {value}" for name, value in facts.items())
    rows = [f"| `{figure.name}` | {figure.line().split()[1]} | {figure.unit} |" for figure in figures]
    return "\n".join(
        [
            "# The estimators of ml beside the libraries",
            "",
            f"CPU time on one thread, medians. {said}.",
            "",
            "`ours` answers in the estimator's own form (factors where N > T), `ours_dense` in N × N as the libraries'",
            "covariances are (of principal components only ours makes one); `ours_whole` is all that a call of",
            "EstimateMoments computes. `over_…` is how often ours goes into the rival's time, `dense_over_…` how often",
            "ours in N × N does; `…_at_least` where the rival had not ended at the cap. T = 1,000; `n` is N.",
            "",
            "| figure | value | unit |",
            "|---|---:|---|",
            *rows,
            "",
        ]
    )
