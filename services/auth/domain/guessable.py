"""How few guesses' worth of pieces a text is made of.

A guesser tries words, keyboard walks, years and repeats before it tries letters. `pieces` is the smallest number of
such pieces, or single characters, that spell the text: `Password2024!` is a word, a year and a mark, hence 3, while
twelve random characters are about 12.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from services.auth.domain.common_words import COMMON_WORDS

# Letters and what is written for them; l and i share 1, so that both fold to i.
_FOLD: Final = str.maketrans("@4301!|l5$7+", "aaeoiiiisstt")
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "012345678901234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "yxcvbnm",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "!@#$%^&*()_+",
)
_SHORTEST_WALK: Final = 3
_LONGEST_PIECE: Final = 26


@cache
def _words() -> frozenset[str]:
    return frozenset(word.translate(_FOLD) for word in COMMON_WORDS)


@cache
def _walks() -> tuple[str, ...]:
    return _ROWS + tuple(row[::-1] for row in _ROWS)


def plain(text: str) -> str:
    """The text without its costume: compatible characters made one, in lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def pieces(text: str) -> int:
    """The least number of guessable pieces or single characters that spell the text."""
    clear = plain(text)
    folded = clear.translate(_FOLD)
    least = [0]
    for end in range(1, len(clear) + 1):
        starts = range(max(0, end - _LONGEST_PIECE), end - 1)
        joined = [least[start] for start in starts if _is_guess(clear[start:end], folded[start:end])]
        least.append(1 + min([*joined, least[-1]]))
    return least[-1]


def repeats_itself(text: str) -> bool:
    """Whether the text is a shorter one written over and over."""
    clear = plain(text)
    return bool(clear) and clear in (clear + clear)[1:-1]


def _is_guess(clear: str, folded: str) -> bool:
    return folded in _words() or _is_walk(clear) or _is_year(clear) or len(set(clear)) == 1


def _is_walk(clear: str) -> bool:
    return len(clear) >= _SHORTEST_WALK and any(clear in walk for walk in _walks())


def _is_year(clear: str) -> bool:
    return len(clear) == len("2024") and clear.isdecimal() and clear[:2] in {"19", "20"}
