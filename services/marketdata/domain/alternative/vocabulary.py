"""How finance speaks: its words and phrases, what they do in a sentence, and what they say when they stand alone.

Most of what is reported is a quantity that moves: "costs fell" is good and "revenue fell" is bad, so neither word says
much alone. A thing has a sign, whether more of it is good, and a move has a direction; `reading` multiplies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from services.marketdata.domain.alternative.words import forms, moves, particles, things, verdicts


class Kind(Enum):
    """What a word does in a sentence."""

    WORD = auto()  # good, bad or neither, whatever is near
    THING = auto()  # a quantity or an event
    MEASURE = auto()  # what is said of a thing ("cost growth", "sales forecast"); a thing where there is no other
    MOVE = auto()  # a direction
    LIFT = auto()  # a move up of a quantity, but the relief from an event: "outlook lifted", "ban lifted"
    NOT = auto()  # turns what follows
    NO = auto()  # turns what follows, and is a move down of the thing right behind it
    FAIL = auto()  # takes what is good behind it away
    FLIP = auto()  # turns the move before it: "fell less than feared"
    SMALL = auto()  # parts things that are not of one another, and no more
    STOP = auto()  # moves and things do not meet across it
    SOFT = auto()  # a move meets a thing across it where there is none on its side: "sanctions on steel are lifted"
    AFTER = auto()  # begins what led to it
    BUT = auto()  # ends what counts less
    DESPITE = auto()  # begins what counts less


@dataclass(frozen=True, slots=True)
class Term:
    """What a word or phrase says: a thing's or a move's sign, and the polarity that it has alone, -1 to 1."""

    kind: Kind
    sign: int
    polarity: float


_LISTS = (
    (Kind.THING, 1, things.GOOD),
    (Kind.THING, -1, things.BAD),
    (Kind.THING, 0, things.UNSIGNED),
    (Kind.MEASURE, 1, things.MEASURES),
    (Kind.MOVE, 1, moves.UP),
    (Kind.MOVE, -1, moves.DOWN),
    (Kind.LIFT, 1, moves.LIFT),
    (Kind.WORD, 0, verdicts.GOOD),
    (Kind.WORD, 0, verdicts.BAD),
    (Kind.WORD, 0, verdicts.SIGNS),
    (Kind.WORD, 0, verdicts.NEUTRAL),
    (Kind.NOT, 0, particles.NOTS),
    (Kind.NO, -1, particles.NOS),
    (Kind.FAIL, 0, particles.FAILS),
    (Kind.FLIP, 0, particles.FLIPS),
    (Kind.STOP, 0, particles.STOPS),
    (Kind.SMALL, 0, particles.SMALLS),
    (Kind.SOFT, 0, particles.SOFTS),
    (Kind.AFTER, 0, particles.AFTERS),
    (Kind.BUT, 0, particles.BUTS),
    (Kind.DESPITE, 0, particles.DESPITES),
)
_DOUBLED = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")


def _terms() -> Iterator[tuple[str, Term]]:
    for kind, sign, lines in _LISTS:
        for polarity, words in lines:
            for word in words.split(", "):
                yield word, Term(kind, sign, polarity)


def _forms(base: str) -> tuple[str, ...]:
    """Return a word's regular forms, as a verb and as a noun; those that nobody uses do no harm."""
    if len(base) < 3 or not base.isalpha():
        return ()
    if base.endswith("e"):
        return base + "s", base + "d", base[:-1] + "ing"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies", base[:-1] + "ied", base + "ing"
    stem = base + base[-1] if _DOUBLED.fullmatch(base) else base
    return base + ("es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s"), stem + "ed", stem + "ing"


def _bases() -> dict[str, str]:
    bases = {word for term in TERMS for word in term.split()}
    found = {form: base for base in sorted(bases) for form in _forms(base)}
    for base, *irregular in map(str.split, forms.IRREGULAR.split(",")):
        found |= dict.fromkeys(irregular, base) if base in bases else {}
    # What is listed means itself, whatever it is a form of besides: "better", "shares outstanding".
    return found | {term: term for term in TERMS}


TERMS: Mapping[str, Term] = MappingProxyType(dict(_terms()))
BASES: Mapping[str, str] = MappingProxyType(_bases())
# What each word and phrase says alone, single words in all their forms.
POLARITY: Mapping[str, float] = MappingProxyType(
    {form: TERMS[base].polarity for form, base in BASES.items() if base in TERMS}
)
