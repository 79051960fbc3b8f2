"""What a portfolio problem is, what its optimum is, and how one is found from the other."""
