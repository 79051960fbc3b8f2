"""The estimators: pure functions of a matrix of returns.

history         the sessions in which every symbol has a return, and what is said if they are too few
spec            what is asked for, its defaults and its limits
weights         exponential weights of sessions
mean            weighted arithmetic mean
bayes_stein     mean shrunk towards the minimum-variance portfolio's (Jorion 1986)
covariance      the two ways to hold Σ: dense, and factors plus a diagonal
form            Σ from the one to the other
sample          weighted sample covariance
ledoit_wolf     covariance shrunk towards a multiple of the identity (Ledoit and Wolf 2004)
gram            the smaller Gram matrix of many returns
pairs           some eigenpairs of a symmetric matrix
components      the leading principal components of many returns
pca             K principal components plus a diagonal
rmt             covariance cleaned of what random returns would show as well (Laloux and others 2000)
lanczos         the largest eigenvalue, from products alone
spectrum        extreme eigenvalues, without an N × N eigenproblem where that can be spared
settled         Σ made safe from rounding
estimate        all of it together, per year
"""
