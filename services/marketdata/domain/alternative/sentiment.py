"""How good is what a text says of the companies it speaks of, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

# At and beyond these a score is called positive or negative. One weak word alone ("bargain", "slipped") reaches them,
# one in a question does not.
POSITIVE_FROM, NEGATIVE_FROM = 0.15, -0.15
# Weight of the evidence that says nothing: it draws the score of a text with little evidence towards 0 ...
PRIOR = 0.3
# ... and with evidence of this much polarity, all of one sign, the confidence is one half.
HALF_SURE = 0.6


class Label(Enum):
    """A score in a word."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something found in a text that is good or bad: its polarity, -1 to 1, and how much it counts, 0 to 1."""

    polarity: float
    weight: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """How good is what a text says, -1 to 1, and how sure that is, 0 to 1."""

    score: float
    confidence: float

    @property
    def label(self) -> Label:
        """Return the score in a word."""
        if self.score >= POSITIVE_FROM:
            return Label.POSITIVE
        return Label.NEGATIVE if self.score <= NEGATIVE_FROM else Label.NEUTRAL

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> Sentiment:
        """Weigh the evidence.

        With weights w and polarities p, and G and B what the good and the bad evidence add up to:

            score = Σ w·p / (PRIOR + Σ w)
            confidence = |G - B| / (G + B) · (G + B) / (G + B + HALF_SURE) = |G - B| / (G + B + HALF_SURE)

        So the confidence is 0 without evidence or where good and bad balance, and nears 1 with much that agrees.
        """
        good = bad = weight = 0.0
        for each in evidence:
            weight += each.weight
            good += each.weight * max(each.polarity, 0.0)
            bad += each.weight * max(-each.polarity, 0.0)
        return cls((good - bad) / (PRIOR + weight), abs(good - bad) / (good + bad + HALF_SURE))
