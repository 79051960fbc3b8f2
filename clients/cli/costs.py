"""The options that say what trading and borrowing cost."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Group, Parameter
from qpo.types.v1.costs_pb2 import Costs

from clients.cli.by_symbol import of_file
from clients.cli.mandate import untouched

_COSTS = Group(
    "Costs",
    sort_key=14,
    help="Weighed against returns where returns count, and reported always. 1 bp is 0.01 % of what is traded.",
)
_BP = 10_000


@Parameter(name="*", group=_COSTS, negative=())
@dataclass(frozen=True, kw_only=True)
class CostOptions:
    """What trading and borrowing cost."""

    commission_bp: float = 0.0
    """Commission in basis points."""
    half_spread_bp: float = 0.0
    """Half of the bid-ask spread in basis points."""
    half_spreads_file: Path | None = None
    """Half-spreads of single assets from a CSV file: a symbol and basis points per line."""
    impact: float = 0.0
    """Market impact η of the square-root law: to trade a day's volume costs η daily volatilities; about 1. Needs
    --value and --volumes-file."""
    value: float = 0.0
    """The portfolio's value, for the impact: who is larger moves prices farther."""
    volumes_file: Path | None = None
    """Average value traded per day, for the impact, from a CSV file: a symbol and a value per line, in the currency of
    --value; every asset needs one."""
    borrow_bp: float = 0.0
    """Cost of borrowing what is short, in basis points per year."""
    borrow_rates_file: Path | None = None
    """Costs of borrowing single assets from a CSV file: a symbol and basis points per year per line."""
    horizon: float = 0.0
    """Years over which the cost of a trade is spread: how long a position is held; 0 means 1."""

    def message(self) -> Costs | None:
        """The contract's Costs, or None if no option was given. Raises Problem on a file that it can't read."""
        if untouched(self):
            return None
        return Costs(
            commission=self.commission_bp / _BP,
            half_spread=self.half_spread_bp / _BP,
            half_spreads=_in_bp(self.half_spreads_file, "--half-spreads-file"),
            impact=self.impact,
            portfolio_value=self.value,
            average_daily_values=of_file(self.volumes_file, "--volumes-file") if self.volumes_file else {},
            borrow=self.borrow_bp / _BP,
            borrow_rates=_in_bp(self.borrow_rates_file, "--borrow-rates-file"),
            horizon_years=self.horizon,
        )


def _in_bp(file: Path | None, option: str) -> dict[str, float]:
    return {symbol: rate / _BP for symbol, rate in of_file(file, option).items()} if file else {}
