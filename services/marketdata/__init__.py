"""marketdata *observes*.

Owns: datasets of daily prices, every version of every bar with the time it became known, and the newest tick
of each symbol. Never: estimates μ or Σ (that is ml), values a portfolio, or decides anything.
Talks to: PostgreSQL (schema `marketdata`) for prices and replays, Redis as the bus of ticks that all replicas
share, auth for the keys that tokens are verified with. Redis gone: ticks are UNAVAILABLE, prices are served.
"""
