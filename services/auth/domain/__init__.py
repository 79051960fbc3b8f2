"""Users, roles, passwords and tokens, as rules without I/O.

- `errors`: what is wrong, as nouns
- `roles`: roles, their scopes and what each scope implies
- `user`: a person who may log in
- `passwords` and `guessable`: which passwords are refused
- `refresh_tokens`: families of single-use tokens
- `second_factors`: codes of authenticator apps, and recovery codes
- `api_keys`: keys by which machines work for a user
- `claims`: what an access token says
"""
