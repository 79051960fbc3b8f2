"""Write the tables of docs/ that would drift if hands wrote them: `make docs`, compared by tests/docs.

A page keeps its prose; what stands between `<!-- name: written by make docs -->` and `<!-- end of name -->` is
the code's.
"""
