"""The gRPC skin: decode, call, encode; one table of errors."""
