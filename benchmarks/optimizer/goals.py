"""What the project set out to reach, by figure; a figure that is not there is a goal that nobody measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.figures import Figure

YES, NO, UNKNOWN = "yes", "no", "not measured"
_AT_LEAST = "_at_least"


@dataclass(frozen=True, slots=True)
class Goal:
    """At least, or at most, so much; of a number without a unit its size counts."""

    bound: float
    most: bool = False

    def text(self) -> str:
        """As it stands in a table."""
        return f"{'≤' if self.most else '≥'} {self.bound:g}"

    def reached(self, figure: Figure) -> str:
        """Yes or no; a ratio of a rival that was not waited for may leave it open."""
        value = abs(figure.value) if figure.unit == "1" else figure.value
        if value <= self.bound if self.most else value >= self.bound:
            return YES
        return UNKNOWN if figure.name.endswith(_AT_LEAST) else NO


def at_least(bound: float) -> Goal:
    """The larger, the better."""
    return Goal(bound)


def at_most(bound: float) -> Goal:
    """The smaller, the better."""
    return Goal(bound, most=True)


_N500, _BATCH = "optimizer.mean_variance.n500_k20", "optimizer.batch.n500_k20"
GOALS: Mapping[str, Goal] = {
    f"{_N500}.pypfopt_over_qpo": at_least(2000),
    f"{_N500}.pypfopt_over_qpo_from_arrays": at_least(2000),
    f"{_N500}.skfolio_over_qpo": at_least(2500),
    f"{_N500}.skfolio_over_qpo_from_arrays": at_least(2500),
    f"{_N500}.riskfolio_over_qpo": at_least(4000),
    f"{_N500}.riskfolio_over_qpo_from_arrays": at_least(4000),
    f"{_N500}.cvxportfolio_over_qpo": at_least(300),
    f"{_N500}.cvxportfolio_over_qpo_from_arrays": at_least(300),
    # Like with like: both from arrays, and both over a universe that is laid out already.
    f"{_N500}.piqp_over_qpo_from_arrays": at_least(20),
    f"{_N500}.piqp_again_over_qpo": at_least(20),
    f"{_N500}.qpo_over_limit": at_most(3),
    f"{_N500}.qpo.gap": at_most(1e-10),
    f"{_N500}.qpo.violation": at_most(1e-10),
    f"{_N500}.engine.gap": at_most(1e-10),
    f"{_N500}.engine.violation": at_most(1e-10),
    f"{_BATCH}.qpo.rate": at_least(15_000),
    f"{_BATCH}.qpo_l1.rate": at_least(15_000),
    f"{_BATCH}.qpo_l1_impact.rate": at_least(15_000),
    **{f"{_BATCH}.{who}.residual": at_most(1e-9) for who in ("qpo", "qpo_l1", "qpo_l1_impact")},
    **{f"{_BATCH}.{who}.not_converged": at_most(0) for who in ("qpo", "qpo_l1", "qpo_l1_impact")},
    f"{_BATCH}.piqp_over_qpo": at_least(30),
    f"{_BATCH}.clarabel_over_qpo": at_least(100),
    f"{_BATCH}.pypfopt_over_qpo": at_least(5000),
    "optimizer.costs.n500_k20.qpo_over_costless": at_most(1.5),
    "optimizer.costs.n500_k20.clarabel_over_qpo": at_least(200),
    "optimizer.sharpe.n500_k20.pypfopt_over_qpo": at_least(700),
    "optimizer.sharpe.n500_k20.pypfopt.less_than_ours": at_most(1e-6),
    "optimizer.dense.n500.solver_over_cholesky": at_most(1),
    "optimizer.dense.n1000.solver_over_cholesky": at_most(1),
    "allocations.risk_parity.500.skfolio_over_qpo": at_least(5000),
    "allocations.risk_parity.500.qpo.error": at_most(1e-9),
    "allocations.hrp.500.pypfopt_over_qpo": at_least(300),
    "cvar.500x2500.pypfopt_over_qpo": at_least(80),
    "cvar.500x2500.skfolio_over_qpo": at_least(80),
    "cvar.500x2500.riskfolio_over_qpo": at_least(80),
    "ml.ledoit_wolf.n3000.over_sklearn": at_least(10),
    "ml.rmt_denoised.n3000.over_full_eigh": at_least(25),
}


def goal_of(figure: Figure) -> Goal | None:
    """The goal that a figure is for."""
    return GOALS.get(figure.name.removesuffix(_AT_LEAST))


def unmeasured(figures: Iterable[Figure]) -> list[str]:
    """The goals without a figure."""
    there = {figure.name.removesuffix(_AT_LEAST) for figure in figures}
    return [name for name in GOALS if name not in there]
