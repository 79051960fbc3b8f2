"""Allocations that a rule says rather than a program: budgets of risk, cluster trees, baselines; and who carries risk.

All are long only and fully invested, and look at Σ alone. Bounds and rows have no say in them: whoever calls refuses
those, as a limit that is not looked at would be broken in silence.
"""
