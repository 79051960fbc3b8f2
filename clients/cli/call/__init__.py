"""`qpo call`: every method of every contract by its name, as the contracts themselves describe it."""
