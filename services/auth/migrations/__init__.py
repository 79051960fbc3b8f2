"""Schema `auth`, read by nobody else."""
