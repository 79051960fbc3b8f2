"""The use cases, one file each, named as their RPC's verb; `ports` says what they need from the world."""
