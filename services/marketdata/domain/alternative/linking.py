"""Which of a dataset's instruments a text speaks of.

A symbol is found behind a $ or an exchange's name, or in capitals where it is not a word; an issuer by its name. Names
are looked up word by word in a tree, so the time that a text takes grows with its length and not with the dataset.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# What stands in capitals without being a symbol: words that are shouted and usual abbreviations. As a symbol each needs
# a $, an exchange or its issuer's name.
ORDINARY = frozenset(
    """
    ABOUT ACT ADD AGE AGO AH AI AIR ALL ALSO AM AMA AN AND ANY API APP APPS AR ARC ARE AS ASAP AT ATH ATM AWS BACK BAD
    BALL BE BEAT BEST BET BIG BILL BIT BLUE BOE BOJ BOLD BOOM BOX BTW BUG BULL BUT BUY BY CALL CALM CAN CAP CAR CARE
    CARS CASH CAT CD CDC CEO CFO CIO CMO CO COIN COLD COO COOK COOL CORN CORP COST COVID CPI CPU CTO CURE CUT DASH DATA
    DAY DD DEEP DID DIG DIP DO DOC DOD DOG DOJ DOW DOWN DUE DVD EAR EARN EAST EASY EAT EBIT EBITDA ECB EDIT EDT ELSE EMA
    END EOD EOW EPA EPS ERA ESG EST ET ETF ETFS EU EUR EV EVEN EVER EVS EYE FACT FAQ FAST FAT FDA FED FEW FIND FIVE FIX
    FLAT FLOW FOMC FOMO FOR FORM FOUR FOX FREE FRESH FROM FTC FUD FUEL FUN FUND FY FYI GAIN GAME GAP GAS GBP GDP GET
    GLAD GMT GO GOLD GOOD GPS GPU GPUS GROW HAD HALF HAS HE HEAR HELP HER HERE HIGH HIM HIS HIV HODL HOLD HOME HOPE HOT
    HOW HR HUGE HUGS ICE ICU IDEA IF IMF IMHO IMO IN INC INFO INTO IP IPO IR IRS ISM IT ITM ITS IV JAN JOB JOBS JOE JOIN
    JPY JUST KEEP KEY KIDS KIND KING LAND LATE LAW LED LESS LET LIFE LIKE LINE LINK LIVE LLC LMAO LNG LOAN LOL LONG LOSS
    LOT LOVE LOW LTD LUCK MACD MAIN MAN MANY MAR MARK MAY ME MEN MIND ML MOAT MOM MOON MORE MOST MOVE MUST MY NASA
    NASDAQ NATO NEAR NEED NET NEW NEWS NEXT NHS NICE NIH NO NOT NOTE NOV NOW NSA NYSE OF OFF OI OIL OK OLD OMG ON ONCE
    ONE ONLY OPEC OPEN OPT OR OTC OTM OUR OUT OVER OWN PACK PART PAST PATH PAY PC PCE PCS PE PEAK PEG PER PLAN PLAY PLC
    PLUG PLUS PM PMI POOL POST PPI PR PRE PRO PS PST PUMP PUT PUTS QOQ QUIT RAIL RAM RAMP RARE RE REAL RED REIT REITS
    REST RIDE RIOT RIP RISE RNA ROA ROAD ROCK ROE ROI RSI RUN RV SAFE SALE SAVE SAY SEC SEE SELL SEND SET SHE SHIP SHOP
    SHORT SIX SKY SMA SNAP SNOW SO SOLD SOME SON SOON SPAC SPOT SSD STAR STAY STEP STOP STR SUM SUN SURE TA TAKE TALK
    TAP TAX TBA TBD TEAM TECH TELL TEN THAN THAT THE THEN THEY THIS TIME TLDR TO TOO TOP TREE TRIP TRUE TTM TURN TV TWO
    UAE UK UN UNIT UP US USA USD USE UTC VERY VIEW VR WAIT WALL WANT WAR WAS WAY WE WEEK WELL WENT WEST WHAT WHEN WHO
    WHY WIN WING WISH WITH WORK WTF WTO YEAR YES YET YOLO YOU YOUR YOY YTD ZERO
    """.split()  # noqa: SIM905 - a list of words reads better without its quotes
)
# Names that begin any sentence; they need the legal form behind them: "On Holding".
_NEVER_ALONE = frozenset(
    """
    a all an and any are as at be best big but by can do for free full go good great has he her here high his how if in
    is it its just life live long low many may me more most my never new next no not now of off old on one only open or
    our out over real see she so some that the then there these they this to today too top true two up us very we well
    what when where who why with yes you your
    """.split()  # noqa: SIM905
)
_LEGAL_FORMS = frozenset(
    tuple(form.split())
    for form in """
    inc, incorporated, corp, corporation, co, company, companies, cos, ltd, limited, plc, ag, sa, nv, se, group,
    holding, holdings, llc, lp, llp, spa, oyj, ab, asa, a/s, as, kgaa, gmbh, bhd, pty, sab de cv, adr, ads, new,
    common stock, common shares, capital stock, ordinary shares, american depositary shares, depositary receipts,
    class a, class b, class c, series a, series b, international, motor, com, the, and, &, -, /de/
    """.replace("\n", " ").split(",")
)
_LONGEST_NAME = 12  # tokens; nobody writes more than the beginning of a longer one

_EXCHANGES = (
    r"NYSE(?:\s?(?:American|Arca|MKT))?|Nasdaq(?:GS|GM|CM)?|AMEX|CBOE|BATS|OTC(?:MKTS|QB|QX)?|LSE|LON|TSXV?|CVE|TSE|TYO"
    r"|ASX|HKEX|HKG|SEHK|SSE|SHA|SZSE|SHE|NSE|BSE|KRX|TPE|SGX|EPA|ETR|XETRA|FRA|AMS|EBR|SWX|SIX|BIT|BME|STO|CPH|HEL|OSL"
)
_SYMBOL = r"[^\W_][^\W_]{0,11}(?:[.\-/][^\W_]{1,4})?(?![^\W_])"
_TOLD = re.compile(rf"(?<![\w$])(?:\$(?P<tagged>{_SYMBOL})|(?i:{_EXCHANGES})\s{{0,3}}:\s{{0,3}}(?P<listed>{_SYMBOL}))")
_BARE = re.compile(rf"(?<![\w$@&.]){_SYMBOL}(?!&\w)")
_LOWER_CASE_WORD = re.compile(r"(?<![\w$])[^\W\d_]{2,}")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_PARTS = re.compile(r"[.\-/\s]")


@dataclass(frozen=True, slots=True)
class Named:
    """An instrument's symbol, and its issuer's name, which may be empty."""

    symbol: str
    name: str


@dataclass(slots=True)
class _Branch:
    """The names that begin with the same tokens: what may follow, and whose name ends here."""

    after: dict[str, _Branch] = field(default_factory=dict)
    symbols: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Linker:
    """Finds the instruments of some symbols in texts."""

    symbols: frozenset[str]
    _by_symbol: Mapping[str, frozenset[str]]
    _names: _Branch

    @classmethod
    def of(cls, named: Sequence[Named]) -> Linker:
        """Find these."""
        by_symbol, names = dict[str, frozenset[str]](), _Branch()
        for each in named:
            key = _key(_composed(each.symbol))
            by_symbol[key] = by_symbol.get(key, frozenset()) | {each.symbol}
            for name in _spellings(_composed(each.name)):
                _grow(names, name, each.symbol)
        return cls(frozenset(each.symbol for each in named), by_symbol, names)

    def links(self, text: str) -> frozenset[str]:
        """Return the symbols of those that a text speaks of."""
        text = _composed(text)
        named, rest = self._named(text)
        return frozenset().union(self._told(text), named, self._bare(rest))

    def _told(self, text: str) -> Iterator[str]:
        for match in _TOLD.finditer(text):
            symbol = match["tagged"] or match["listed"]
            # "$500" is money.
            if match["listed"] or not symbol.isdecimal():
                yield from self._known(symbol)

    def _known(self, symbol: str) -> frozenset[str]:
        """The instruments of a symbol, or of what stands before its dot: "AAPL.O", "$AAPL-led"."""
        key = _key(symbol)
        return self._by_symbol.get(key) or self._by_symbol.get(key.partition(".")[0], frozenset())

    def _bare(self, text: str) -> Iterator[str]:
        # Who shouts, shouts words too.
        if all(word.isupper() for word in _LOWER_CASE_WORD.findall(text)):
            return
        for match in _BARE.finditer(text):
            symbol = match[0]
            first = _PARTS.split(symbol)[0]
            if len(first) > 1 and first.isupper() and sum(map(str.isalpha, first)) > 1 and first not in ORDINARY:
                yield from self._known(symbol)

    def _named(self, text: str) -> tuple[set[str], str]:
        """The symbols of the longest names, and the text without these."""
        tokens = list(_TOKEN.finditer(text))
        found, kept, place, end = set[str](), list[str](), 0, 0
        while place < len(tokens):
            length, symbols = self._longest(tokens, place)
            if length:
                found |= symbols
                kept.append(text[end : tokens[place].start()])
                end = tokens[place + length - 1].end()
            place += length or 1
        return found, " ".join([*kept, text[end:]])

    def _longest(self, tokens: Sequence[re.Match[str]], start: int) -> tuple[int, set[str]]:
        branch, longest = self._names, (0, set[str]())
        for place in range(start, min(start + _LONGEST_NAME, len(tokens))):
            after = branch.after.get(tokens[place][0])
            if after is None:
                break
            branch = after
            if branch.symbols:
                longest = (place + 1 - start, branch.symbols)
        return longest


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\u2019", "'")


def _key(symbol: str) -> str:
    """BRK.B, BRK-B and BRK/B are one."""
    return _PARTS.sub(".", symbol).casefold()


def _grow(names: _Branch, tokens: Sequence[str], symbol: str) -> None:
    branch = names
    for token in tokens:
        branch = branch.after.setdefault(token, _Branch())
    branch.symbols.add(symbol)


def _spellings(name: str) -> Iterator[tuple[str, ...]]:
    """The ways in which texts write a name, as tokens: without its legal form, in capitals or not."""
    for short in dict.fromkeys((_shortened(name), _shortened(name).removesuffix(".com"))):
        alone = len(_TOKEN.findall(short)) == 1
        written = _first_upper(short) if short.islower() and alone else short
        for spelling in dict.fromkeys((written, _first_upper(written), _softened(written))):
            tokens = tuple(_TOKEN.findall(spelling))
            if (
                len(tokens) <= _LONGEST_NAME
                and sum(map(str.isalnum, spelling)) > 1
                and re.search(r"[^\W\d_]", spelling)
            ):
                yield tokens


def _shortened(name: str) -> str:
    """A name without its legal form, as far as it is not a word then that begins any sentence."""
    words = [word for word in re.split(r"[\s,()]+", name) if word]
    if len(words) > 1 and words[0].casefold() == "the":
        del words[0]
    while words:
        length = next((n for n in (3, 2, 1) if _form(words[-n:]) in _LEGAL_FORMS and len(words) >= n), 0)
        shorter = words[: len(words) - length]
        if not length or (len(shorter) == 1 and shorter[0].casefold() in _NEVER_ALONE):
            break
        words = shorter
    alone = len(words) == 1 and words[0].casefold() in _NEVER_ALONE
    return "" if alone else " ".join(words).rstrip(".!")


def _form(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.replace(".", "").casefold() for word in words)


def _first_upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _softened(name: str) -> str:
    """NVIDIA is Nvidia to most; IBM is not Ibm to anybody."""
    return re.sub(r"[^\W\d_]{4,}", lambda word: word[0].capitalize() if word[0].isupper() else word[0], name)
