"""What each vendor documents, as good answers, and what else it documents to go wrong."""

from dataclasses import dataclass, field

from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.sources import Kind
from tests.marketdata.vendors.vendor import KEY, Said

INTRADAY = {
    "Meta Data": {
        "1. Information": "Intraday (1min) open, high, low, close prices and volume",
        "2. Symbol": "AAPL",
        "3. Last Refreshed": "2026-11-27 13:00:00",
        "4. Interval": "1min",
        "5. Output Size": "Compact",
        "6. Time Zone": "US/Eastern",
    },
    "Time Series (1min)": {
        # 18:00:30 UTC is 13:00:30 in New York: the last minute is not over.
        "2026-11-27 13:00:00": {
            "1. open": "231.40", "2. high": "231.50", "3. low": "231.39", "4. close": "231.45", "5. volume": "900",
        },
        "2026-11-27 12:59:00": {
            "1. open": "231.10", "2. high": "231.42", "3. low": "231.00", "4. close": "231.40", "5. volume": "4100",
        },
        "2026-11-27 12:58:00": {
            "1. open": "231.00", "2. high": "231.20", "3. low": "230.90", "4. close": "231.10", "5. volume": "3000",
        },
    },
}  # fmt: skip

DAILY = {
    "Meta Data": {
        "1. Information": "Daily Time Series with Splits and Dividend Events",
        "2. Symbol": "AAPL",
        "3. Last Refreshed": "2026-11-27",
        "4. Output Size": "Full size",
        "5. Time Zone": "US/Eastern",
    },
    "Time Series (Daily)": {
        "2026-11-27": {
            "1. open": "231.0", "2. high": "232.0", "3. low": "230.0", "4. close": "231.5",
            "5. adjusted close": "231.5", "6. volume": "1000",
            "7. dividend amount": "0.0000", "8. split coefficient": "1.0",
        },
        "2026-11-25": {
            "1. open": "229.0", "2. high": "231.0", "3. low": "228.0", "4. close": "230.0",
            "5. adjusted close": "230.0", "6. volume": "50000000",
            "7. dividend amount": "0.0000", "8. split coefficient": "1.0",
        },
        "2026-11-24": {
            "1. open": "456.0", "2. high": "460.0", "3. low": "455.0", "4. close": "458.0",
            "5. adjusted close": "229.0", "6. volume": "40000000",
            "7. dividend amount": "0.2500", "8. split coefficient": "2.0",
        },
    },
}  # fmt: skip

QUOTE = [
    {
        "symbol": "AAPL",
        "name": "Apple Inc.",
        "price": 232.8,
        "changePercentage": 2.1,
        "volume": 44489128,
        "exchange": "NASDAQ",
        "timestamp": 1795802401,
    }
]

INCOME = [
    {
        "date": "2026-09-26",
        "symbol": "AAPL",
        "reportedCurrency": "USD",
        "cik": "0000320193",
        "filingDate": "2026-10-30",
        "acceptedDate": "2026-10-30 06:01:36",
        "fiscalYear": "2026",
        "period": "Q4",
        "revenue": 102466000000,
        "costOfRevenue": 54125000000,
        "grossProfit": 48341000000,
        "operatingIncome": 32427000000,
        "netIncome": 27466000000,
        "eps": 1.85,
        "epsDiluted": 1.85,
        "weightedAverageShsOutDil": None,
    }
]

SERIES = {
    "realtime_start": "2026-11-27",
    "realtime_end": "2026-11-27",
    "observation_start": "1600-01-01",
    "observation_end": "9999-12-31",
    "units": "lin",
    "output_type": 1,
    "file_type": "json",
    "order_by": "observation_date",
    "sort_order": "asc",
    "count": 3,
    "offset": 0,
    "limit": 100000,
    "observations": [
        {"realtime_start": "2026-11-27", "realtime_end": "2026-11-27", "date": "2026-08-01", "value": "324.052"},
        {"realtime_start": "2026-11-27", "realtime_end": "2026-11-27", "date": "2026-09-01", "value": "."},
        {"realtime_start": "2026-11-27", "realtime_end": "2026-11-27", "date": "2026-10-01", "value": "325.011"},
    ],
}


def article(number, published="2026-11-27T17:30:00Z", title=None):
    return {
        "source": {"id": None, "name": "The Paper"},
        "author": "Somebody",
        "title": title or f"Apple beats estimates for the {number}th time",
        "description": "Revenue rose.",
        "url": f"https://paper.example/{number}",
        "urlToImage": None,
        "publishedAt": published,
        "content": "…",
    }


def articles(*of):
    return {"status": "ok", "totalResults": len(of), "articles": list(of)}


NEWS = articles(article(2), article(1, "2026-11-27T16:00:00Z"), article(0, title="[Removed]"))


