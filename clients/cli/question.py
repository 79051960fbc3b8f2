"""What is asked of the optimizer: which assets, what for, within what limits, from which estimate."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter
from qpo.optimizer.v1.optimizer_service_pb2 import DatasetUniverse, MomentsSource
from qpo.portfolio.v1.portfolio_pb2 import Strategy
from qpo.types.v1.moments_pb2 import EstimationSpec

from clients.cli.completers import dataset_names
from clients.cli.mandate import EstimateOptions, GoalOptions, LimitOptions, symbols_of


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Question:
    """Assets, goal, constraints and estimation."""

    dataset: Annotated[str | None, Parameter(completer=dataset_names)] = None
    """The dataset of prices, by name or id; without it the portfolio's or the profile's."""
    symbols: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    """The assets, e.g. AAPL,MSFT; without it the portfolio's, or all of the dataset."""
    goal: GoalOptions = GoalOptions()  # noqa: RUF009 - immutable
    limits: LimitOptions = LimitOptions()  # noqa: RUF009
    estimate: EstimateOptions = EstimateOptions()  # noqa: RUF009

    @property
    def universe(self) -> list[str]:
        """The symbols that were named."""
        return symbols_of(self.symbols)

    def strategy(self, dataset: str) -> Strategy:
        """The contract's Strategy."""
        return Strategy(
            goal=self.goal.message(), universe=self.universe, dataset=dataset, estimation=self.estimate.message()
        )


NOTHING = Question()


def source(dataset: str, symbols: list[str], estimation: EstimationSpec | None) -> MomentsSource:
    """Moments estimated from a dataset."""
    return MomentsSource(universe=DatasetUniverse(dataset=dataset, symbols=symbols, estimation=estimation))
