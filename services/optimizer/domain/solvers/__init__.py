"""The engines behind `services.optimizer.domain.engine.Engine`."""
