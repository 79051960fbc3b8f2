"""The use cases, one file per RPC, and the ports that they need."""
