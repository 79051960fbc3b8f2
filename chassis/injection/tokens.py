"""A text as a lenient SQL reader would take it: one letter per token.

s string   n number, NULL, TRUE, FALSE   v any other word   f name of a function, before its parenthesis
& AND OR XOR && ||   ! NOT   = a comparison by its sign   L LIKE, IN, BETWEEN, IS …   + arithmetic   @ variable
U UNION INTERSECT EXCEPT   E SELECT   F FROM   W WHERE   B ORDER, GROUP   Y BY   H HAVING, LIMIT, INTO …
D a verb that changes or runs something   O what such a verb is about: TABLE, INTO, DATABASE …   S SET   A ALL, DISTINCT
C comment to the end   K CASE, WHEN, THEN, ELSE, END   * asterisk   ; ( ) , . as they are
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Token(NamedTuple):
    """A letter, and the text that it stands for, in lower case."""

    kind: str
    text: str


_WORDS: Final = {
    "&": "and or xor && ||",
    "!": "not",
    "L": "like ilike rlike in between is regexp sounds isnull notnull",
    "n": "null true false unknown current_user session_user user_name",
    "U": "union intersect except minus",
    "A": "all distinct distinctrow top",
    "E": "select",
    "F": "from",
    "W": "where",
    "B": "order group",
    "Y": "by",
    "H": "having limit offset into procedure fetch",
    "D": "drop delete insert update alter create truncate exec execute declare shutdown grant revoke merge replace "
    "call copy waitfor handler rename load vacuum backup restore kill begin sp_executesql",
    "O": "table database schema index view user login role trigger function outfile dumpfile delay time nocount",
    "S": "set values",
    "K": "case when then else end",
    "+": "div mod binary",
}
_KINDS: Final = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_TOKEN: Final = re.compile(
    r"""
      (?P<space>[\s\x00\xa0]+ | /\*(?!!).*?\*/ | /\*!\d* | \*/)
    | (?P<comment>--(?=[\s\-+.;,\d)'"%]|$) .* | \#.* | /\*.* | ;\x00.*)
    | (?P<hex>0x[0-9a-f]+ | 0b[01]+ | [xbn]'[0-9a-f]*')
    | (?P<string>'(?:[^'\\]|\\.|'')*(?:'|$) | "(?:[^"\\]|\\.|"")*(?:"|$) | \$\$.*?(?:\$\$|$))
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![a-z_]))
    | (?P<variable>@@?[a-z_0-9`.$]* | :[a-z_]\w*)
    | (?P<word>`[^`]*`? | \[\w+\] | [^\W\d][\w$]* | \d\w*)
    | (?P<and>&& | \|\|)
    | (?P<compared><=> | <> | != | <= | >= | == | := | !< | !> | ~\* | !~ | [=<>~])
    | (?P<plus>[-+/%^|&!])
    | (?P<one>[;(),.*])
    | (?P<other>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_OF: Final = {"comment": "C", "hex": "n", "string": "s", "number": "n", "variable": "@", "and": "&", "compared": "="}
LONGEST: Final = 150  # tokens read of one text


def tokens(text: str) -> list[Token]:
    """The first tokens of a text; space and comments that end are none."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    count = 0
    for found in _TOKEN.finditer(text):
        name, said = found.lastgroup or "", found.group().lower()
        if name in ("space", "other"):
            continue
        count += 1
        if count > LONGEST:
            return
        yield Token(_kind(name, said, text, found.end()), said)


def _kind(name: str, said: str, text: str, end: int) -> str:
    if name == "word":
        kind = _KINDS.get(said)
        if kind in (None, "O"):
            return "f" if text[end : end + 1] == "(" else kind or "v"
        return kind
    if name == "plus":
        return "+"
    return _OF.get(name, said)
