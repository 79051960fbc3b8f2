"""A portfolio problem as a conic program:  min ½ xᵀPx + qᵀx  with equalities, inequalities and one second-order cone.

x = (w, f, d): the weights; f = Fᵀw if Σ is a factor model, so that P is diagonal; d ≥ |w − w₀| if turnover is limited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance, FactorCovariance
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.vectors import Mask, Vector


@dataclass(frozen=True, slots=True, eq=False)
class ConicProgram:
    """Ex = e,  Ax ≤ b,  (c − Cx) in the second-order cone."""

    quadratic: sparse.csc_array
    """P, upper triangle."""
    linear: Vector
    equal: sparse.csr_array
    equal_to: Vector
    below: sparse.csr_array
    below_than: Vector
    cone: sparse.csr_array
    cone_offset: Vector
    admissible: AdmissibleSet

    @property
    def size(self) -> int:
        """Length of x."""
        return int(self.linear.size)

    @property
    def last_floor(self) -> int:
        """Where among the inequalities the last floor of the admissible set stands."""
        _, capped, floored = _kinds(self.admissible)
        return int(capped.sum() + floored.sum()) - 1

    def multipliers(self, equal: Vector, below: Vector, cone: Vector) -> Multipliers:
        """Sort the solver's dual variables back to the rows of the admissible set."""
        admissible = self.admissible
        fixed, capped, floored = _kinds(admissible)
        rows = np.zeros(len(admissible.rows))
        rows[fixed] = equal[: int(fixed.sum())]
        caps, floors = int(capped.sum()), int(floored.sum())
        rows[capped] += below[:caps]
        rows[floored] -= below[caps : caps + floors]
        turnover = float(below[-1]) if admissible.turnover is not None else 0.0
        return Multipliers(rows, turnover, float(cone[0]) if cone.size else 0.0)


def _kinds(admissible: AdmissibleSet) -> tuple[Mask, Mask, Mask]:
    """Which rows are equalities, which have a cap only to press on, which a floor."""
    fixed = admissible.floor == admissible.cap
    return fixed, np.isfinite(admissible.cap) & ~fixed, np.isfinite(admissible.floor) & ~fixed


def linear_program(admissible: AdmissibleSet, covariance: Covariance, cost: Vector) -> ConicProgram:
    """Minimize costᵀw over the admissible set; the variables of Σ are there for `with_risk` and `with_cone`."""
    count = admissible.assets
    factors = covariance.loadings.shape[1] if isinstance(covariance, FactorCovariance) else 0
    moved = 0 if admissible.turnover is None else count
    size = count + factors + moved
    fixed, capped, floored = _kinds(admissible)
    eye = sparse.csr_array(sparse.eye_array(count))
    # An asset whose bounds meet is an equality: two inequalities would leave the interior-point method no interior.
    pinned = admissible.lower == admissible.upper
    equal = [_pad(admissible.matrix[fixed], size), _pad(eye[pinned], size)]
    if isinstance(covariance, FactorCovariance):
        definition = sparse.hstack([sparse.csr_array(covariance.loadings.T), -sparse.eye_array(factors)])
        equal.append(_pad(sparse.csr_array(definition), size))
    below = [admissible.matrix[capped], -admissible.matrix[floored], eye[~pinned], -eye[~pinned]]
    than = [
        admissible.cap[capped],
        -admissible.floor[floored],
        admissible.upper[~pinned],
        -admissible.lower[~pinned],
    ]
    padded = [_pad(sparse.csr_array(block), size) for block in below]
    if admissible.turnover is not None:
        padded.append(_distance(count, size))
        than.append(np.concatenate([admissible.start, -admissible.start, [admissible.turnover]]))
    return ConicProgram(
        quadratic=sparse.csc_array((size, size)),
        linear=np.concatenate([cost, np.zeros(size - count)]),
        equal=sparse.csr_array(sparse.vstack(equal)),
        equal_to=np.concatenate([admissible.cap[fixed], admissible.upper[pinned], np.zeros(factors)]),
        below=sparse.csr_array(sparse.vstack(padded)),
        below_than=np.concatenate(than),
        cone=sparse.csr_array((0, size)),
        cone_offset=np.zeros(0),
        admissible=admissible,
    )


