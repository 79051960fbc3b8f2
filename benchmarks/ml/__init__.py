"""Measures the estimators of ml beside the libraries that estimate the same: `make bench-ml`.

All on one thread, in the CPU time of the process; one prints what the others' answers are worth only if the covariances
agree, which the tests of ml say, not this.
"""
