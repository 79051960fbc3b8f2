"""`qpo optimize batch`: portfolios of a file, many of them in one stream."""

import csv
import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from qpo.optimizer.v1.batch_pb2 import BatchFrame, BatchHeader, BatchOutcome
from qpo.optimizer.v1.optimizer_service_pb2 import SolveBatchRequest, SolveBatchResponse
from rich.console import RenderableType

from clients.cli.console import stdout
from clients.cli.costs import CostOptions
from clients.cli.limits import NO_LIMITS, LimitOptions
from clients.cli.mandate import NO_GOAL, GoalOptions
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import grid, print_content, word
from clients.cli.problem import USAGE, Problem

NO_COSTS = CostOptions()
COLUMNS = {"risk_aversion": "risk_aversions", "cap": "caps", "commission": "commissions", "value": "portfolio_values"}
"""Of the file, beside `portfolio`: each a number that sets a portfolio apart."""
PER_FRAME = 200
_LONGEST = 300.0  # seconds
_FORM = f"a CSV file with the column portfolio and any of {', '.join(COLUMNS)}"

File = Annotated[Path, Parameter(help=f"The portfolios: {_FORM}.")]
Universe = Annotated[str, Parameter(help="What `qpo universe put` answered.")]
Row = dict[str, Any]


def batch(
    file: File,
    /,
    *,
    universe: Universe,
    goal: GoalOptions = NO_GOAL,
    limits: LimitOptions = NO_LIMITS,
    costs: CostOptions = NO_COSTS,
    options: Options = DEFAULTS,
) -> None:
    """Solve many portfolios over one universe in one stream, each with its own risk aversion, cap, costs or value.

    ```
    qpo universe put --dataset mine --covariance pca-factors -o json | jq -r .universe_id
    qpo optimize batch mandates.csv --universe 9f86… --group oil=CVX,XOM::0.2
    ```

    Needs the scope `run:optimization`. Prints a row per portfolio; -o json has the weights too, in the order of the
    universe's symbols. A portfolio that has no solution fails alone, with its reason.
    """
    wanted = replace(goal, objective=goal.objective or "utility")
    header = BatchHeader(
        universe_id=universe,
        goal=wanted.message(),
        constraints=limits.message(wanted.objective),
        costs=costs.message(),
    )
    frames = list(_frames(_read(file)))
    with options.open() as edge:
        sent = iter([SolveBatchRequest(header=header), *(SolveBatchRequest(frame=frame) for frame in frames)])
        rows = [row for answer in edge.optimizer.SolveBatch(sent, timeout=_LONGEST) for row in _rows(answer)]
    if options.format == "table":
        stdout().print(_table(rows))
    else:
        print_content({"portfolios": rows}, options.format)


def _read(file: Path) -> list[dict[str, str]]:
    """The file's rows. Raises Problem for what is no such file."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        names = list(reader.fieldnames or [])
        if "portfolio" not in names or not set(names) <= {"portfolio", *COLUMNS}:
            raise Problem(f"cannot read {file.name}", [("FILE", f"make it {_FORM}")], exit_code=USAGE)
        return list(reader)


def _frames(rows: list[dict[str, str]]) -> Iterator[BatchFrame]:
    """Some portfolios at a time."""
    left = iter(rows)
    for frame_id, some in enumerate(iter(lambda: list(islice(left, PER_FRAME)), [])):
        packed = {field: _packed(some, column) for column, field in COLUMNS.items() if column in some[0]}
        yield BatchFrame(frame_id=frame_id, count=len(some), portfolio_ids=[row["portfolio"] for row in some], **packed)


def _packed(rows: list[dict[str, str]], column: str) -> bytes:
    try:
        return struct.pack(f"<{len(rows)}d", *(float(row[column]) for row in rows))
    except (TypeError, ValueError) as error:
        raise Problem(f"not every {column} is a number", [("FILE", "give each row one")], exit_code=USAGE) from error


def _rows(answer: SolveBatchResponse) -> Iterator[Row]:
    """A document per portfolio of a frame; what has no number has none here either."""
    count = answer.count
    objectives, bounds = (struct.unpack(f"<{count}d", packed) for packed in (answer.objectives, answer.bounds))
    weights = struct.unpack(f"<{len(answer.weights) // 8}d", answer.weights)
    each, why = len(weights) // count, {failure.index: failure.description for failure in answer.failures}
    for index in range(count):
        solved = index not in why
        yield {
            "portfolio_id": answer.portfolio_ids[index],
            "outcome": BatchOutcome.Name(answer.outcomes[index]),
            "objective": objectives[index] if solved else None,
            "bound": bounds[index] if solved else None,
            "iterations": answer.iterations[index],
            "weights": list(weights[index * each : (index + 1) * each]) if solved else [],
            "description": why.get(index, ""),
        }


def _table(rows: list[Row]) -> RenderableType:
    lines = [
        (
            row["portfolio_id"],
            word(row["outcome"], "BATCH_OUTCOME_"),
            "–" if row["objective"] is None else f"{row['objective']:.6f}",
            f"{sum(abs(weight) > 1e-9 for weight in row['weights']):,}" if row["weights"] else "–",
            f"{row['iterations']:,}",
            row["description"],
        )
        for row in rows
    ]
    columns = ("portfolio", "outcome", ">objective", ">assets held", ">iterations", "why not")
    return grid(columns, lines, title=f"{len(rows):,} portfolios")
