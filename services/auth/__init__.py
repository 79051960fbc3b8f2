"""auth *admits*: it knows who may enter and says so in signed tokens.

Owns: users and their roles, password hashes, second factors, keys for machines, refresh-token families, the signing
    key, the roles' scopes, and the PostgreSQL schema `auth`.
Never: decides what a caller may see of another service's data, keeps a password, a key or a refresh token in clear,
    or gives its private key to anybody.
Talks to: PostgreSQL and its key folder. Everybody asks it for public keys; it asks nobody.
"""
