"""Market data measured: ticks taken in, and ticks sent to a crowd, beside what others would do."""
