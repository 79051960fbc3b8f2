"""I5: a job runs to an end exactly once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.drill.history import Record, Run, Violation

ENDS = frozenset({"succeeded", "failed", "cancelled"})
MOST_ATTEMPTS = 2


def jobs_end_once(run: Run) -> list[Violation]:
    """One terminal state that never changes, at most two attempts, one terminal event, nothing left over."""
    texts = [*_ended(run), *_one_end_told(run), *_ends_for_good(run)]
    return [Violation("I5", text) for text in texts]


def _ended(run: Run) -> Iterator[str]:
    for row in run.table("optimizer.optimizations"):
        if row["state"] not in ENDS:
            yield f"job {row['id']} is {row['state']} after the run"
        if row["attempts"] > MOST_ATTEMPTS:
            yield f"job {row['id']} was attempted {row['attempts']} times"


def _one_end_told(run: Run) -> Iterator[str]:
    """One terminal event for each end, which tells of the end that is stored."""
    if "optimizer" not in run.log:
        return
    told: dict[str, list[Record]] = defaultdict(list)
    for event in run.log["optimizer"]:
        if event["type"].removeprefix("optimization_") in ENDS:
            told[event["key"]].append(event["job"])
    for row in run.table("optimizer.optimizations"):
        stored = {name: row[name] for name in ("id", "state", "attempts", "ended")}
        if row["state"] in ENDS and told[row["id"]] != [stored]:
            yield f"job {row['id']} is stored as {stored}, and its events tell of {told[row['id']] or 'no end'}"


def _ends_for_good(run: Run) -> Iterator[str]:
    """Once it was seen at its end, it is seen there by whoever asks afterwards."""
    end: dict[str, tuple[float, str]] = {}
    shown = [
        (call.began, call.ended, answer["job"])
        for call in run.calls
        for answer in call.answers[:1]
        if "job" in answer and answer["job"]["id"]
    ]
    for _, ended, job in sorted(shown, key=lambda each: each[1]):
        if job["state"] in ENDS:
            end.setdefault(job["id"], (ended, job["state"]))
    for began, _, job in shown:
        since, state = end.get(job["id"], (began, ""))
        if began > since and job["state"] != state:
            yield f"job {job['id']} was {state}, and {job['state']} afterwards"
    for row in run.table("optimizer.optimizations"):
        if row["id"] in end and row["state"] != end[row["id"]][1]:
            yield f"job {row['id']} was {end[row['id']][1]}, and is stored as {row['state']}"
