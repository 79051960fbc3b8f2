"""I7: no read is older than what its reader has had acknowledged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.drill.checkers.effects import Seen, by_portfolio, may_be_gone
from tests.drill.history import FOREVER, Run, Violation

READS = ("GetPortfolio", "ListPortfolios")


def own_reads(run: Run) -> list[Violation]:
    """A user reads their own writes, at whichever of their clients."""
    texts = [*_not_older(run), *_not_missing(run)]
    return [Violation("I7", text) for text in texts]


def _not_older(run: Run) -> Iterator[str]:
    for seen in by_portfolio(run).values():
        writes = [each for each in seen if each.writes and each.call.ok]
        for read in (each for each in seen if each.call.method in READS):
            newest = max((w for w in writes if _before(w, read)), key=lambda w: w.version, default=None)
            if newest is not None and read.version < newest.version:
                yield (
                    f"{read.call.name} read version {read.version} of {read.portfolio} after its reader's "
                    f"{newest.call.name} had made version {newest.version}"
                )


def _before(write: Seen, read: Seen) -> bool:
    return write.call.user == read.call.user and write.ended < read.began


def _not_missing(run: Run) -> Iterator[str]:
    """What a user made and nobody may have deleted is found, and listed."""
    gone = may_be_gone(run)
    made: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for call in run.of("CreatePortfolio"):
        if call.ok:
            made[call.user].append((call.ended, call.answers[0]["portfolio"]["id"]))
    for call in run.of(*READS):
        stands = {id for ended, id in made[call.user] if ended < call.began and gone.get(id, FOREVER) > call.ended}
        if call.method == "GetPortfolio" and call.code == "NOT_FOUND" and call.request["portfolio_id"] in stands:
            yield f"{call.name} did not find {call.request['portfolio_id']}, which its reader had made"
        if call.method == "ListPortfolios" and call.ok:
            missing = stands - {view["id"] for view in call.answers[0]["portfolios"]}
            for portfolio in sorted(missing):
                yield f"{call.name} did not list {portfolio}, which its reader had made"
