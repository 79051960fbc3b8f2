"""What happened to each portfolio, taken from the calls, the remembered requests and the event log together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.drill.history import FOREVER, Call, Record, Run

CHANGES = ("UpdatePortfolio", "ReplacePortfolio", "RebalancePortfolio")
WRITES = ("CreatePortfolio", *CHANGES, "DeletePortfolio")
DELETED = "portfolio_deleted"


@dataclass(frozen=True, slots=True)
class Seen:
    """A portfolio at a version, as a call showed or made it between two times."""

    call: Call
    portfolio: str
    version: int
    began: float
    # FOREVER where the caller never learned of it.
    ended: float
    writes: bool
    # None where only the version is known.
    view: Record | None


def seen_by(run: Run) -> Iterator[Seen]:
    """Every version that a call showed or made; what is not known of a write is looked up in what was remembered."""
    remembered = remembered_views(run)
    for call in run.calls:
        if call.method in CHANGES or call.method == "CreatePortfolio":
            view = _answered(call) or remembered.get((call.method, call.request_id))
            if view is not None:
                yield _seen(call, view, writes=True)
        elif call.method == "GetPortfolio" and call.ok:
            yield _seen(call, call.answers[0]["portfolio"], writes=False)
        elif call.method == "ListPortfolios" and call.ok:
            for view in call.answers[0]["portfolios"]:
                yield Seen(call, view["id"], view["version"], call.began, call.ended, False, None)
    yield from _deletions(run)


def _answered(call: Call) -> Record | None:
    answers = (answer["portfolio"] for answer in call.answers if "portfolio" in answer)
    return next(answers, None)


def _seen(call: Call, view: Record, *, writes: bool) -> Seen:
    ended = call.ended if call.ok else FOREVER
    return Seen(call, view["id"], view["version"], call.began, ended, writes, view)


def _deletions(run: Run) -> Iterator[Seen]:
    """Deletions answer nothing: their version stands in the log alone."""
    versions = {event["key"]: event["seq"] for event in run.log.get("portfolio", ()) if event["type"] == DELETED}
    done = {row["request_id"] for row in run.table("portfolio.requests") if row["method"] == "DeletePortfolio"}
    for call in run.of("DeletePortfolio"):
        portfolio = call.request["portfolio_id"]
        if portfolio in versions and (call.ok or call.request_id in done):
            ended = call.ended if call.ok else FOREVER
            yield Seen(call, portfolio, versions[portfolio], call.began, ended, True, None)


def remembered_views(run: Run) -> dict[tuple[str, str], Record]:
    """The portfolio in the remembered answer, by method and request_id."""
    rows = run.table("portfolio.requests")
    return {(row["method"], row["request_id"]): row["portfolio"] for row in rows if row.get("portfolio")}


def by_portfolio(run: Run) -> dict[str, list[Seen]]:
    """What was seen, by portfolio."""
    grouped: dict[str, list[Seen]] = defaultdict(list)
    for seen in seen_by(run):
        grouped[seen.portfolio].append(seen)
    return grouped


def rows_by_id(run: Run) -> dict[str, Record]:
    """The final rows of portfolios."""
    return {row["id"]: row for row in run.table("portfolio.portfolios")}


def may_be_gone(run: Run) -> dict[str, float]:
    """When the first call began that may have deleted a portfolio, by id; a refused one has not, unless tries of it
    were lost."""
    gone: dict[str, float] = {}
    for call in run.of("DeletePortfolio"):
        if call.ok or call.lost:
            portfolio = call.request["portfolio_id"]
            gone[portfolio] = min(call.began, gone.get(portfolio, FOREVER))
    return gone


def plain(view: Record) -> dict[str, Any]:
    """What two views of one version must have in common."""
    return {key: view[key] for key in ("id", "user", "version", "name", "cash", "cash_weight", "holdings", "whole")}
