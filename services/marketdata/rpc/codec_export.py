"""What a user takes along, as lines of files; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chassis.export import Lines, line_of
from services.marketdata.app.alternative_ports import KeptDocument
from services.marketdata.app.export_my_data import Found
from services.marketdata.domain.actions import Action
from services.marketdata.domain.dataset import Bar, Dataset, Instrument
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.rules import Rules
from services.marketdata.rpc.codec import to_instrument
from services.marketdata.rpc.codec_actions import to_action
from services.marketdata.rpc.codec_alternative import to_document
from services.marketdata.rpc.codec_feed import to_rules, to_tick_bar
from services.marketdata.wire.dataset import to_dataset

# As they can be uploaded again.
COLUMNS = ("date", "symbol", "open", "high", "low", "close", "adjusted_close", "volume")
PRICES = "prices.csv"
FILES: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    Dataset: ("datasets.ndjson", to_dataset),
    Instrument: ("instruments.ndjson", to_instrument),
    Action: ("corporate_actions.ndjson", to_action),
    Rules: ("quality_rules.ndjson", to_rules),
    TickBar: ("tick_bars.ndjson", to_tick_bar),
    KeptDocument: ("documents.ndjson", to_document),
}


def lines_of(found: Found) -> Lines:
    """The lines, in their file."""
    kind, within = type(found.rows[0]), f"datasets/{found.dataset}/" if found.dataset else ""
    if kind is Bar:
        return Lines(within + PRICES, _table(found.rows, headed=found.first), len(found.rows))
    name, to_message = FILES[kind]
    lines = [line_of(name, to_message(row)).data for row in found.rows]
    return Lines(within + name, b"".join(lines), len(lines))


def _table(bars: Sequence[Bar], *, headed: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if headed:
        writer.writerow(COLUMNS)
    for bar in bars:
        prices = (bar.open, bar.high, bar.low, bar.close, bar.adjusted_close, bar.volume)
        writer.writerow((bar.session.isoformat(), bar.symbol, *("" if one is None else repr(one) for one in prices)))
    return text.getvalue().encode()
