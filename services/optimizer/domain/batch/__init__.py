"""Many portfolios over one universe: a frame of them in, their optima out, each failure by itself."""
