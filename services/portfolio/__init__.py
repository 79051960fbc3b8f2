"""portfolio *remembers*: what is held, under which strategy, and every version of it.

Owns portfolios, their holdings and their performance, in the PostgreSQL schema `portfolio`; weights, cash and
trades of a rebalance are computed here from what the optimizer decides.
Never estimates moments, solves a problem or keeps prices; never tells one user of another's portfolio.
Talks to optimizer (Solve, problem inline), marketdata (ListCloses) and auth (its public keys).
"""
