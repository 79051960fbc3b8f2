"""Quadratic programs over Σ = F Fᵀ + diag(D) by PIQP, for what the dual Newton method gives up.

With the factors' own exposures f = Fᵀw as variables the program is sparse:

    ½ wᵀDw + ½ fᵀf − aᵀw/q        Fᵀw − f = 0
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.solvers import PIQP
from services.optimizer.domain.solvers.quadratics import Quadratic
from services.optimizer.domain.solvers.working_set.interior import Boxed, inner_point
from services.optimizer.domain.solvers.working_set.pieced import COLD_STEPS, PiecedQuadratics
from services.optimizer.domain.solvers.working_set.pieces import Limits, row_values
from services.optimizer.domain.solvers.working_set.settling import Settled

# The limits of more free assets than this take longer to settle than the interior point took.
LARGEST_SETTLED = 1500


class FactorQuadratics(PiecedQuadratics):
    """Solves over one universe with factors, one admissible set and one set of costs, which have no power of 3/2."""

    engine = PIQP

    def __init__(self, covariance: FactorCovariance, admissible: AdmissibleSet, rates: CostRates | None) -> None:
        super().__init__(covariance, admissible, rates)
        of, unit = self._pieces, 1.0 / self._typical
        incidence = sparse.csr_array((np.ones(of.count), (of.asset, np.arange(of.count))))
        own = incidence.T @ (sparse.diags_array(unit * covariance.specific) @ incidence)
        factors = covariance.loadings.shape[1]
        # f in units in which it is of order one: its square is all of the common variance.
        self._square = sparse.csc_array(sparse.block_diag([own, sparse.eye_array(factors)]))
        scaled = np.sqrt(unit) * covariance.loadings
        rows = sparse.hstack([sparse.csr_array(of.rows), sparse.csr_array((of.rows.shape[0], factors))])
        common = sparse.hstack([sparse.csr_array(scaled[of.asset].T), -sparse.eye_array(factors)])
        self._rows = sparse.csr_array(sparse.vstack([rows, common]))
        self._scaled, self._specific = scaled, covariance.specific

    def _anew(self, quadratic: Quadratic) -> Settled | None:
        of, unit, factors = self._pieces, 1.0 / self._typical, self._scaled.shape[1]
        weights = of.weights(of.left)
        worth = (quadratic.linear[of.asset] - of.cost) / quadratic.aversion - (self._specific * weights)[of.asset]
        held = np.concatenate([row_values(self._admissible, weights), self._scaled.T @ weights])
        floor = np.concatenate([self._limits.floor, np.zeros(factors)]) - held
        cap = np.concatenate([self._limits.cap, np.zeros(factors)]) - held
        anywhere = np.full(factors, np.inf)
        program = Boxed(
            self._square,
            np.concatenate([-unit * worth, np.zeros(factors)]),
            self._rows,
            Limits(floor, cap),
            np.concatenate([np.zeros(of.count), -anywhere]),
            np.concatenate([of.right - of.left, anywhere]),
        )
        found = inner_point(program, sparse=True)
        if found is None:
            return None
        self._inner_steps += found.iterations
        np.add.at(weights, of.asset, found.found[: of.count])
        near = self._near(quadratic, weights, found.prices[: self._limits.cap.size] / unit)
        settles = np.count_nonzero(near.pressing.pieces == 0) <= LARGEST_SETTLED
        settled = self._settling.settled(quadratic, near, COLD_STEPS) if settles else None
        return settled or self._unless_outside(near)
