"""What a text says of the companies it speaks of, read clause by clause.

In each clause, moves meet the things that they are moves of, and the two become one word that says whether that is
good. How words that the vocabulary does not hold, negations and adverbs count is left to whoever scores the clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from services.marketdata.domain.alternative.tokens import NUMBER, PAUSE, Token, sentences
from services.marketdata.domain.alternative.vocabulary import BASES, POLARITY, TERMS, Kind, Term

IMPROVED, WORSENED, NEGATION = "<improved>", "<worsened>", "not"
READING = {**POLARITY, IMPROVED: 0.6, WORSENED: -0.6}  # what each word of a clause says, if it is not a general one

# How many words a move, and a "no", look for their thing, and a negation for what it turns.
MOVE_REACH, NO_REACH, NOT_REACH = 4, 2, 4
# What clauses count that are asked, not claimed; that a "but" follows; that a "despite" begins; that led to the rest.
ASKED, OUTDONE, CONCEDED, LED = 0.05, 0.4, 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that say something together: terms of the vocabulary in base form, the outcomes of moves, and others."""

    words: tuple[str, ...]
    weight: float


class Item(NamedTuple):
    """A word, or a phrase in one, and what the vocabulary holds of it."""

    word: str
    term: Term | None


_STOP = Term(Kind.STOP, 0, 0.0)
_IMPROVED = Item(IMPROVED, Term(Kind.WORD, 0, READING[IMPROVED]))
_WORSENED = Item(WORSENED, Term(Kind.WORD, 0, READING[WORSENED]))
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
    for tokens, asked in sentences(text):
        for items, weight in _weighted(_items(tokens, named)):
            words = tuple(_said(_turned(_moved(_heads(items)))))
            if words:
                yield Clause(words, weight * (ASKED if asked else 1.0))


def _items(tokens: list[Token], named: bool) -> list[Item]:
    """Join phrases, and leave names out."""
    bases, kept, place = [_base(token.word) for token in tokens], list[str](), 0
    while place < len(tokens):
        # A phrase may hold what is written like a name: "Chapter 11".
        length = len(_phrase_at(bases, place))
        if length or not (named and tokens[place].name):
            kept += (token.word for token in tokens[place : place + (length or 1)])
        place += length or 1
    return list(joined(kept))


def joined(words: Sequence[str]) -> Iterator[Item]:
    """Make each phrase one word; of those that begin with a word the longest."""
    bases, place = [_base(word) for word in words], 0
    while place < len(words):
        phrase = _phrase_at(bases, place)
        term = _PHRASES[phrase] if phrase else bases[place]
        if term in TERMS:
            yield Item(term, TERMS[term])
        else:
            yield Item(words[place], _STOP if term == PAUSE else None)
        place += len(phrase) or 1


def _phrase_at(bases: list[str], place: int) -> tuple[str, ...]:
    """The longest phrase that begins here; nothing if none does."""
    for length in _LENGTHS.get(bases[place], ()):
        phrase = tuple(bases[place : place + length])
        if phrase in _PHRASES:
            return phrase
    return ()


def _weighted(items: list[Item]) -> list[tuple[list[Item], float]]:
    """The clauses of a sentence, and what each counts."""
    found: list[tuple[list[Item], float, int]] = [([], 1.0, 0)]  # with how often others were outdone before it
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


def _is(item: Item, *kinds: Kind) -> bool:
    return item.term is not None and item.term.kind in kinds


def _is_bad_event(item: Item) -> bool:
    return item.term is not None and item.term.kind is Kind.THING and item.term.polarity < 0


def _heads(items: list[Item]) -> list[Item]:
    """Of things in a row ("patent lawsuit", "sales forecast") keep the last, but of measures what they measure.

    Small words, which part things, are left out.
    """
    kept = list[Item]()
    for before, item in zip([Item("", None), *items], items, strict=False):
        in_a_row = kept and _is(before, Kind.THING, Kind.MEASURE)
        if in_a_row and _is(item, Kind.MEASURE):
            continue
        if in_a_row and _is(item, Kind.THING):
            kept.pop()
        if not _is(item, Kind.SMALL):
            kept.append(item)
    return kept


def _moved(items: list[Item]) -> list[Item]:
    """Let each move meet the thing nearest to it; all that are of one thing become one outcome."""
    moves = dict[int, list[int]]()
    for place in range(len(items)):
        thing = _nearest(items, place)
        if thing is not None:
            moves.setdefault(thing, []).append(place)
    outcomes = dict[int, Item | None](dict.fromkeys((*moves, *chain.from_iterable(moves.values()))))
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


def _nearest(items: list[Item], place: int) -> int | None:
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


def _parted(items: list[Item]) -> bool:
    return any(_is(item, Kind.SOFT) for item in items)


def _outcome(thing: Term, moves: list[Term]) -> Item | None:
    """What has become of a thing. To lose more of it, or to slow its rise, is a move down."""
    event = bool(thing.polarity)
    move = min(thing.sign if event and each.kind is Kind.LIFT else each.sign for each in moves)
    good = move * thing.sign
    return (_IMPROVED if good > 0 else _WORSENED) if good else None


def _turned(items: list[Item]) -> list[str]:
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
        elif term.polarity if term else word not in (NUMBER, ""):
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
