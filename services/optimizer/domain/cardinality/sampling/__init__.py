"""Samplers of choices: QAOA as a classical machine simulates it, and others behind the same port.

A sampler draws choices of K out of a few promising assets, from what they cost. The search makes every draw exact, and
bounds what it finds like any other choice: a sampler can bring a better choice sooner, and never a wrong answer.
"""
