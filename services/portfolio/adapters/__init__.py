"""What the ports of portfolio are made of: PostgreSQL, and the peers over gRPC."""
