"""The choice as numbers, and the quadratic programs that are left of it once some assets are in or out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.solvers.dual_newton import DualNewton, NewtonAnswer, Program
from services.optimizer.domain.vectors import Index, Mask, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """At most so many assets of each group; no asset is in two."""

    group: Index
    """(N,): which one an asset is in; that after the last one if it is in none."""
    most: Index
    """(G + 1,): for each; whatever is in none has as many as there are."""

    def used(self, chosen: Mask) -> Index:
        """How many each group has, (G + 1,)."""
        return np.bincount(self.group[chosen], minlength=self.most.size)

    def admit(self, chosen: Mask) -> bool:
        """Whether no group has too many."""
        return bool(np.all(self.used(chosen) <= self.most))

    def full(self, chosen: Mask) -> Mask:
        """Assets of groups that may have no more, (N,)."""
        return np.asarray((self.used(chosen) >= self.most)[self.group])

    def among(self, members: Index) -> Counts:
        """The same of some assets."""
        return Counts(self.group[members], self.most)

    def leading(self, order: Index, inside: Mask) -> Mask:
        """Of assets in an order: those that are among the first of their groups that these have room for."""
        groups = self.group[order]
        by_group = np.argsort(groups, kind="stable")
        ranked = groups[by_group]
        place = np.empty(order.size, dtype=np.int64)
        place[by_group] = np.arange(order.size) - np.searchsorted(ranked, ranked, side="left")
        return np.asarray(place < (self.most - self.used(inside))[groups])


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """min ½ q wᵀ(FFᵀ + D)w − aᵀw + costs(w), as `program` has it, over choices of its assets; long only."""

    newton: DualNewton
    """Over F (N, K), D (N,) and the rows."""
    program: Program
    """Its upper bounds are u, of what is held; its lower bounds are 0."""
    least: Vector
    """l, (N,): of what is held; 0 where there is no buy-in."""
    most: int
    """K."""
    exactly: bool = False
    """Whether K must be held, or no more than K."""
    constant: float = 0.0
    """What selling everything costs that is out of the question."""
    counts: Counts | None = None
    """None: groups may have as many as there are."""

    @property
    def assets(self) -> int:
        """N."""
        return int(self.least.size)

    def admits(self, chosen: Mask) -> bool:
        """Whether these assets may be held together."""
        count = int(chosen.sum())
        if self.counts is not None and not self.counts.admit(chosen):
            return False
        return count == self.most if self.exactly else count <= self.most

    def averse(self, aversion: float) -> Choice:
        """The same with another q."""
        return replace(self, program=replace(self.program, risk_aversion=aversion))

    def rows(self, members: Index) -> Vector:
        """A of some assets, (m, n)."""
        structure = self.newton.structure
        return np.asarray(structure.transposed[structure.factors :, members] / structure.row_scale[:, None])

    def among(self, members: Index, newton: DualNewton | None = None) -> Choice:
        """The same out of some of its assets, over a factor model of theirs; whatever is held of the others is sold."""
        structure, program = self.newton.structure, self.program
        if newton is None:
            loadings = structure.columns[members, : structure.factors]
            if loadings.shape[1] > members.size:
                loadings = np.asarray(np.linalg.qr(loadings.T, mode="r")).T
            newton = DualNewton(loadings, structure.specific[members], self.rows(members))
        gone = np.ones(self.assets, dtype=np.bool_)
        gone[members] = False
        sold = np.zeros(self.assets) if program.start is None else np.where(gone, program.start, 0.0)
        linear, impact = program.linear_cost, program.impact_cost
        constant = 0.0 if linear is None else float(linear @ np.abs(sold))
        constant += 0.0 if impact is None else float(impact @ np.abs(sold) ** 1.5)
        return replace(
            self,
            newton=newton,
            program=replace(
                program,
                expected_returns=program.expected_returns[members],
                lower=program.lower[members],
                upper=program.upper[members],
                start=None if program.start is None else program.start[members],
                linear_cost=None if linear is None else linear[members],
                impact_cost=None if impact is None else impact[members],
                turnover=program.turnover - 0.5 * float(np.abs(sold).sum()),
            ),
            least=self.least[members],
            counts=None if self.counts is None else self.counts.among(members),
            constant=self.constant + constant,
        )

    def within(self, chosen: Mask) -> Program:
        """What is left of it where some assets are held and no others."""
        lower, upper = np.where(chosen, self.least, 0.0), np.where(chosen, self.program.upper, 0.0)
        return replace(self.program, lower=lower, upper=upper)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of all choices: some assets are in, some are out, the others free."""

    inside: Mask
    outside: Mask

    @property
    def free(self) -> Mask:
        """Which may be chosen yet."""
        return ~(self.inside | self.outside)

    def with_inside(self, asset: int, counts: Counts | None = None) -> Node:
        """The part with one more asset in, and out whatever its group has no room for then."""
        inside, outside = self.inside.copy(), self.outside
        inside[asset] = True
        return Node(inside, outside if counts is None else outside | (counts.full(inside) & ~inside))

    def with_outside(self, asset: int) -> Node:
        """The part with one more asset out."""
        outside = self.outside.copy()
        outside[asset] = True
        return Node(self.inside, outside)


def root_of(choice: Choice, required: Mask | None = None) -> Node:
    """All choices: what is required is in, and what may not be held is out."""
    inside = np.zeros(choice.assets, dtype=np.bool_) if required is None else np.asarray(required, dtype=np.bool_)
    outside = (choice.program.upper <= 0.0) | (choice.program.upper < choice.least)
    if choice.counts is not None:
        outside |= choice.counts.full(inside)
    return Node(inside, outside & ~inside)


def held(choice: Choice, chosen: Mask, start: Vector | None = None) -> NewtonAnswer:
    """The best weights of some assets, each within what may be held of it."""
    return choice.newton.solve(choice.within(chosen), start)
