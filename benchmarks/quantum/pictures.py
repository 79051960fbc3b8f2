"""`python -m benchmarks.quantum.pictures FOLDER`: how a gap closes, and who finds what along a frontier, for the docs.

Synthetic instances alone, so that anybody draws the same; the times are those of the machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks.apart import THREADS

SIZES = (98, 225, 476)
POINTS = 60
PLACE = 0.8
"""f: 0 is the greatest return, 1 the least risk; from here on points are hard."""


def main() -> int:
    """Draw both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quantum.pictures", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder: Path = parser.parse_args().folder
    # Read when numpy is first imported, which is below.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    folder.mkdir(parents=True, exist_ok=True)
    draw_gaps(folder / "choice-gap.png")
    draw_sources(folder / "choice-sources.png")
    return 0


def draw_gaps(to: Path, sizes: tuple[int, ...] = SIZES) -> None:
    """The gap of the variance against time, one line per size."""
    from benchmarks.quantum.instances import synthetic
    from benchmarks.quantum.points import Frontier
    from clients.cli.plots.paper import BLUE, LEFT, ORANGE, VERMILION, dress, save, sheet

    note = "Least risk for a return 80 % of the way down the frontier; synthetic instances, one thread."
    figure = sheet("How a gap closes", "At most ten assets, each at 1 % at least", note, height=4.4)
    axes = figure.add_axes((LEFT + 0.02, 0.2, 0.86, 0.58))
    dress(axes, across="Milliseconds since the solve began", upwards="Gap of the variance")
    for size, colour in zip(sizes, (BLUE, ORANGE, VERMILION), strict=False):
        frontier = Frontier(synthetic(size))
        greatest, least = frontier.returns(2)
        wanted = greatest + PLACE * (least - greatest)
        frontier.solve(wanted)
        told: list[tuple[float, float]] = []
        began = time.process_time()
        frontier.solve(wanted, heard=lambda it, on=told, since=began: on.append((time.process_time() - since, it)))  # type: ignore[misc]
        times, gaps = zip(*[(1e3 * at, max(gap, 1e-9)) for at, gap in told], strict=True)
        axes.step(times, gaps, where="post", color=colour, linewidth=1.8)
        axes.plot(times[-1:], gaps[-1:], "o", color=colour)
        end = times[-1], gaps[-1]
        axes.annotate(f"{size} assets", end, (-9, 6), textcoords="offset points", ha="right", color=colour)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.minorticks_off()
    save(figure, to)


def draw_sources(to: Path, size: int = SIZES[0], points: int = POINTS) -> None:
    """The frontier of one size, each point by who found its choice."""
    from benchmarks.quantum.instances import synthetic
    from benchmarks.quantum.points import Frontier
    from clients.cli.plots.paper import BLUE, GREEN, LEFT, MUTED, ORANGE, VERMILION, dress, in_percent, save, sheet
    from services.optimizer.domain.sampling import Sampling

    colours = {"relaxation": BLUE, "swap": GREEN, "qaoa": VERMILION, "branch_and_bound": ORANGE}
    frontier = Frontier(synthetic(size))
    returns = frontier.returns(points)
    free = [frontier.solve(each, None).solved.objective for each in returns]
    found = [frontier.solve(each, sampling=Sampling()).solved for each in returns]
    figure = sheet(
        "Who finds what along a frontier",
        f"{size} assets, at most ten held; every point is proven",
        "QAOA draws 256 choices among 16 assets where swap search leaves a gap; a synthetic instance, per week.",
        height=4.4,
    )
    axes = figure.add_axes((LEFT + 0.02, 0.2, 0.86, 0.58))
    dress(axes, across="Volatility per week", upwards="Expected return per week")
    axes.plot(free, returns, color=MUTED, linewidth=1.2, label="any number of assets")
    for who, colour in colours.items():
        own = [i for i, it in enumerate(found) if it.selection is not None and it.selection.found_by == who]
        label = f"{who.replace('_', ' ')}: {len(own)}"
        across, upwards = [found[i].objective for i in own], [returns[i] for i in own]
        axes.scatter(across, upwards, color=colour, s=26, zorder=3, label=label)
    in_percent(axes.xaxis)
    in_percent(axes.yaxis)
    axes.legend(frameon=False, loc="lower right")
    save(figure, to)


if __name__ == "__main__":
    sys.exit(main())
