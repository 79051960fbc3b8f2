"""What is written of instruments: which ones a text speaks of, and whether it speaks well of them."""
