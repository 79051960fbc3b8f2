"""What choosing assets costs and proves, and what its samplers add."""
