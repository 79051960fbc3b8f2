"""Portfolios of at most K assets, each held at no less than a buy-in, with a proof of how good the choice is.

min  ½ q wᵀΣw − aᵀw + costs(w)   subject to the rows,  wᵢ = 0 or lᵢ ≤ wᵢ ≤ uᵢ,  at most (or exactly) K held
"""