def post(number, created, **fields):
    data = {
        "name": f"t3_{number:04d}",
        "subreddit": "investing",
        "title": f"$AAPL to the moon, part {number}",
        "selftext": "",
        "permalink": f"/r/investing/comments/{number:04d}/aapl/",
        "created_utc": created,
        "upvote_ratio": 0.87,
        "ups": 12,
        "author": "somebody",
    }
    return {"kind": "t3", "data": data | fields}


def listing(*children, after=None):
    data = {"after": after, "before": None, "dist": len(children), "modhash": "", "children": list(children)}
    return {"kind": "Listing", "data": data}


POSTS = listing(post(2, 1795802300.0), post(1, 1795802000.0, selftext="[removed]"))
TOKEN = {"access_token": "a-token", "token_type": "bearer", "expires_in": 86400, "scope": "*"}


@dataclass(frozen=True)
class Format:
    """One kind of one vendor: how it is asked, its good answer, and its own faults by name."""

    source: str
    kind: Kind
    good: object
    records: int  # that the good answer holds
    symbol: str = "AAPL"
    part: str = ""
    gone: tuple = ()  # a path into the good answer without which it is another schema
    faults: dict = field(default_factory=dict)  # name → (what is said, problem)


FORMATS = [
    Format(
        "alpha_vantage",
        Kind.INTRADAY_BARS,
        INTRADAY,
        2,
        gone=("Time Series (1min)", "2026-11-27 12:59:00", "4. close"),
        faults={
            "a note of the minute's limit in a 200": (
                Said({"Note": "Our standard API call frequency is 5 calls per minute and 500 calls per day."}),
                Problem.TOO_OFTEN,
            ),
            "the day's limit in a 200": (
                Said({"Information": f"We have detected your API key as {KEY} and our limit is 25 requests per day."}),
                Problem.TOO_OFTEN,
            ),
            "a premium endpoint in a 200": (
                Said({"Information": "Thank you! This is a premium endpoint."}),
                Problem.KEY_REFUSED,
            ),
            "a wrong key in a 200": (
                Said({"Error Message": "the parameter apikey is invalid or missing."}),
                Problem.KEY_REFUSED,
            ),
            "an unknown symbol in a 200": (
                Said({"Error Message": "Invalid API call. Please retry or visit the documentation"}),
                Problem.UNKNOWN_TARGET,
            ),
        },
    ),
    Format("alpha_vantage", Kind.DAILY_BARS, DAILY, 2, gone=("Time Series (Daily)", "2026-11-25", "5. adjusted close")),
    Format(
        "fmp",
        Kind.QUOTES,
        QUOTE,
        1,
        gone=(0, "price"),
        faults={
            "an unknown symbol, which is an empty list": (Said([]), Problem.UNKNOWN_TARGET),
            "the limit in a 200": (Said({"Error Message": "Limit Reach . Please upgrade"}), Problem.TOO_OFTEN),
            "a wrong key": (Said({"Error Message": "Invalid API KEY."}, 401), Problem.KEY_REFUSED),
        },
    ),
    Format("fmp", Kind.FUNDAMENTALS, INCOME, 7, part="income-statement", gone=(0, "netIncome")),
    Format(
        "fred",
        Kind.MACRO_SERIES,
        SERIES,
        2,
        symbol="CPIAUCSL",
        gone=("observations", 0, "value"),
        faults={
            "an unknown series": (
                Said({"error_code": 400, "error_message": "Bad Request.  The series does not exist."}, 400),
                Problem.UNKNOWN_TARGET,
            ),
            "a wrong key": (
                Said({"error_code": 400, "error_message": "The value for variable api_key is not registered."}, 400),
                Problem.KEY_REFUSED,
            ),
        },
    ),
    Format(
        "news_api",
        Kind.NEWS,
        NEWS,
        2,
        gone=("articles", 0, "publishedAt"),
        faults={
            "the key used up": (
                Said({"status": "error", "code": "apiKeyExhausted", "message": "…"}, 429),
                Problem.TOO_OFTEN,
            ),
            "a wrong key": (
                Said({"status": "error", "code": "apiKeyInvalid", "message": "…"}, 401),
                Problem.KEY_REFUSED,
            ),
            "an error in a 200": (
                Said({"status": "error", "code": "parameterInvalid", "message": "…"}),
                Problem.UNKNOWN_TARGET,
            ),
        },
    ),
    Format(
        "reddit",
        Kind.POSTS,
        POSTS,
        2,
        symbol="investing",
        gone=("data", "children", 0, "data", "created_utc"),
        faults={
            "a private subreddit": (
                Said({"reason": "private", "message": "Forbidden", "error": 403}, 403),
                Problem.UNKNOWN_TARGET,
            ),
            "an unknown subreddit, which is sent elsewhere": (
                Said(None, 302, {"Location": "https://example.org/subreddits/search"}),
                Problem.CHANGED_SCHEMA,
            ),
        },
    ),
]
NAMES = [f"{each.source}/{each.kind.name.lower()}" for each in FORMATS]
