"""The engines behind `services.optimizer.domain.engine.Engine`."""

CHOOSING = "choosing"
"""What answers for a fault that no single engine is known to have."""
NEWTON = "dual_newton"
CLARABEL = "clarabel"
GENERAL = "cvxpy"
SCENARIOS = "scenario_generation"