def _pad(block: sparse.csr_array, size: int) -> sparse.csr_array:
    """The same rows on the whole of x."""
    return sparse.csr_array((block.data, block.indices, block.indptr), shape=(block.shape[0], size))


def _distance(count: int, size: int) -> sparse.csr_array:
    """±w − d ≤ ±w₀ and ½ Σd ≤ t, where d is the end of x."""
    eye, gap = sparse.eye_array(count), sparse.csr_array((count, size - 2 * count))
    total = np.concatenate([np.zeros(size - count), np.full(count, 0.5)])[None, :]
    blocks = [sparse.hstack([eye, gap, -eye]), sparse.hstack([-eye, gap, -eye]), sparse.csr_array(total)]
    return sparse.csr_array(sparse.vstack(blocks))


def with_risk(program: ConicProgram, covariance: Covariance, weight: float) -> ConicProgram:
    """Add ½ weight · wᵀΣw to the cost."""
    if isinstance(covariance, FactorCovariance):
        rest = program.size - covariance.assets - covariance.loadings.shape[1]
        diagonal = [covariance.specific, np.ones(covariance.loadings.shape[1]), np.zeros(rest)]
        return replace(program, quadratic=sparse.csc_array(sparse.diags_array(weight * np.concatenate(diagonal))))
    upper = sparse.csc_array(np.triu(weight * covariance.matrix))
    rest = program.size - covariance.assets
    blocks = sparse.block_diag([upper, sparse.csc_array((rest, rest))])
    return replace(program, quadratic=sparse.csc_array(blocks))


def with_cone(program: ConicProgram, covariance: Covariance, greatest: float) -> ConicProgram:
    """Add √(wᵀΣw) ≤ greatest, as ‖Bw‖ ≤ greatest with Σ = BᵀB; its multiplier is the cone's first."""
    if isinstance(covariance, FactorCovariance):
        specific, factors = np.sqrt(covariance.specific), covariance.loadings.shape[1]
        root = sparse.csr_array(sparse.diags_array(np.concatenate([specific, np.ones(factors)])))
    else:
        root = sparse.csr_array(covariance.root)
    head = sparse.csr_array((1, program.size))
    cone = sparse.vstack([head, -_pad(root, program.size)])
    return replace(
        program, cone=sparse.csr_array(cone), cone_offset=np.concatenate([[greatest], np.zeros(root.shape[0])])
    )


def homogenized(program: ConicProgram, expected_returns: Vector, risk_free_rate: float, excess: float) -> ConicProgram:
    """Cornuejols and Tütüncü's form of the greatest Sharpe ratio (Optimization Methods in Finance, 2006, §8.2).

    With y = κw, κ the last variable and every limit h replaced by hκ, the ratio is greatest where yᵀΣy is least under
    μᵀy − rκ = excess, which is the last equality. κ ≥ 0 follows from lκ ≤ y ≤ uκ.
    """
    size = program.size + 1
    rest = np.zeros(program.size - expected_returns.size)
    normal = sparse.csr_array(np.concatenate([expected_returns, rest, [-risk_free_rate]])[None, :])
    below = sparse.hstack([program.below, sparse.csr_array(-program.below_than[:, None])])
    equal = sparse.hstack([program.equal, sparse.csr_array(-program.equal_to[:, None])])
    return replace(
        program,
        quadratic=sparse.csc_array(sparse.block_diag([program.quadratic, sparse.csc_array((1, 1))])),
        linear=np.append(program.linear, 0.0),
        equal=sparse.csr_array(sparse.vstack([equal, normal])),
        equal_to=np.append(np.zeros(program.equal.shape[0]), excess),
        below=sparse.csr_array(below),
        below_than=np.zeros(program.below.shape[0]),
        cone=sparse.csr_array((0, size)),
        cone_offset=np.zeros(0),
    )
