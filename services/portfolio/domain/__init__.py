"""What a portfolio is and what may be done with it: pure, synchronous, exact decimals."""
