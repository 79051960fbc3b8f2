"""What a text says of the companies it speaks of: good, bad or neither, and how sure that is.

A text is read clause by clause. In each, moves meet the things that they are moves of, and the two become one word that
says whether that is good. How words that the vocabulary does not hold, negations and adverbs count is left to whoever
scores the clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import NamedTuple

from services.marketdata.domain.alternative.vocabulary import BASES, POLARITY, TERMS, Kind, Term

# At and beyond these a score is called positive or negative. One weak word alone ("bargain", "slipped") reaches them,
# one in a question does not.
POSITIVE_FROM, NEGATIVE_FROM = 0.15, -0.15
# Weight of the evidence that says nothing: it draws the score of a text with little evidence towards 0 ...
PRIOR = 0.3
# ... and with evidence of this much polarity, all of one sign, the confidence is one half.
HALF_SURE = 0.6

IMPROVED, WORSENED, NEGATION = "<improved>", "<worsened>", "not"
READING = {**POLARITY, IMPROVED: 0.6, WORSENED: -0.6}  # what each word of a clause says, if it is not a general one

# How many words a move, and a "no", look for their thing, and a negation for what it turns.
MOVE_REACH, NO_REACH, NOT_REACH = 4, 2, 4
# What clauses count that are asked, not claimed; that a "but" follows; that a "despite" begins; that led to the rest.
ASKED, OUTDONE, CONCEDED, LED = 0.05, 0.4, 0.3, 0.5

_TOKEN = re.compile(
    r"""
    (?P<nothing>https?://\S+ | www\.\S+ | \$[A-Za-z][\w.]* | @\w+ | (?:[A-Za-z]\.){2,})
  | (?P<sign>(?<![\w.%])[+-])?\$?(?P<number>\d+(?:[.,]\d+)*\w*)(?:\s(?:million|billion|bn)\b)?(?P<percent>\s?%)?
  | (?P<word>[^\W\d_]+)(?P<rest>(?:'[^\W\d_]+)?)
  | (?P<end>[.!?]+)
  | (?P<pause>[,;:()\u2013\u2014]|\s-\s)
  | (?P<face>[:;]-?[()DP]|[\u2600-\u27bf\U0001f300-\U0001faff])
    """,
    re.VERBOSE,
)
_NUMBER, _PAUSE = "#", ","
_ASKING = frozenset(("which", "where", "who", "does", "did", "is", "are", "can", "could", "should", "anyone"))


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


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that say something together: terms of the vocabulary in base form, the outcomes of moves, and others."""

    words: tuple[str, ...]
    weight: float


class _Item(NamedTuple):
    word: str
    term: Term | None


class _Token(NamedTuple):
    word: str
    name: bool  # it is written like one


_NOTHING = _Token("", True)  # a symbol, an address
_STOP = Term(Kind.STOP, 0, 0.0)
_IMPROVED = _Item(IMPROVED, Term(Kind.WORD, 0, READING[IMPROVED]))
_WORSENED = _Item(WORSENED, Term(Kind.WORD, 0, READING[WORSENED]))
_BREAKS = (Kind.STOP, Kind.AFTER, Kind.BUT, Kind.DESPITE, Kind.FAIL)


def _base(word: str) -> str:
    return BASES.get(word, word)


# The phrases in base forms, and how long those are that begin with a word, the longest first.
_PHRASES = {tuple(map(_base, term.split())): term for term in TERMS if " " in term}
_LENGTHS = {
    first: sorted({len(phrase) for phrase in _PHRASES if phrase[0] == first}, reverse=True)
    for first in dict.fromkeys(phrase[0] for phrase in _PHRASES)
}


def clauses(text: str) -> Iterator[Clause]:
    """Read a text."""
    # Where most words begin with a capital, as in some headlines, a capital makes no name.
    written = [word[0].isupper() for word in re.findall(r"[^\W\d_]{2,}", text)]
    named = 2 * sum(written) <= len(written)
    for tokens, asked in _sentences(text.replace("\u2019", "'")):
        for items, weight in _weighted(_items(tokens, named)):
            words = tuple(_said(_turned(_moved(_heads(items)))))
            if words:
                yield Clause(words, weight * (ASKED if asked else 1.0))


def _sentences(text: str) -> Iterator[tuple[list[_Token], bool]]:
    """The tokens of each sentence, and whether it is a question."""
    tokens = list[_Token]()
    for match in _TOKEN.finditer(text):
        if match["end"]:
            tokens += [_Token("!", False)] * ("!" in match["end"])
            yield tokens, "?" in match["end"] or _asks(tokens)
            tokens = []
        else:
            tokens += _tokens(match, first=not tokens)
    yield tokens, _asks(tokens)


def _asks(tokens: list[_Token]) -> bool:
    first, second = [token.word for token in [*tokens, _NOTHING, _NOTHING][:2]]
    return first in _ASKING or (first == "what" and second not in ("a", "an"))


def _tokens(match: re.Match[str], *, first: bool) -> list[_Token]:
    if match["number"]:
        move = {"+": "up", "-": "down"}.get(match["sign"] or "") if match["percent"] else None
        return [_Token(word, False) for word in (move, _NUMBER) if word]
    if match["word"]:
        word, rest = match["word"], match["rest"].lower()
        if rest == "'t" and word.endswith("n"):
            return [_Token(word[:-1].lower(), False), _Token("n't", False)]
        return [_Token(word.lower(), word[0].isupper() and not first)]
    if match["pause"]:
        return [_Token(_PAUSE, False)]
    return [_Token(match["face"].lower(), False)] if match["face"] else [_NOTHING]


def _items(tokens: list[_Token], named: bool) -> list[_Item]:
    """Join phrases, and leave names out."""
    bases, kept, place = [_base(token.word) for token in tokens], list[str](), 0
    while place < len(tokens):
        # A phrase may hold what is written like a name: "Chapter 11".
        length = len(_phrase_at(bases, place))
        if length or not (named and tokens[place].name):
            kept += (token.word for token in tokens[place : place + (length or 1)])
        place += length or 1
    return list(_joined(kept))


def _joined(words: list[str]) -> Iterator[_Item]:
    bases, place = [_base(word) for word in words], 0
    while place < len(words):
        phrase = _phrase_at(bases, place)
        term = _PHRASES[phrase] if phrase else bases[place]
        if term in TERMS:
            yield _Item(term, TERMS[term])
        else:
            yield _Item(words[place], _STOP if term == _PAUSE else None)
        place += len(phrase) or 1


def _phrase_at(bases: list[str], place: int) -> tuple[str, ...]:
    """The longest phrase that begins here; nothing if none does."""
    for length in _LENGTHS.get(bases[place], ()):
        phrase = tuple(bases[place : place + length])
        if phrase in _PHRASES:
            return phrase
    return ()


def _weighted(items: list[_Item]) -> list[tuple[list[_Item], float]]:
    """The clauses of a sentence, and what each counts."""
    found: list[tuple[list[_Item], float, int]] = [([], 1.0, 0)]  # with how often others were outdone before it
    outdone = 0
    for item in items:
        kind = item.term.kind if item.term else None
        if kind not in _BREAKS:
            found[-1][0].append(item)
            continue
        outdone += kind in (Kind.BUT, Kind.FAIL)
        weight = {Kind.DESPITE: CONCEDED, Kind.AFTER: LED}.get(kind, 1.0)
        found.append(([item] if kind is Kind.FAIL else [], weight, outdone))
    return [(clause, weight * OUTDONE ** (outdone - before)) for clause, weight, before in found if clause]


def _is(item: _Item, *kinds: Kind) -> bool:
    return item.term is not None and item.term.kind in kinds


def _is_bad_event(item: _Item) -> bool:
    return item.term is not None and item.term.kind is Kind.THING and item.term.polarity < 0


def _heads(items: list[_Item]) -> list[_Item]:
    """Of things in a row ("patent lawsuit", "sales forecast") keep the last, but of measures what they measure.

    Small words, which part things, are left out.
    """
    kept = list[_Item]()
    for before, item in zip([_Item("", None), *items], items, strict=False):
        in_a_row = kept and _is(before, Kind.THING, Kind.MEASURE)
        if in_a_row and _is(item, Kind.MEASURE):
            continue
        if in_a_row and _is(item, Kind.THING):
            kept.pop()
        if not _is(item, Kind.SMALL):
            kept.append(item)
    return kept


def _moved(items: list[_Item]) -> list[_Item]:
    """Let each move meet the thing nearest to it; all that are of one thing become one outcome."""
    moves = dict[int, list[int]]()
    for place in range(len(items)):
        thing = _nearest(items, place)
        if thing is not None:
            moves.setdefault(thing, []).append(place)
    outcomes = dict[int, _Item | None](dict.fromkeys((*moves, *chain.from_iterable(moves.values()))))
    relieved = len(items)
    for thing, places in moves.items():
        about = items[thing].term or _STOP
        outcome = outcomes[places[-1]] = _outcome(about, [items[place].term or _STOP for place in places])
        if about.polarity < 0 and outcome == _IMPROVED:
            relieved = min(relieved, thing)
    # Bad events behind one that has ended are what it was about: "drops its probe into fraud".
    outcomes |= {at: None for at in range(relieved + 1, len(items)) if at not in outcomes and _is_bad_event(items[at])}
    kept = (outcomes.get(place, item) for place, item in enumerate(items))
    return [item for item in kept if item]


def _nearest(items: list[_Item], place: int) -> int | None:
    """The thing that a move is of, if it is one: measures last, and of two as near the one behind it."""
    if _is(items[place], Kind.NO):
        near = range(place + 1, place + 1 + NO_REACH)
    elif _is(items[place], Kind.MOVE, Kind.LIFT):
        near = range(max(place - MOVE_REACH, 0), place + 1 + MOVE_REACH)
    else:
        return None
    things = [at for at in near if at < len(items) and _is(items[at], Kind.THING, Kind.MEASURE)]
    return min(
        (at for at in things if not _parted(items[place:at])),
        key=lambda at: (_parted(items[at:place]), _is(items[at], Kind.MEASURE), abs(at - place), at < place),
        default=None,
    )


def _parted(items: list[_Item]) -> bool:
    return any(_is(item, Kind.SOFT) for item in items)


def _outcome(thing: Term, moves: list[Term]) -> _Item | None:
    """What has become of a thing. To lose more of it, or to slow its rise, is a move down."""
    event = bool(thing.polarity)
    move = min(thing.sign if event and each.kind is Kind.LIFT else each.sign for each in moves)
    good = move * thing.sign
    return (_IMPROVED if good > 0 else _WORSENED) if good else None


def _turned(items: list[_Item]) -> list[str]:
    """The words that say something, with the outcomes turned that fell short."""
    words = list[str]()
    for word, term in items:
        if term and term.kind is Kind.FLIP:
            last = max((i for i, each in enumerate(words) if each in (IMPROVED, WORSENED)), default=None)
            if last is None:
                words.append(IMPROVED if term.polarity > 0 else WORSENED)
            else:
                words[last] = WORSENED if words[last] == IMPROVED else IMPROVED
        elif term and term.kind in (Kind.NOT, Kind.NO):
            words.append(NEGATION)
        elif term.polarity if term else word not in (_NUMBER, ""):
            words.append(word)
    return words


def _said(words: list[str]) -> Iterator[str]:
    """Bring negations to what they turn, and leave out what failed."""
    place = 0
    while place < len(words):
        word = words[place]
        yield word
        place += 1
        ahead = range(place, min(place + NOT_REACH, len(words)))
        if word == NEGATION:
            place = next((i for i in ahead if words[i] in READING), place)
        elif word in TERMS and TERMS[word].kind is Kind.FAIL:
            place = next((i + 1 for i in ahead if READING.get(words[i], 0.0) > 0), place)
