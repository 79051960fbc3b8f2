"""What the steps of the demo hand to each other."""

from dataclasses import dataclass, field
from pathlib import Path

from qpo.optimizer.v1.optimization_pb2 import OptimizationResult
from qpo.types.v1.mandate_pb2 import Constraints, WeightBounds
from qpo.types.v1.moments_pb2 import EstimationSpec

from clients.cli.connection import Edge, Login
from clients.cli.demo.narrator import Narrator
from clients.cli.profile import ProfileFile

DATASET = "sp500"
CASH = "100000.00"
LOOKBACK = 2520


@dataclass
class Tour:
    """One walk: where it goes, what it says, and what it has found so far."""

    narrator: Narrator
    url: str
    profile: ProfileFile
    png: Path
    source: str = ""
    symbols: tuple[str, ...] = ()
    portfolio_id: str = ""
    over_rest: OptimizationResult = field(default_factory=OptimizationResult)

    def __post_init__(self) -> None:
        self.login = Login(self.profile, self.url)
        self.edge = Edge(self.url, self.login)


def constraints() -> Constraints:
    """Long only, fully invested."""
    return Constraints(default_bounds=WeightBounds(min=0.0, max=1.0))


def estimation() -> EstimationSpec:
    """Moments over ten years: three would make last year's winners look like a promise."""
    return EstimationSpec(lookback=LOOKBACK)
