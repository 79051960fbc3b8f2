"""Portfolios and their parts, made for a test: say what matters, the rest is plausible."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.portfolio.domain.mandate import Constraints, Goal, GroupLimit, Objective, WeightBounds
from services.portfolio.domain.portfolio import Draft, Holding, Portfolio
from services.portfolio.domain.strategy import Covariance, Estimation, ExpectedReturn, Strategy
from services.portfolio.domain.valuation import Close

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, UTC)
DAY = date(2022, 12, 28)
ALICE = "01987f6c-0000-7000-8000-00000000000a"
BOB = "01987f6c-0000-7000-8000-00000000000b"
ID = "01987f6c-0000-7000-8000-0000000000f1"

PLAIN = Strategy(universe=("AAPL", "MSFT", "XOM"), dataset="sp500")


def a_portfolio(**changes: Any) -> Portfolio:
    """Alice's, with 100,000 in cash."""
    cash = changes.get("cash", Decimal("100000.00"))
    made = Portfolio(
        id=ID,
        user_id=ALICE,
        tenant_id=ALICE,
        name="Core",
        strategy=PLAIN,
        constraints=Constraints(),
        base_currency="USD",
        initial_cash=cash,
        cash=cash,
        cash_weight=Decimal("1.000000"),
        holdings=(),
        created_at=NOW,
        updated_at=NOW,
        version=1,
    )
    return replace(made, **changes)


def a_holding(symbol: str, quantity: str, value: str = "0.00", weight: str = "0.000000") -> Holding:
    """A position, as stored."""
    return Holding(symbol, Decimal(quantity), Decimal(weight), Decimal(value), DAY, NOW)


def closes(**prices: str) -> dict[str, Close]:
    """Closes of DAY by symbol."""
    return {symbol: Close(Decimal(price), DAY) for symbol, price in prices.items()}


fractions = st.floats(-10, 10, allow_nan=False)
symbols = st.from_regex(r"[A-Z0-9][A-Z0-9.\-]{0,9}", fullmatch=True)
ordered = st.tuples(fractions, fractions).map(sorted)
bounds = ordered.map(lambda pair: WeightBounds(*pair))
goals = st.builds(
    Goal,
    objective=st.none() | st.sampled_from(Objective),
    risk_free_rate=st.floats(-1, 1),
    risk_aversion=st.floats(0, 1e6),
    min_return=st.none() | fractions,
    max_volatility=st.none() | st.floats(0, 10, exclude_min=True),
)
estimations = st.builds(
    Estimation,
    expected_return=st.none() | st.sampled_from(ExpectedReturn),
    covariance=st.none() | st.sampled_from(Covariance),
    lookback=st.integers(0, 50000),
    half_life=st.floats(0, 50000),
    factors=st.integers(0, 1000),
    end=st.none() | st.dates(),
)
universes = st.lists(symbols, max_size=5, unique=True).map(tuple)
strategies = st.builds(
    Strategy,
    goal=goals,
    universe=universes,
    dataset=st.from_regex(r"([a-z0-9][a-z0-9-]{0,63})?", fullmatch=True),
    estimation=estimations,
)
printable = st.characters(exclude_categories=["Cs", "Cc"])
groups = st.builds(
    GroupLimit,
    name=st.text(printable, min_size=1, max_size=64),
    symbols=st.lists(symbols, min_size=1, max_size=4, unique=True).map(tuple),
    min=st.none() | fractions,
    max=st.none() | fractions,
)
constraints = st.builds(
    Constraints,
    min_budget=st.none() | fractions,
    max_budget=st.none() | fractions,
    default_bounds=st.none() | bounds,
    bounds=st.dictionaries(symbols, bounds, max_size=4),
    groups=st.lists(groups, max_size=3).map(tuple),
    max_turnover=st.none() | st.floats(0, 10),
)
drafts = st.builds(
    Draft, name=st.text(printable, min_size=1, max_size=255), strategy=strategies, constraints=constraints
)
