"""The ports, filled: PostgreSQL, worker processes, the peers over gRPC, Prometheus."""
