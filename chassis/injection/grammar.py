"""Which family of SQL injection a text reads like.

A text is read as it stands, as if it stood behind a number, and as if a quote in it ended the string that it was put
into. Each reading is a row of letters, one per token (tokens.py), in which a family has its shape.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from chassis.injection.tokens import Token, tokens

_VALUE: Final = r"[snz@]"
_COLUMN: Final = r"v(?:[.+*]+[vn])*"
# A row that begins with `q` is one that a quote has ended; one that begins with a number may stand behind a comparison.
_AFTER: Final = r"^(?:q|[+(]*n)\)*"
_SHAPES: Final = {
    "tautology": (
        rf"&[!+(]*{_VALUE}\)*=+[=!+(]*(?:[snz@f]|v(?!v))",
        rf"{_AFTER}&[!+(]*(?:f\(|E|@)",
        rf"^q\)*&[!+(]*{_VALUE}(?:$|[TC);L&+,*=])",
        rf"^q\)*&[!+(]*{_COLUMN}(?:=|!?L!?[sz(n])",
        rf"{_AFTER}&[!+(]*{_VALUE}\)*!?L!?[(sn@z]*$",
        rf"{_AFTER}&[!+(]*n\)*!?L\(",
        rf"{_AFTER}&[!+(]*(?:v=|[nsz][TC]$|s\)*[=L])",
        r"^n\)+&\(*n(?:\)|$|=|C|T)",
        r"^q\)*=+[!=+]*(?:[sn]|z$|f\()",
        rf"^q\)*[+*&=]+[+*&(=!]*(?:z$|n$|n[TC]|[sz][TC]|f\(|@|\(*E|n\)*=|{_COLUMN}[+*]s$)",
        rf"{_AFTER}[+*&]+\(*(?:f\((?![nv]\))|\(*E|@@)",
        r"^q\)*!?L(?:s|z|\([nsE]|n&n|n$)",
        r"^q\)*[+&][nsv]?[+&][sz]?$",
        r"^q\)*&[!+(]*z?$",
    ),
    "union": (
        r"U[A(]*E[A(]*(?:[nsz@*+]|f\(|v,|v\(|KK|vF|E|v\.v?[,F])",
        rf"{_AFTER};?U[A(]*[ES(]",
    ),
    "stacked": (
        r";[;(]*(?:DO|DH)",
        r";[;(]*D(?:v|\.)+(?:Sv(?:\.v)*=|[fsn(])",
        r";[;(]*DF(?:v|\.)+(?:$|[;CTW])",
        r";[;(]*D[@fs]",
        r";[;(]*D(?:$|C|T|;)",
        r";[;(]*S@",
        r";[;(]*E[A(]*(?:[nsz@*]|f\(|v,|vF|KK)",
        r"^q\)*;+(?:[DES@KU]|C|T)",
        rf"{_AFTER}D(?:O|H|F|@|f\()",
    ),
    "comment": (r"^q\)*;?T$", r"^n\)+;?T$", r"^q\)+C$"),
    "clause": (
        rf"{_AFTER}BY\(*(?:n|[vf](?:$|C|T|\.|,|\())(?![v])",
        rf"{_AFTER}H(?:[nsv@(f][^;]*=|n,n|O|[fE(]|n?[CT])",
        rf"{_AFTER}BYv(?:\.v)*H",
        r"^q\)*(?:H[n(]|W[nsv]=)",
        r"KK[^;]*[=L][^;]*K",
        rf"{_AFTER}W[nsvf(]+[=L]",
    ),
    "subselect": (
        rf"(?:[=&+*,!L(]|{_AFTER})\(+E[A(]*(?:[nsz@*]|f\(|[v.,*]+F|v$|KK)",
        r"f\(\(*E[A(]*(?:[nsz@*]|f\(|[v.,*f()n]+F)",
        r"\(E[A(]*(?:[n@*](?:F|\)|,)|f\([^;]*F)",
    ),
    "query": (
        r"^\(*E[A(]*(?:\*|[^;]*[,*.@f][^;]*)F(?:v|f|\()",
        r"^\(*E[A(]*[^;WFv]*v?Fv(?:\.v)*W[^;]*[=L]",
        r"^\(*E(?:@|f\([^;]*\)$)",
        r"^\(+E[^;]*F[^;]*\)[=&]",
        r"^DH(?:v|\.)+(?:[SE]|\([^)]*\)*[SE])",
        r"^DF(?:v|\.)+W[^;]*[=L]",
        r"^D(?:v|\.)+Sv(?:\.v)*=[^;]*(?:W|C|T|;)",
    ),
}
_FAMILIES: Final = [
    (family, re.compile("|".join(f"(?:{one})" for one in shapes))) for family, shapes in _SHAPES.items()
]
_BLIND: Final = re.compile(
    r"\bsleep\(\s*['\"]?\d+(?:\.\d+)?['\"]?\s*\)|\bbenchmark\s*\(\s*\d+\s*,|\b(?:pg_sleep|load_file|extractvalue|updatexml|randomblob|load_extension|gtid_subset|xmltype"
    r"|row_count|lo_import|lo_export|query_to_xml|database_to_xml|dbms_\w+\s*\.\s*\w+|utl_\w+\s*\.\s*\w+|xp_\w+"
    r"|generate_series|ctxsys\s*\.\s*\w+\s*\.\s*\w+|httpuritype|name_const|pg_read_file|pg_ls_dir)\s*\(\s*[^)\s]"
    r"|\bwaitfor\s+(?:delay|time)\s*['\"(@]|\bxp_(?:cmdshell|reg\w+|dirtree|fileexist)\b|\bsp_(?:executesql|oacreate|password)\b"
    r"|['\"]\s*\)*\s*;?\s*exec(?:ute)?\s+\w"
    r"|\binto\s+(?:out|dump)file\s*['\"(@0]|\bprocedure\s+analyse\s*\(|\bload\s+data\s+(?:local\s+)?infile\b",
    re.IGNORECASE,
)
_CATALOGUE: Final = re.compile(
    r"\b(?:information_schema|pg_catalog|pg_shadow|sys(?:objects|columns|databases)|sqlite_(?:master|schema)|msysobjects|"
    r"mysql\s*\.\s*user|all_tab(?:les|_columns)|user_tables|pg_user|master\s*\.\s*\.\s*\w+|sys\s*\.\s*(?:tables|objects|columns|user\$))\b"
    r"|@@(?:version|datadir|servername|hostname|basedir)\b|\bv\$version\b",
    re.IGNORECASE,
)
# What every attack has at least one of: a text without any is read no further.
_SIGN: Final = re.compile(r"['\"`;=#%(|@\\<>\u02b9\u02bc\u2032\uff00-\uff5e]")
_WORDS: Final = ("--", "/*", "select", " or ", " and ", "order", "having", "drop", "exec")
_UNICODE_ESCAPE: Final = re.compile(r"(?:%u|\\u)00([0-9a-f]{2})", re.IGNORECASE)
_INNER_COMMENT: Final = re.compile(r"/\*(?!!).{0,64}?\*/", re.DOTALL)
_QUOTES: Final = str.maketrans("\u02b9\u02bc\u2032", "'''")
_AT_THE_END: Final = re.compile(r"(?:--|#|/\*)[\s\-+*/;.')\"%\x00]{0,4}\w?$")
_APOSTROPHE: Final = re.compile(r"\w'\w")
LONGEST: Final = 2048  # characters read of one text
_BREAKS: Final = 3  # quotes of a kind that are tried as the end of a string


def family_of(text: str) -> str:
    """Returns the family of injection that a text reads like, e.g. `union`; empty if it reads like none.

    Linear in the text's length, of which it reads 2,048 characters.
    """
    if not is_odd(text):
        return ""
    for reading in _readings(text[:LONGEST]):
        family = _named(reading) or _shaped(reading)
        if family:
            return family
    return ""


def is_odd(text: str) -> bool:
    """Whether there is anything to read."""
    if _SIGN.search(text):
        return True
    lower = text.lower()
    return any(word in lower for word in _WORDS)


def _readings(text: str) -> Iterator[str]:
    """The text as it stands, and decoded and put together as whoever received it might."""
    seen = {text}
    yield text
    for reading in (_decoded(text), _INNER_COMMENT.sub("", _decoded(text))):
        if reading not in seen:
            seen.add(reading)
            yield reading


def _decoded(text: str) -> str:
    """Without the encodings that hide a quote: of URLs (once or twice), HTML, JSON, and wide characters."""
    text = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if " " not in text:
        text = text.replace("+", " ")
    for _ in range(2):
        text = unquote(text)
    if "&" in text:
        text = html.unescape(text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_QUOTES)


def _named(text: str) -> str:
    """By a name that nobody writes who does not speak to a database."""
    if _BLIND.search(text):
        return "blind"
    return "catalogue" if _CATALOGUE.search(text) else ""


def _shaped(text: str) -> str:
    """By the shape of its tokens, from every place where a string might end."""
    for row in _rows(text):
        for family, shapes in _FAMILIES:
            if shapes.search(row):
                return family
    return ""


def _rows(text: str) -> Iterator[str]:
    found = tokens(text)
    yield _row(found)
    if _same_both_sides(found):
        yield "qC&n=n"
    for place in _ends(text):
        yield "q" + _row(tokens(text[place:]))


def _ends(text: str) -> Iterator[int]:
    """Where a string that the text was put into might end: behind each quote that closes none of the text's own."""
    for quote in "'\"`":
        opened, count = False, 0
        for found in re.finditer(quote, text):
            place = found.end()
            if not opened:
                yield place
                count += 1
            if count == _BREAKS:
                break
            if not _APOSTROPHE.match(text, place - 2):
                opened = not opened


def _row(found: Sequence[Token]) -> str:
    """The letters; a comment that nothing follows is T, and a string at the end that says nothing z."""
    letters = "".join(token.kind for token in found)
    if letters.endswith("C") and _AT_THE_END.search(found[-1].text):
        return letters[:-1] + "T"
    return letters[:-1] + "z" if letters.endswith("s") and len(found[-1].text) <= 2 else letters


def _same_both_sides(found: Sequence[Token]) -> bool:
    """Whether a word is compared with itself: OR x=x."""
    kinds = "".join(token.kind for token in found)
    places = (match.start() for match in re.finditer(r"(?=&!?v=v)", kinds))
    return any(_sides(found[at + 1 : at + 5]) for at in places)


def _sides(found: Sequence[Token]) -> bool:
    words = [token.text for token in found if token.kind == "v"][:2]
    return len(words) == 2 and words[0] == words[1]
