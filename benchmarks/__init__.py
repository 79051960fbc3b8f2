"""Measures the mesh: `make bench`, or `python -m benchmarks --only NAME`.

Owns the load, the clocks and the rivals. Never part of the product: nothing imports it.
"""
