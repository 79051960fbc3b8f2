"""What is asked of the optimizer: which assets, what for, within what limits, from which estimate, at what costs."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter
from qpo.optimizer.v1.optimizer_service_pb2 import DatasetUniverse, MomentsSource
from qpo.portfolio.v1.portfolio_pb2 import Strategy
from qpo.types.v1.mandate_pb2 import Constraints, Goal
from qpo.types.v1.moments_pb2 import EstimationSpec

from clients.cli.completers import dataset_names
from clients.cli.costs import CostOptions
from clients.cli.limits import LimitOptions
from clients.cli.mandate import EstimateOptions, GoalOptions, symbols_of


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Question:
    """Assets, goal, constraints, estimation and costs."""

    dataset: Annotated[str | None, Parameter(completer=dataset_names)] = None
    """The dataset of prices, by name or id; without it the portfolio's or the profile's."""
    symbols: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    """The assets, e.g. AAPL,MSFT; without it the portfolio's, or all of the dataset."""
    goal: GoalOptions = GoalOptions()  # noqa: RUF009 - immutable
    limits: LimitOptions = LimitOptions()  # noqa: RUF009
    estimate: EstimateOptions = EstimateOptions()  # noqa: RUF009
    costs: CostOptions = CostOptions()  # noqa: RUF009

    @property
    def universe(self) -> list[str]:
        """The symbols that were named."""
        return symbols_of(self.symbols)

    def wanted(self) -> Goal | None:
        """The contract's Goal; None if nothing is said of it."""
        return self.goal.message(self.limits.cvar_confidence)

    def admitted(self) -> Constraints | None:
        """The contract's Constraints; None if nothing is said of them."""
        return self.limits.message(self.goal.objective)

    def strategy(self, dataset: str) -> Strategy:
        """The contract's Strategy."""
        return Strategy(
            goal=self.wanted(),
            universe=self.universe,
            dataset=dataset,
            estimation=self.estimate.message(),
            costs=self.costs.message(),
        )


NOTHING = Question()


def source(dataset: str, symbols: list[str], estimation: EstimationSpec | None) -> MomentsSource:
    """Moments estimated from a dataset."""
    return MomentsSource(universe=DatasetUniverse(dataset=dataset, symbols=symbols, estimation=estimation))
