"""What is known besides prices, as it comes: documents and figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum

MOST = Decimal(10) ** 20  # that a figure may be, without reaching it


class DocumentKind(IntEnum):
    """What a document is."""

    ARTICLE = 1
    POST = 2


@dataclass(frozen=True, slots=True)
class Document:
    """Something that was written, neither linked to instruments nor scored."""

    id: str  # the source's own
    kind: DocumentKind
    channel: str  # the publisher or the forum
    title: str
    text: str  # besides the title
    url: str
    published_at: datetime
    upvote_ratio: float | None = None  # 0 to 1
    symbols: tuple[str, ...] = ()  # of instruments that it is known to speak of


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a source tells of a company, or of the economy: then without a metric, period and currency."""

    subject: str  # an instrument's symbol, or a series' id
    metric: str
    day: date  # last of its period, or that an observation is of
    period: str  # Q1 to Q4, FY
    value: Decimal
    currency: str
    published_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ValueError on what is no number that can be kept."""
        if not (self.value.is_finite() and abs(self.value) < MOST):
            raise ValueError("a figure is a number below 10^20")
