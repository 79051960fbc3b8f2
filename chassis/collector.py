"""How often Python looks for garbage that holds on to itself.

Every call makes a few hundred objects, nearly all of which are gone when it ends. At Python's own threshold a busy
service looks through the young ones at every few calls and, now and then, through all that it keeps for good: a fifth
of what a crowd of subscribers cost went there.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects that came and have not gone, at which the young ones are looked through; Python's own is 700."""


def settle() -> None:
    """What is there now stays, and is not looked through again; of what comes, less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
