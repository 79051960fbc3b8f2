"""Asking before what cannot be undone."""

import sys

from clients.cli.console import stderr
from clients.cli.problem import USAGE, Problem


def confirmed(deed: str, *, yes: bool) -> None:
    """Returns if the deed was agreed to, by --yes or at the terminal. Raises Problem if not, or if nobody can say."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Problem(f"this would {deed}", [("--yes", "say so, for nobody is there to ask")], exit_code=USAGE)
    stderr().print(f"This will {deed}. Type [bold]yes[/] to go on: ", end="")
    if input().strip().lower() != "yes":
        raise Problem("nothing was deleted")
