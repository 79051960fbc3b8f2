"""The gRPC skin of portfolio: decode, call, encode; errors leave by one table."""
