"""The options that say what is held now, from which turnover, trades and their costs count."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Group, Parameter

from clients.cli.by_symbol import by_symbol

_CURRENT = Group("Current weights", sort_key=15, help="From these turnover, trades and their costs count.")


@Parameter(name="*", group=_CURRENT, negative=())
@dataclass(frozen=True, kw_only=True)
class CurrentOptions:
    """What is held now."""

    current: tuple[str, ...] = ()
    """The weights held now, as SYMBOL=WEIGHT,…, e.g. AAPL=0.5,MSFT=0.3; without it the stored portfolio's, or all
    cash."""
    current_file: Path | None = None
    """The weights held now from a CSV file: a symbol and a weight per line."""

    def weights(self) -> dict[str, float]:
        """By symbol; empty if no option was given. Raises Problem on what it can't read."""
        return by_symbol(self.current, self.current_file, "--current")


AS_STORED = CurrentOptions()
