"""The versions of whatever may change an answer when it changes."""

from __future__ import annotations

import platform
from importlib.metadata import version

COMPUTING = ("qpo", "numpy", "scipy", "numba", "clarabel", "highspy", "cvxpy")


def versions() -> dict[str, str]:
    """By name."""
    return {"python": platform.python_version(), **{name: version(name) for name in COMPUTING}}
