"""How often the scorer says of a sentence what a reader says: `python -m tests.marketdata.sentiment_accuracy`.

The vocabulary was made looking at the rows of even index alone; the odd ones are held out.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from services.marketdata.adapters.sentiment_textblob import TextBlobScorer
from services.marketdata.domain.alternative.sentiment import Label, Sentiment

SENTENCES = Path(__file__).with_name("finance_sentences.csv")


class Row(NamedTuple):
    label: Label
    kind: str  # news, social
    sentence: str


def rows() -> list[Row]:
    with SENTENCES.open(newline="", encoding="utf-8") as file:
        return [Row(Label(row["label"]), row["kind"], row["sentence"]) for row in csv.DictReader(file)]


def held_out(read: Sequence[Row]) -> Sequence[Row]:
    return read[1::2]


def of_kind(read: Sequence[Row], kind: str) -> Sequence[Row]:
    return [row for row in read if row.kind == kind]


def plain(text: str) -> Label:
    """What TextBlob says without a vocabulary of finance, with the thresholds that the scorer has."""
    from textblob import TextBlob  # type: ignore[import-untyped]

    return Sentiment(TextBlob(text).sentiment.polarity, 0.0).label


def accuracy(label: Callable[[str], Label], read: Sequence[Row]) -> float:
    return sum(label(row.sentence) is row.label for row in read) / len(read)


def measured() -> dict[str, float]:
    read, scorer = rows(), TextBlobScorer()
    held = held_out(read)

    def ours(text: str) -> Label:
        return scorer.score(text).label

    return {
        "accuracy_all": accuracy(ours, read),
        "accuracy_news": accuracy(ours, of_kind(read, "news")),
        "accuracy_social": accuracy(ours, of_kind(read, "social")),
        "accuracy_held_out": accuracy(ours, held),
        "accuracy_held_out_news": accuracy(ours, of_kind(held, "news")),
        "accuracy_held_out_social": accuracy(ours, of_kind(held, "social")),
        "accuracy_plain_textblob": accuracy(plain, read),
        "accuracy_plain_textblob_held_out": accuracy(plain, held),
    }


if __name__ == "__main__":
    for name, value in measured().items():
        print(f"{name} {value:.3f} share")
