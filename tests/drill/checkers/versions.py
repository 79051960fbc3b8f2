"""I4: versions grow by one from write to write, and every portfolio is a linearizable register with compare-and-set.

Versions are a witness of the order in which writes took effect, so that linearizability needs no search (Herlihy and
Wing 1990): put the operations of a portfolio in the order of their versions, each write before the reads of it. A
point in every operation's interval, not earlier than the point of the one before, exists if and only if no operation
ended before one that stands earlier in that order began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.drill.checkers.effects import CHANGES, Seen, by_portfolio, plain, rows_by_id
from tests.drill.history import FOREVER, Call, Record, Run, Violation


def linear_versions(run: Run) -> list[Violation]:
    """Of every portfolio."""
    texts: list[str] = []
    for seen in by_portfolio(run).values():
        texts += _in_order(seen)
        texts += _compared(seen)
    refused = defaultdict[str, list[Call]](list)
    for call in run.of(*CHANGES, "DeletePortfolio"):
        if call.reason == "ETAG_MISMATCH":
            refused[call.request["portfolio_id"]].append(call)
    for portfolio, seen in by_portfolio(run).items():
        texts += _refused_rightly(seen, refused[portfolio])
    return [Violation("I4", text) for text in [*texts, *_one_content(run), *_no_gap(run)]]


def _in_order(seen: Sequence[Seen]) -> Iterator[str]:
    latest: Seen | None = None
    for each in sorted(seen, key=lambda one: (one.version, not one.writes, one.began)):
        if latest is not None and each.ended < latest.began:
            yield (
                f"{each.call.name} met version {each.version} of {each.portfolio} and had ended before "
                f"{latest.call.name} began, which met version {latest.version}"
            )
        if latest is None or each.began > latest.began:
            latest = each


def _compared(seen: Sequence[Seen]) -> Iterator[str]:
    """A write with an etag makes the version after it, whatever it was that came first."""
    for each in seen:
        etag = expected(each.call)
        if each.writes and etag and each.version != etag + 1:
            yield f"{each.call.name} was to change version {etag} of {each.portfolio} and made version {each.version}"


def expected(call: Call) -> int:
    """The version that a write was conditional upon; 0 for none."""
    return int(call.request.get("etag") or call.request.get("portfolio", {}).get("etag") or 0)


def _refused_rightly(seen: Sequence[Seen], refused: Sequence[Call]) -> Iterator[str]:
    """Refused for its etag only if another version stood there at some time meanwhile."""
    writes = [each for each in seen if each.writes]
    for call in refused:
        etag = expected(call)
        stood = any(each.version == etag and each.ended < call.began for each in seen)
        replaced = min((each.began for each in writes if each.version > etag), default=FOREVER)
        if stood and replaced > call.ended:
            yield f"{call.name} was refused for its etag {etag}, and nothing else had been there"


def _one_content(run: Run) -> Iterator[str]:
    """Whoever sees a version sees the same."""
    first: dict[tuple[str, int], tuple[str, Record]] = {}
    for where, view in _views(run):
        key = (view["id"], view["version"])
        other, known = first.setdefault(key, (where, view))
        if plain(known) != plain(view):
            yield f"version {key[1]} of {key[0]} looks different in {other} and in {where}"


def _views(run: Run) -> Iterator[tuple[str, Record]]:
    for event in run.log.get("portfolio", ()):
        if event["portfolio"] and event["type"] != "portfolio_deleted":
            yield "its event", event["portfolio"]
    for call in run.calls:
        for answer in call.answers:
            if "portfolio" in answer:
                yield call.name, answer["portfolio"]
    for row in run.table("portfolio.portfolios"):
        yield "its row", row


def _no_gap(run: Run) -> Iterator[str]:
    """1, 2, 3 … up to the row's."""
    known: dict[str, set[int]] = defaultdict(set)
    for event in run.log.get("portfolio", ()):
        known[event["key"]].add(event["seq"])
    for seen in (each for group in by_portfolio(run).values() for each in group if each.writes):
        known[seen.portfolio].add(seen.version)
    rows = rows_by_id(run)
    for portfolio, versions in known.items():
        last = rows[portfolio]["version"] if portfolio in rows else max(versions)
        if versions != set(range(1, last + 1)):
            yield f"the versions of {portfolio} are {sorted(versions)}, and {last} is the last"
