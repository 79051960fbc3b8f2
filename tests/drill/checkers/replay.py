"""I6: the event log replays to the rows, and the bus carries all of it in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.drill.checkers.effects import DELETED, plain, rows_by_id
from tests.drill.history import Record, Run, Violation


def log_replays(run: Run) -> list[Violation]:
    """Log to rows, log to bus."""
    texts = [*_replayed(run), *_in_order(run)]
    for service, log in run.log.items():
        texts += _published(service, log, run.bus)
    return [Violation("I6", text) for text in [*texts, *_bus_in_order(run), *_nothing_made_up(run)]]


def _replayed(run: Run) -> Iterator[str]:
    if "portfolio" not in run.log:
        return
    state: dict[str, Record] = {}
    for event in run.log["portfolio"]:
        if event["type"] == DELETED:
            state.pop(event["key"], None)
        else:
            state[event["key"]] = event["portfolio"]
    rows = rows_by_id(run)
    for portfolio in sorted(state.keys() | rows.keys()):
        told, stored = state.get(portfolio), rows.get(portfolio)
        if told is None or stored is None:
            where = "the log" if stored is None else "the rows"
            yield f"portfolio {portfolio} stands in {where} alone"
        elif plain(told) != plain(stored):
            yield f"portfolio {portfolio} replays to another state than is stored (version {told['version']})"


def _in_order(run: Run) -> Iterator[str]:
    """In every log the seq of a key only grows."""
    for service, log in run.log.items():
        last: dict[tuple[str, str], int] = {}
        for event in log:
            key = (event["topic"], event["key"])
            if event["seq"] <= last.get(key, -1):
                yield f"{service}'s log tells of {event['seq']} of {event['key']} after {last[key]}"
            last[key] = max(event["seq"], last.get(key, -1))


def _published(service: str, log: list[Record], bus: list[Record]) -> Iterator[str]:
    on_bus = {message["event_id"] for message in bus}
    for event in log:
        if not event["published"]:
            yield f"{service}'s event {event['event_id']} ({event['type']}) is not marked as published"
        elif event["event_id"] not in on_bus:
            yield f"{service}'s event {event['event_id']} ({event['type']}) is marked as published and not on the bus"


def _bus_in_order(run: Run) -> Iterator[str]:
    """After duplicates are dropped, as every consumer does, the seq of a key only grows."""
    known: set[str] = set()
    last: dict[tuple[str, str], int] = defaultdict(lambda: -1)
    for message in run.bus:
        if message["event_id"] in known:
            continue
        known.add(message["event_id"])
        key = (message["topic"], message["key"])
        if message["seq"] <= last[key]:
            yield f"the bus brings {message['seq']} of {message['key']} after {last[key]}"
        last[key] = max(message["seq"], last[key])


def _nothing_made_up(run: Run) -> Iterator[str]:
    logged = {event["event_id"] for log in run.log.values() for event in log}
    for message in run.bus:
        if message["event_id"] not in logged:
            yield f"the bus brings event {message['event_id']} of {message['topic']}, which no log tells of"
