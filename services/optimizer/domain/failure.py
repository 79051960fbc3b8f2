"""Errors of a solve as records: what a worker sends back, and what a failed job keeps."""

from __future__ import annotations

from dataclasses import dataclass

from services.optimizer.domain.errors import (
    Cancelled,
    Conflict,
    Infeasible,
    InvalidProblem,
    Named,
    NoExcessReturn,
    OutOfTime,
    SolverFailed,
    Unbounded,
    Violation,
)

# Whoever solves raises one of these; anything else is a defect and becomes SolverFailed.
SolveError = Cancelled | Infeasible | InvalidProblem | NoExcessReturn | OutOfTime | SolverFailed | Unbounded


@dataclass(frozen=True, slots=True)
class Failure:
    """An error with all that its answer tells; `kind` is its class's name."""

    kind: str
    text: str = ""
    engine: str = ""
    conflicts: tuple[Conflict, ...] = ()
    together: bool = False
    contradiction: tuple[Named, ...] = ()
    relaxation: tuple[Conflict, ...] = ()
    violations: tuple[Violation, ...] = ()
    greatest: float = 0.0
    risk_free_rate: float = 0.0


def is_foreseen(error: Exception) -> bool:
    """Whether an error says what is wrong with the problem, rather than with us."""
    return isinstance(error, SolveError)


def failure_of(error: Exception, engine: str) -> Failure:
    """Record an error of a solve."""
    match error:
        case Infeasible():
            return Failure(
                "Infeasible",
                conflicts=error.conflicts,
                together=error.together,
                contradiction=error.contradiction,
                relaxation=error.relaxation,
            )
        case InvalidProblem():
            return Failure("InvalidProblem", violations=error.violations)
        case NoExcessReturn():
            return Failure("NoExcessReturn", greatest=error.greatest, risk_free_rate=error.risk_free_rate)
        case SolverFailed():
            return Failure("SolverFailed", error.detail, error.engine)
        case Cancelled() | OutOfTime() | Unbounded():
            return Failure(type(error).__name__, str(error))
        case _:
            # Its text and its class are for us, not for a caller.
            return Failure("SolverFailed", "it met a fault of its own", engine)


def error_of(failure: Failure) -> SolveError:
    """The error that was recorded."""
    match failure.kind:
        case "Infeasible":
            return Infeasible(
                failure.conflicts,
                together=failure.together,
                contradiction=failure.contradiction,
                relaxation=failure.relaxation,
            )
        case "InvalidProblem":
            return InvalidProblem(failure.violations)
        case "NoExcessReturn":
            return NoExcessReturn(failure.greatest, failure.risk_free_rate)
        case "SolverFailed":
            return SolverFailed(failure.engine, failure.text)
    plain: dict[str, type[Unbounded | Cancelled | OutOfTime]]
    plain = {each.__name__: each for each in (Unbounded, Cancelled, OutOfTime)}
    return plain[failure.kind](failure.text)
