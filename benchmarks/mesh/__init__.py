"""The whole mesh under many users at once, beside a FastAPI service that does the same; `make bench-mesh`."""
