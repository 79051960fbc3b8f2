"""The use cases of portfolio, one file per verb, and the ports that they need."""
