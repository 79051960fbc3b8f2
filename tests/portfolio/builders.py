"""Portfolios and their parts, made for a test: say what matters, the rest is plausible."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.masks import mask_of
from services.portfolio.domain.costs import Costs
from services.portfolio.domain.mandate import (
    AssetCount,
    Cardinality,
    ClassLimits,
    Constraints,
    CvarLimit,
    FactorLimit,
    Goal,
    GroupLimit,
    LinearLimit,
    Linkage,
    Objective,
    WeightBounds,
    WeightRange,
)
from services.portfolio.domain.portfolio import Draft, Holding, Portfolio
from services.portfolio.domain.strategy import Covariance, Estimation, ExpectedReturn, Strategy
from services.portfolio.domain.valuation import Close

# What the contract lets an update change.
MUTABLE = mask_of(
    portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"].methods_by_name["UpdatePortfolio"]
).paths

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
confidences = st.floats(0, 1, exclude_max=True)


def by_symbol(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A few values by symbol."""
    return st.dictionaries(symbols, values, max_size=3)


goals = st.builds(
    Goal,
    objective=st.none() | st.sampled_from(Objective),
    risk_free_rate=st.floats(-1, 1),
    risk_aversion=st.floats(0, 1e6),
    min_return=st.none() | fractions,
    max_volatility=st.none() | st.floats(0, 10, exclude_min=True),
    cvar_confidence=confidences,
    risk_budgets=by_symbol(st.floats(0, 1e6)),
    linkage=st.none() | st.sampled_from(Linkage),
    clusters=st.integers(0, 1000),
)
rates = st.floats(0, 1)
costs = st.builds(
    Costs,
    commission=rates,
    half_spread=rates,
    half_spreads=by_symbol(rates),
    impact=st.floats(0, 100),
    portfolio_value=st.floats(0, 1e15),
    average_daily_values=by_symbol(st.floats(1e-6, 1e15)),
    borrow=rates,
    borrow_rates=by_symbol(rates),
    horizon_years=st.floats(0, 100),
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
    costs=st.none() | costs,
)
printable = st.characters(exclude_categories=["Cs", "Cc"])
names = st.text(printable, min_size=1, max_size=64)
ends = {"min": st.none() | fractions, "max": st.none() | fractions}
groups = st.builds(
    GroupLimit, name=names, symbols=st.lists(symbols, min_size=1, max_size=4, unique=True).map(tuple), **ends
)
rows = st.builds(LinearLimit, name=names, coefficients=by_symbol(st.floats(-1e6, 1e6)), **ends)
factors = st.builds(FactorLimit, factor=st.integers(0, 999), **ends)
classes = st.builds(
    ClassLimits,
    attribute=names,
    members=by_symbol(names),
    limits=st.dictionaries(names, st.builds(WeightRange, **ends), max_size=3),
    max_each=st.none() | fractions,
)
asset_counts = st.builds(
    AssetCount, names, st.lists(names, min_size=1, max_size=3, unique=True).map(tuple), st.integers(0, 9)
)
constraints = st.builds(
    Constraints,
    min_budget=st.none() | fractions,
    max_budget=st.none() | fractions,
    default_bounds=st.none() | bounds,
    bounds=by_symbol(bounds),
    groups=st.lists(groups, max_size=2).map(tuple),
    max_turnover=st.none() | st.floats(0, 10),
    max_gross=st.none() | st.floats(0, 100),
    benchmark=by_symbol(fractions),
    active_bounds=st.none() | bounds,
    max_tracking_error=st.none() | st.floats(0, 10, exclude_min=True),
    max_cvar=st.none() | st.builds(CvarLimit, fractions, confidences),
    rows=st.lists(rows, max_size=2).map(tuple),
    factors=st.lists(factors, max_size=2).map(tuple),
    classes=st.lists(classes, max_size=2).map(tuple),
    cardinality=st.none()
    | st.builds(
        Cardinality,
        st.integers(1, 5000),
        st.booleans(),
        st.floats(0, 1),
        st.lists(names, max_size=2, unique=True).map(tuple),
        st.lists(asset_counts, max_size=2).map(tuple),
    ),
)
drafts = st.builds(
    Draft, name=st.text(printable, min_size=1, max_size=255), strategy=strategies, constraints=constraints
)
