"""What stands behind the ports: marketdata over gRPC, and threads."""
