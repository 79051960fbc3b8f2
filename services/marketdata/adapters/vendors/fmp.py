"""Financial Modeling Prep: last prices, and the figures of quarterly statements.

Source: its documentation of the stable API, `quote`, `income-statement`, `balance-sheet-statement` and
`cash-flow-statement`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, TypeAdapter

from services.marketdata.adapters.vendors.asking import Asking, Model, documented
from services.marketdata.app.vendor_ports import Answer, Permit, Quotes, VendorFault
from services.marketdata.domain.alternative.records import Figure
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.pulls import Pull
from services.marketdata.domain.feed.records import SECOND
from services.marketdata.domain.feed.sources import Kind

SETTINGS = ("QPO_MARKETDATA_FMP_KEY",)
QUARTERS = 8  # of a statement
NEW_YORK = ZoneInfo("America/New_York")  # of its times without a zone

# The figures that are taken, by statement, under names of ours.
FIGURES = {
    "income-statement": {
        "revenue": "revenue",
        "costOfRevenue": "cost_of_revenue",
        "grossProfit": "gross_profit",
        "operatingIncome": "operating_income",
        "netIncome": "net_income",
        "eps": "eps",
        "epsDiluted": "eps_diluted",
        "weightedAverageShsOutDil": "shares_diluted",
    },
    "balance-sheet-statement": {
        "cashAndCashEquivalents": "cash_and_equivalents",
        "totalAssets": "total_assets",
        "totalLiabilities": "total_liabilities",
        "totalStockholdersEquity": "stockholders_equity",
        "totalDebt": "total_debt",
    },
    "cash-flow-statement": {
        "operatingCashFlow": "operating_cash_flow",
        "capitalExpenditure": "capital_expenditure",
        "freeCashFlow": "free_cash_flow",
        "netDividendsPaid": "dividends_paid",
    },
}


class Quote(Model):
    """A last price."""

    price: float = Field(allow_inf_nan=False)
    timestamp: int = Field(ge=0, le=10**11)  # s since 1970


class Statement(Model):
    """What every statement tells of itself."""

    day: date = Field(alias="date")
    period: str = Field(pattern="^(Q[1-4]|FY)$")
    currency: str = Field(alias="reportedCurrency", pattern="^[A-Z]{3}$")
    accepted: datetime | None = Field(None, alias="acceptedDate")


_QUOTES = TypeAdapter(list[Quote])
_STATEMENTS = TypeAdapter(list[Statement])


@dataclass(frozen=True, slots=True)
class Fmp:
    """The port Vendor."""

    asking: Asking
    key: SecretStr

    async def ask(self, pull: Pull, permit: Permit) -> Answer:
        """One call."""
        params: dict[str, str | int] = {"symbol": pull.target.asked, "apikey": self.key.get_secret_value()}
        if pull.feed.kind is Kind.QUOTES:
            reply = await self.asking.get(permit, "/stable/quote", params, etag=pull.etag)
        else:
            params |= {"period": "quarter", "limit": QUARTERS}
            reply = await self.asking.get(permit, f"/stable/{pull.part}", params, etag=pull.etag)
        if reply.unchanged:
            return Answer(pull.cursor, etag=pull.etag, skew=reply.skew)
        rows = _told(reply.document)
        with documented():
            if pull.feed.kind is Kind.QUOTES:
                cursor, quotes = _quotes(rows, int(pull.cursor.get("at", "0")))
                return Answer(cursor, quotes, etag=reply.etag, skew=reply.skew)
            figures = _figures(rows, pull)
        return Answer(pull.cursor, figures=figures, etag=reply.etag, skew=reply.skew)


def _told(document: Any) -> Any:
    """The document, unless it is a refusal that comes with 200, or an empty list for what is unknown."""
    refusal = explained(200, document)
    if refusal is not None:
        raise refusal
    if document == []:
        raise VendorFault(Problem.UNKNOWN_TARGET, "an empty list")
    return document


def explained(_status: int, document: Any) -> VendorFault | None:
    """What an error message means, whatever status it comes with."""
    if not isinstance(document, dict) or "Error Message" not in document:
        return None
    message = str(document["Error Message"]).lower()
    if "limit reach" in message:
        return VendorFault(Problem.TOO_OFTEN, "the limit is reached, by an error message", for_today=True)
    if "api key" in message:
        return VendorFault(Problem.KEY_REFUSED, "the key is refused, by an error message")
    if any(word in message for word in ("subscription", "premium", "endpoint")):
        return VendorFault(Problem.KEY_REFUSED, "not in the plan, by an error message", others_may=True)
    return VendorFault(Problem.UNKNOWN_TARGET, "an error message")


def _quotes(rows: Any, known: int) -> tuple[dict[str, str], Quotes]:
    fresh = sorted((each for each in _QUOTES.validate_python(rows) if each.timestamp > known), key=_when)
    at = [each.timestamp * SECOND for each in fresh]
    last = fresh[-1].timestamp if fresh else known
    return {"at": str(last)}, Quotes(at, [each.price for each in fresh], [0.0] * len(fresh))


def _when(quote: Quote) -> int:
    return quote.timestamp


def _figures(rows: Any, pull: Pull) -> list[Figure]:
    """What is told of the quarters; a figure that is null is not told."""
    found = list[Figure]()
    for row, statement in zip(rows, _STATEMENTS.validate_python(rows), strict=True):
        accepted = statement.accepted
        if accepted is not None:
            accepted = (accepted if accepted.tzinfo else accepted.replace(tzinfo=NEW_YORK)).astimezone(UTC)
        for theirs, ours in FIGURES[pull.part].items():
            value = row[theirs]  # a field that is gone is another schema
            if value is not None:
                of = (pull.target.symbol, ours, statement.day, statement.period)
                found.append(Figure(*of, _decimal(value), statement.currency, accepted))
    return found


def _decimal(value: Any) -> Decimal:
    number = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
    if number is None or not math.isfinite(number):
        raise ValueError(type(value).__name__)
    return number
