"""A semismooth Newton method on the dual of portfolio programs over a factor model of risk.

Importing this package imports numba if it is there: the rest of the domain does without.
"""
