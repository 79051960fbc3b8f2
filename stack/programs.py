"""Programs that the machine has, or has not."""

from __future__ import annotations

import shutil

from stack.part import CannotStart


def program(name: str) -> str:
    """Returns the path of a program. Raises CannotStart if it is not on the PATH; Debian's package has its name."""
    if found := shutil.which(name):
        return found
    raise CannotStart(f"no {name} on the PATH, which monitoring needs: install it, on Debian by `apt install {name}`")
