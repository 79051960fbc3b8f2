"""marketdata *observes*.

Owns: datasets of daily prices, every version of every bar with the time it became known; the ticks that feeds bring,
judged, and the bars rolled up from them; what was wrong, kept apart. Never: estimates μ or Σ (that is ml), values a
portfolio, or decides anything.
Talks to: PostgreSQL (schema `marketdata`) for all of it, Redis for the ticks that all replicas show, the bus (Redis
Streams or Kafka) for the records of feeds, auth for the keys that tokens are verified with. Redis gone: ticks are
UNAVAILABLE, prices are served.
"""
