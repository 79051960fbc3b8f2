"""What the ports stand for here: PostgreSQL, Redis, Parquet, the event loop's clock."""
