"""What finance says, as data: lists of words and phrases, grouped by meaning, each with the polarity that it has alone.

All are in base form ("cost", "bad loan", "walk away") and known in their other forms; # stands for a number.
"""
