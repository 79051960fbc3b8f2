"""FRED, the Federal Reserve Bank of St. Louis's statistics: series of the economy.

Source: its documentation of fred/series/observations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import Field, SecretStr

from services.marketdata.adapters.vendors.asking import Asking, Model, documented, model_of
from services.marketdata.app.vendor_ports import Answer, Permit, VendorFault
from services.marketdata.domain.alternative.records import Figure
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.pulls import Pull

SETTINGS = ("QPO_MARKETDATA_FRED_KEY",)
MISSING = "."  # stands for a value that there is not
MOST = 100_000  # observations of one answer, which is more than any series has


class Observation(Model):
    """A value of a day, as text."""

    date: date
    value: str


class Observations(Model):
    """The answer."""

    count: int = Field(ge=0)
    observations: list[Observation]


@dataclass(frozen=True, slots=True)
class Fred:
    """The port Vendor."""

    asking: Asking
    key: SecretStr

    async def ask(self, pull: Pull, permit: Permit) -> Answer:
        """One call for the whole series: what was revised is found, however old it is."""
        params: dict[str, str | int] = {
            "series_id": pull.target.asked,
            "api_key": self.key.get_secret_value(),
            "file_type": "json",
            "sort_order": "asc",
            "limit": MOST,
        }
        reply = await self.asking.get(permit, "/fred/series/observations", params, etag=pull.etag)
        if reply.unchanged:
            return Answer(pull.cursor, etag=pull.etag, skew=reply.skew)
        answer = model_of(Observations, reply.document)
        with documented():
            figures = [
                Figure(pull.target.symbol, "", each.date, "", _number(each.value), "")
                for each in answer.observations
                if each.value != MISSING
            ]
        return Answer({}, figures=figures, etag=reply.etag, skew=reply.skew)


def explained(status: int, document: Any) -> VendorFault | None:
    """A 400 is told of the key as well as of an unknown series."""
    message = str(document.get("error_message", "")).lower() if isinstance(document, dict) else ""
    if status == 400 and "api_key" in message:
        return VendorFault(Problem.KEY_REFUSED, "the key is refused, by an error message")
    return None


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not number.is_finite():
        raise ValueError
    return number
