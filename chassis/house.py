"""What all calls of one server share."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.authentication import Authenticator
from chassis.budgets import Budgets
from chassis.callers import Callers
from chassis.methods import Cost, Method
from chassis.metrics import Metrics
from chassis.telemetry import Telemetry
from chassis.validation import Validation
from chassis.watch import Watch

_AGE_GRACE = 30.0  # seconds by which an endless stream may outlive its age before it is ended for it


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds given to calls whose caller states no deadline."""

    unary: float
    compute: float
    stream: float
    age: float

    def default(self, method: Method) -> float:
        """Returns the time limit of `method`."""
        if method.endless:
            return self.age + _AGE_GRACE
        if method.client_streaming or method.server_streaming:
            return self.stream
        return self.compute if method.cost is Cost.SOLVE else self.unary


@dataclass(frozen=True, slots=True)
class House:
    """What all doors of one server share."""

    authenticator: Authenticator
    validation: Validation
    telemetry: Telemetry
    metrics: Metrics
    limits: Limits
    budgets: Budgets
    callers: Callers | None = None  # none: clear text, in which nobody proves who they are
    watch: Watch | None = None  # none: nobody is told how the server is used
    refuses_injection: bool = False  # a text that reads like SQL injection is refused, and not told alone
