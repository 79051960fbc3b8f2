"""A stand-in for the platform behind its edge: the contracts, answered from memory, in a process of its own.

Run as a program it prints its address and serves until its standard input closes. It is a process because the tests
around it run grpc.aio, and this one is a plain threaded server.
"""
