"""Quadratic programs over any covariance, mostly a dense one: some assets at first, until no other is worth adding."""
