"""The five services; each talks to the others by contract alone."""
