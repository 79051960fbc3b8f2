"""The words, numbers and signs of a text, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Token(NamedTuple):
    """A word in small letters, a sign, or what stands for others: NUMBER, PAUSE, or nothing for a symbol."""

    word: str
    name: bool  # it is written like one


NUMBER, PAUSE = "#", ","

_PATTERN = re.compile(
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
_NOTHING = Token("", True)  # a symbol, an address
_ASKING = frozenset(("which", "where", "who", "does", "did", "is", "are", "can", "could", "should", "anyone"))


def sentences(text: str) -> Iterator[tuple[list[Token], bool]]:
    """The tokens of each sentence, and whether it is a question."""
    tokens = list[Token]()
    for match in _PATTERN.finditer(text.replace("\u2019", "'")):
        if match["end"]:
            tokens += [Token("!", False)] * ("!" in match["end"])
            yield tokens, "?" in match["end"] or _asks(tokens)
            tokens = []
        else:
            tokens += _tokens(match, first=not tokens)
    yield tokens, _asks(tokens)


def _asks(tokens: list[Token]) -> bool:
    first, second = [token.word for token in [*tokens, _NOTHING, _NOTHING][:2]]
    return first in _ASKING or (first == "what" and second not in ("a", "an"))


def _tokens(match: re.Match[str], *, first: bool) -> list[Token]:
    if match["number"]:
        move = {"+": "up", "-": "down"}.get(match["sign"] or "") if match["percent"] else None
        return [Token(word, False) for word in (move, NUMBER) if word]
    if match["word"]:
        word, rest = match["word"], match["rest"].lower()
        if rest == "'t" and word.endswith("n"):
            return [Token(word[:-1].lower(), False), Token("n't", False)]
        return [Token(word.lower(), word[0].isupper() and not first)]
    if match["pause"]:
        return [Token(PAUSE, False)]
    return [Token(match["face"].lower(), False)] if match["face"] else [_NOTHING]
