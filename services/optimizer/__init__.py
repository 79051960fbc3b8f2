"""optimizer *decides*: given moments, a goal and constraints, it finds the weights and says how good they are.

Owns: portfolio problems, the solvers behind one port, optimization jobs and their results.
Never: estimates moments (ml does), stores portfolios (portfolio does), keeps prices (marketdata does).
Talks to: ml for moments, portfolio for a stored portfolio's mandate and weights, marketdata for the classes of
instruments; each only when a call names them.
"""
