"""Scores texts with TextBlob, whose lexicon knows English in general, and the vocabulary, which knows finance."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from services.marketdata.domain.alternative.reading import NEGATION, READING, clauses
from services.marketdata.domain.alternative.sentiment import Evidence, Sentiment

MAX_CHARACTERS = 4_000  # what a text says behind them is not read
# What a general word counts beside one of finance, and the polarity from which it counts at all.
GENERAL_WEIGHT, GENERAL_FROM = 0.6, 0.25
# TextBlob halves what it turns, since "not great" is hardly bad. "Not profitable" is.
TURNED = 1.6

Assessment = tuple[Sequence[str], float, float, str | None]  # words, polarity, subjectivity, label


class Lexicon(Protocol):
    """TextBlob's, as far as it is used here."""

    def assessments(self, words: Iterator[tuple[str, None]]) -> Sequence[Assessment]:
        """Return what is said by words, with the adverbs and negations before them."""
        ...


class TextBlobScorer:
    """Scores one text at a time, in any thread; the first takes some seconds, since TextBlob is imported then."""

    def __init__(self) -> None:
        self._lexicon: Lexicon | None = None
        self._loading = threading.Lock()

    def score(self, text: str) -> Sentiment:
        """Return what the first MAX_CHARACTERS of a text say."""
        lexicon = self._lexicon or self._load()
        return Sentiment.of(_evidence(lexicon, text[:MAX_CHARACTERS]))

    def _load(self) -> Lexicon:
        with self._loading:
            if self._lexicon is None:
                self._lexicon = _lexicon()
            return self._lexicon


def _evidence(lexicon: Lexicon, text: str) -> Iterator[Evidence]:
    for clause in clauses(text):
        for words, polarity, _, _ in lexicon.assessments((word, None) for word in clause.words):
            if not any(word in READING for word in words):
                if abs(polarity) >= GENERAL_FROM:
                    yield Evidence(polarity, GENERAL_WEIGHT * clause.weight)
            elif polarity:
                turned = TURNED if NEGATION in words else 1.0
                yield Evidence(max(-1.0, min(1.0, turned * polarity)), clause.weight)


def _lexicon() -> Lexicon:
    """Return a lexicon of our own: TextBlob's is the whole process's."""
    from textblob import en  # type: ignore[import-untyped]

    shared = en.sentiment
    own = en.Sentiment(
        path=shared.path,
        language="en",
        synset="wordnet_id",
        negations=shared.negations,
        modifiers=shared.modifiers,
        modifier=shared.modifier,
    )
    # It fills itself on first use, which two threads must not do at once.
    own.load()
    own.update({word: {None: (polarity, 1.0, 1.0)} for word, polarity in READING.items()})
    lexicon: Lexicon = own
    return lexicon
