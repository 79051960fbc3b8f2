"""ml *estimates*: the expected returns μ and the covariance Σ that everyone else decides with.

Owns: every estimator of μ and Σ, and what is said about their quality (history, shrinkage, conditioning).
Never: keeps prices, decides weights, or drops a symbol because its history is short.
Talks to: marketdata, for the returns of a dataset; auth, for the keys that tokens are signed with; Redis or
Kafka, where refusals are told and calls are counted.
Keeps no state: the same returns and the same specification give the same moments.
"""
