"""Alpha Vantage: bars of a minute and daily adjusted bars.

It answers what it refuses with 200, and says so in a field `Note`, `Information` or `Error Message`.
Source: its documentation, functions TIME_SERIES_INTRADAY and TIME_SERIES_DAILY_ADJUSTED.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr

from services.marketdata.adapters.vendors.asking import Asking, Model, Reply, documented, model_of
from services.marketdata.app.vendor_ports import Answer, Permit, Quotes, VendorFault
from services.marketdata.domain.actions import Action
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.pulls import Pull
from services.marketdata.domain.feed.records import nanoseconds
from services.marketdata.domain.feed.sources import Kind
from services.marketdata.domain.table import Row, Table

SETTINGS = ("QPO_MARKETDATA_ALPHA_VANTAGE_KEY",)
MINUTE = timedelta(minutes=1)
COMPACT = timedelta(minutes=90)  # what the 100 bars of a compact answer surely reach back
OVER = 20  # hour, local, at which late trade ends too
_COLUMNS = ("date", "symbol", "open", "high", "low", "close", "adjusted_close", "volume")


class IntradayMeta(Model):
    """What the bars are."""

    interval: str = Field(alias="4. Interval", pattern="^1min$")
    zone: str = Field(alias="6. Time Zone")


class IntradayBar(Model):
    """A minute."""

    close: float = Field(alias="4. close")
    volume: float = Field(alias="5. volume")


class Intraday(Model):
    """The answer of TIME_SERIES_INTRADAY."""

    meta: IntradayMeta = Field(alias="Meta Data")
    bars: dict[str, IntradayBar] = Field(alias="Time Series (1min)")


class DailyBar(Model):
    """A session, as text: the reader of uploads judges it."""

    open: str = Field(alias="1. open")
    high: str = Field(alias="2. high")
    low: str = Field(alias="3. low")
    close: str = Field(alias="4. close")
    adjusted_close: str = Field(alias="5. adjusted close")
    volume: str = Field(alias="6. volume")
    dividend: Decimal = Field(alias="7. dividend amount", ge=0, allow_inf_nan=False)
    split: Decimal = Field(alias="8. split coefficient", gt=0, allow_inf_nan=False)


class DailyMeta(Model):
    """What the bars are."""

    zone: str = Field(alias="5. Time Zone")


class Daily(Model):
    """The answer of TIME_SERIES_DAILY_ADJUSTED."""

    meta: DailyMeta = Field(alias="Meta Data")
    bars: dict[str, DailyBar] = Field(alias="Time Series (Daily)")


@dataclass(frozen=True, slots=True)
class AlphaVantage:
    """The port Vendor."""

    asking: Asking
    key: SecretStr

    async def ask(self, pull: Pull, permit: Permit) -> Answer:
        """One call."""
        if pull.feed.kind is Kind.INTRADAY_BARS:
            return await self._intraday(pull, permit)
        return await self._daily(pull, permit)

    async def _intraday(self, pull: Pull, permit: Permit) -> Answer:
        known = pull.cursor.get("until", "")
        whole = not known or self.asking.clock.now() - datetime.fromisoformat(known) > COMPACT
        asked = {"interval": "1min", "adjusted": "false", "outputsize": "full" if whole else "compact"}
        reply = await self._query(pull, permit, "TIME_SERIES_INTRADAY", asked)
        if reply.unchanged:
            return Answer(pull.cursor, etag=pull.etag, skew=reply.skew)
        answer = model_of(Intraday, _told(reply.document, "Time Series (1min)"))
        with documented():
            quotes, until = _quotes(answer, known, reply.at)
        return Answer({"until": until} if until else {}, quotes, etag=reply.etag, skew=reply.skew)

    async def _daily(self, pull: Pull, permit: Permit) -> Answer:
        # An adjusted close of long ago changes with every dividend: the whole history is asked for every week anew.
        week = self.asking.clock.now().strftime("%G-%V")
        asked = {"outputsize": "compact" if pull.cursor.get("whole") == week else "full"}
        reply = await self._query(pull, permit, "TIME_SERIES_DAILY_ADJUSTED", asked)
        if reply.unchanged:
            return Answer(pull.cursor, etag=pull.etag, skew=reply.skew)
        answer = model_of(Daily, _told(reply.document, "Time Series (Daily)"))
        with documented():
            over = _last_session_over(answer.meta, reply.at)
            actions = [
                Action(pull.target.symbol, date.fromisoformat(day), bar.split, bar.dividend)
                for day, bar in answer.bars.items()
                if day <= over and (bar.split != 1 or bar.dividend != 0)
            ]
        rows = [
            Row(line, (day, pull.target.symbol, b.open, b.high, b.low, b.close, b.adjusted_close, b.volume))
            for line, (day, b) in enumerate(sorted(answer.bars.items()), 2)
            if day <= over
        ]
        daily = Table(_COLUMNS, rows) if rows else None
        return Answer({"whole": week}, daily=daily, actions=actions, etag=reply.etag, skew=reply.skew)

    async def _query(self, pull: Pull, permit: Permit, function: str, asked: Mapping[str, str]) -> Reply:
        params = {"function": function, "symbol": pull.target.asked, **asked, "apikey": self.key.get_secret_value()}
        return await self.asking.get(permit, "/query", params, etag=pull.etag)


def _told(document: Any, field: str) -> Any:
    """The document, unless it is one of the refusals that come with 200."""
    if not isinstance(document, dict) or field in document:
        return document
    if "Error Message" in document:
        wrong_key = "apikey" in str(document["Error Message"]).lower()
        raise VendorFault(Problem.KEY_REFUSED if wrong_key else Problem.UNKNOWN_TARGET, "an error message in a 200")
    note = str(document.get("Note") or document.get("Information") or "").lower()
    if "premium endpoint" in note:
        raise VendorFault(Problem.KEY_REFUSED, "a premium endpoint, by a note in a 200", others_may=True)
    if "per minute" in note:
        raise VendorFault(Problem.TOO_OFTEN, "too often in a minute, by a note in a 200", wait=MINUTE)
    if note:
        raise VendorFault(Problem.TOO_OFTEN, "a note in a 200", for_today="per day" in note)
    return document


def _last_session_over(meta: DailyMeta, at: datetime) -> str:
    """The last day whose trade was over when the vendor answered: a close of the present day is none before that."""
    there = at.astimezone(ZoneInfo(meta.zone))
    return (there.date() if there.hour >= OVER else there.date() - timedelta(days=1)).isoformat()


def _quotes(answer: Intraday, known: str, at: datetime) -> tuple[Quotes, str]:
    """The bars behind the place, each as its close at its end; and the new place.

    A bar bears the time of its beginning. The one that is not over yet, by the vendor's own clock, is left for later.
    """
    zone = ZoneInfo(answer.meta.zone)
    found = list[tuple[datetime, IntradayBar]]()
    for text, bar in answer.bars.items():
        end = datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) + MINUTE
        if end <= at and (not known or end > datetime.fromisoformat(known)):
            if not (math.isfinite(bar.close) and math.isfinite(bar.volume)):
                raise ValueError(text)
            found.append((end, bar))
    found.sort(key=lambda each: each[0])
    until = found[-1][0].isoformat() if found else known
    return (
        Quotes(
            # A nanosecond before its end, a close lies in its own minute.
            [nanoseconds(end) - 1 for end, _ in found],
            [bar.close for _, bar in found],
            [bar.volume for _, bar in found],
        ),
        until,
    )
