"""What ml does for a caller: one use case, and the ports it reaches others through."""
