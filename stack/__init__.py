"""Runs the whole mesh on one machine: PostgreSQL, Redis, the five services and Envoy.

Owns processes, addresses and readiness. Never imports anything of ours: a service is a program with environment
variables, whatever it is written in. Talks to: the operating system, and each part's own port to ask if it is ready.
"""
