"""The engines behind `services.optimizer.domain.engine.Engine`."""

ENGINE = "clarabel"
"""The engine that results name."""
