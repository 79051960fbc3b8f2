"""The estimators: pure functions of a matrix of returns.

history         the sessions in which every symbol has a return, and what is said if they are too few
spec            what is asked for, its defaults and its limits
weights         exponential weights of sessions
mean            weighted arithmetic mean
bayes_stein     mean shrunk towards the minimum-variance portfolio's (Jorion 1986)
covariance      the two ways to write Σ: dense, and factors plus a diagonal
sample          weighted sample covariance
ledoit_wolf     covariance shrunk towards a multiple of the identity (Ledoit and Wolf 2004)
pca             K principal components plus a diagonal
spectrum        extreme eigenvalues, without forming an N × N matrix where that can be spared
estimate        all of it together, per year
"""
