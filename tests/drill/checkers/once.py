"""I2: each request_id takes effect exactly once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.drill.checkers.effects import WRITES, remembered_views, rows_by_id
from tests.drill.history import Record, Run, Violation


def each_once(run: Run) -> list[Violation]:
    """One request, one effect, one answer; and no effect that no request accounts for."""
    texts = [
        *_one_answer(run),
        *_one_cause_per_version(run),
        *_remembered_when_answered(run),
        *_refused_without_effect(run),
        *_one_cause_per_job(run),
    ]
    return [Violation("I2", text) for text in texts]


def _one_answer(run: Run) -> Iterator[str]:
    """Repeated under its request_id, a call is answered as it was the first time."""
    for call in run.of(*WRITES, "Optimize"):
        told = [_essence(answer) for answer in call.answers]
        for other in told[1:]:
            if other != told[0]:
                yield f"{call.name} was answered {told[0]}, and when repeated {other}"


def _essence(answer: Record) -> object:
    """A job goes on between two answers; that it is the same one is all that can be asked."""
    return answer["job"]["id"] if "job" in answer else answer


def _causes(run: Run) -> dict[tuple[str, int], set[str]]:
    """The requests that claim to have made each version of each portfolio."""
    causes: dict[tuple[str, int], set[str]] = defaultdict(set)
    for (_, request_id), view in remembered_views(run).items():
        causes[view["id"], view["version"]].add(request_id)
    for call in run.of(*WRITES):
        for answer in call.answers:
            if view := answer.get("portfolio"):
                causes[view["id"], view["version"]].add(call.request_id)
    return causes


def _one_cause_per_version(run: Run) -> Iterator[str]:
    causes = _causes(run)
    for (portfolio, version), requests in causes.items():
        if len(requests) > 1:
            yield f"version {version} of {portfolio} was made by {len(requests)} requests: {sorted(requests)}"
    made = {(row["id"], row["version"]) for row in rows_by_id(run).values()}
    made |= {(e["key"], e["seq"]) for e in run.log.get("portfolio", ()) if e["type"] != "portfolio_deleted"}
    for portfolio, version in sorted(made - causes.keys()):
        yield f"version {version} of {portfolio} was made by no request: one took effect twice, or was not remembered"


def _remembered_when_answered(run: Run) -> Iterator[str]:
    tables = {"Optimize": "optimizer.requests"}
    kept = {
        name: {row["request_id"] for row in run.table(name)} for name in ("portfolio.requests", "optimizer.requests")
    }
    for call in run.of(*WRITES, "Optimize"):
        if call.ok and call.request_id and call.request_id not in kept[tables.get(call.method, "portfolio.requests")]:
            yield f"{call.name} was answered, and its request_id {call.request_id} is not remembered"


def _refused_without_effect(run: Run) -> Iterator[str]:
    """A refused call has done nothing. If tries were lost one may still arrive after the refusal, and take effect;
    but none whose etag is past."""
    remembered = {row["request_id"] for row in run.table("portfolio.requests")}
    for call in run.of(*WRITES):
        final = not call.lost or call.reason == "ETAG_MISMATCH"
        if call.refused and final and call.request_id and call.request_id in remembered:
            yield f"{call.name} was refused ({call.reason or call.code}), and took effect"


def _one_cause_per_job(run: Run) -> Iterator[str]:
    causes: dict[str, set[str]] = defaultdict(set)
    for row in run.table("optimizer.requests"):
        causes[row["job_id"]].add(row["request_id"])
    for row in run.table("optimizer.optimizations"):
        if len(causes[row["id"]]) != 1:
            yield f"job {row['id']} was made by {len(causes[row['id']])} requests"
