"""The gRPC skin: decode, call, encode; errors in one table."""
