"""Measures the solvers of optimizer beside the libraries that solve the same: `make bench-optimizer`.

Owns the universes, the clock and the goals. What the answers are worth is measured with the time that they take: the
gap to a tight solve by another method, and how far weights leave their limits.
"""
