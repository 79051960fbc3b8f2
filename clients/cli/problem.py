"""What went wrong, as the person at the terminal is told: what, which field, how to mend it, and why."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

LOCAL = 1
"""Exit code of what failed on this machine: a missing file, no login, a broken promise of the demo."""
USAGE = 2
"""Exit code of a command line that cannot be read."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
FIRST_STATUS = 10
"""A refused call exits with this plus its gRPC status code, so that 15 is NOT_FOUND and 24 is UNAVAILABLE."""


@dataclass(eq=False)
class Problem(Exception):
    """Something that ends a command, told without a stack trace.

    `fixes` are pairs of a field (or a subject) and how to mend it.
    """

    what: str
    fixes: Sequence[tuple[str, str]] = ()
    reason: str = ""
    hint: str = ""
    exit_code: int = LOCAL
    status: dict[str, Any] = field(default_factory=dict)
    retry_after: float = 0.0
    """Seconds after which another try may go through, where that was told."""

    def __str__(self) -> str:
        return self.what

    def json(self) -> str:
        """The error as the REST edge would have answered it; a local one carries its exit code alone."""
        return json.dumps(self.status or {"message": self.what, "exit_code": self.exit_code}, ensure_ascii=False)

    def print(self, console: Console) -> None:
        """Prints the problem for a person."""
        lines = [Text.assemble(("✗ ", "bold red"), (self.what, "bold"))]
        for subject, mend in self.fixes:
            lines.append(Text.assemble("  ", (subject, "yellow"), ": " if subject else "", mend))
        if self.reason:
            lines.append(Text.assemble("  reason: ", (self.reason, "cyan")))
        if self.hint:
            lines.append(Text.assemble("  → ", self.hint))
        for line in lines:
            console.print(line, soft_wrap=True)
