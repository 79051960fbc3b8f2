"""Schema `portfolio`, read by nobody else."""
