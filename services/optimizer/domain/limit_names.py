"""What the limits of a problem are called, wherever they are told of: in conflicts and in shadow prices."""

from __future__ import annotations

from dataclasses import dataclass

from services.optimizer.domain.admissible import Row


@dataclass(frozen=True, slots=True)
class LimitName:
    """One end of a limit: its type, its path in the request, and how a sentence calls it."""

    type: str
    subject: str
    noun: str
    in_weights: bool = True
    """Whether it is a fraction, so that people count it in percent."""


TURNOVER = LimitName("TURNOVER", "constraints.max_turnover", "the greatest turnover")
GROSS = LimitName("MAX_GROSS", "constraints.max_gross", "the greatest gross exposure")
VOLATILITY = LimitName("MAX_VOLATILITY", "goal.max_volatility", "the greatest volatility")
TRACKING = LimitName("MAX_TRACKING_ERROR", "constraints.max_tracking_error", "the greatest tracking error")
CVAR = LimitName("MAX_CVAR", "constraints.max_cvar.max", "the greatest conditional value at risk")
RETURN = LimitName("MIN_RETURN", "goal.min_return", "the least expected return")


def row_name(row: Row, *, is_cap: bool) -> LimitName:
    """One end of a row of the admissible set."""
    end, side, size = ("max", "CAP", "cap") if is_cap else ("min", "FLOOR", "floor")
    match row.kind:
        case "BUDGET":
            noun = f"the {'greatest' if is_cap else 'least'} sum of weights"
            return LimitName(f"BUDGET_{end.upper()}", f"{row.subject}.{end}_budget", noun)
        case "GROUP":
            return LimitName(f"GROUP_{side}", f"{row.subject}.{end}", f"the {size} of group {_inside(row.subject)}")
        case "ROW":
            noun = f"the {size} of row {_inside(row.subject)}"
            return LimitName(f"ROW_{side}", f"{row.subject}.{end}", noun, in_weights=False)
        case "FACTOR":
            noun = f"the {size} of factor limit {_inside(row.subject)}"
            return LimitName(f"FACTOR_{side}", f"{row.subject}.{end}", noun, in_weights=False)
        case "CVAR":
            return CVAR
    return RETURN


def bound_name(field: str, whose: str, *, is_cap: bool) -> LimitName:
    """One end of the bounds at a path of the request."""
    kind, end, size = ("BOUND_MAX", "max", "greatest") if is_cap else ("BOUND_MIN", "min", "least")
    return LimitName(kind, f"{field}.{end}", f"the {size} weight {whose}")


def active_name(*, is_cap: bool) -> LimitName:
    """One end of the bounds of the active weights."""
    end, size = ("max", "greatest") if is_cap else ("min", "least")
    return LimitName(f"ACTIVE_{end.upper()}", f"constraints.active_bounds.{end}", f"the {size} active weight")


def _inside(subject: str) -> str:
    """What a path has between its brackets."""
    return subject[subject.index("[") + 1 : subject.rindex("]")]
