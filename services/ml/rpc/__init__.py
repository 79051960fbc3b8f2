"""The gRPC skin of ml."""
