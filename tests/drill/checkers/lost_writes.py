"""I1: no acknowledged write is lost."""

from __future__ import annotations

from collections.abc import Iterator

from tests.drill.checkers.effects import WRITES, may_be_gone, plain, rows_by_id
from tests.drill.history import Call, Record, Run, Violation


def lost_writes(run: Run) -> list[Violation]:
    """What was acknowledged stands in the rows, unless a later write stands there instead, and in the log."""
    rows, gone = rows_by_id(run), may_be_gone(run)
    logged = {(event["key"], event["seq"]): event["portfolio"] for event in run.log.get("portfolio", ())}
    jobs = {row["id"] for row in run.table("optimizer.optimizations")}
    texts: list[str] = []
    for call in run.of(*WRITES, "Optimize"):
        if not call.ok:
            continue
        if call.method == "Optimize":
            texts += _job(call, jobs)
        elif call.method == "DeletePortfolio":
            texts += _deletion(call, rows)
        else:
            texts += _write(call, rows, gone, logged if "portfolio" in run.log else None)
    return [Violation("I1", text) for text in texts]


def _job(call: Call, jobs: set[str]) -> Iterator[str]:
    if (job := call.answers[0]["job"]["id"]) not in jobs:
        yield f"{call.name} was answered with job {job}, which is not stored"


def _deletion(call: Call, rows: dict[str, Record]) -> Iterator[str]:
    if (portfolio := call.request["portfolio_id"]) in rows:
        yield f"{call.name} was answered, and portfolio {portfolio} is still stored"


def _write(
    call: Call, rows: dict[str, Record], gone: dict[str, float], logged: dict[tuple[str, int], Record] | None
) -> Iterator[str]:
    view = call.answers[0]["portfolio"]
    portfolio, version = view["id"], view["version"]
    row = rows.get(portfolio)
    if row is None:
        if portfolio not in gone:
            yield f"{call.name} was answered, and portfolio {portfolio} is not stored, though nobody deleted it"
    elif row["version"] < version:
        yield f"{call.name} was answered with version {version} of {portfolio}, and {row['version']} is stored"
    elif row["version"] == version and plain(row) != plain(view):
        yield f"{call.name} was answered with another version {version} of {portfolio} than is stored"
    if logged is not None and (portfolio, version) not in logged:
        yield f"{call.name} was answered with version {version} of {portfolio}, of which no event tells"
