"""What the demo says while it happens, and how long each step took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from clients.cli.output import grid


@dataclass
class Step:
    """A step that was walked."""

    name: str
    seconds: float
    outcome: str = ""


class Narrator:
    """Tells the steps one after the other and remembers their times."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.steps: list[Step] = []
        self._begun = time.monotonic()

    @contextmanager
    def step(self, name: str, intent: str) -> Iterator[Step]:
        """Says what is about to happen; when it is done, its outcome and time. A step that fails says so."""
        number = len(self.steps) + 1
        self.console.print(Text.assemble((f"\n{number:>2}  {name}", "bold cyan"), ("  " + intent, "dim")))
        step = Step(name, 0.0)
        self.steps.append(step)
        begun = time.monotonic()
        try:
            yield step
        except BaseException:
            self.console.print(Text(f"    ✗ after {time.monotonic() - begun:.1f} s", "red"))
            raise
        step.seconds = time.monotonic() - begun
        self.console.print(Text.assemble(("    ✓ ", "green"), step.outcome, (f"  {step.seconds:.2f} s", "dim")))

    def say(self, what: RenderableType) -> None:
        """Shows something inside a step."""
        self.console.print(Padding(what, (0, 0, 0, 4), expand=False), highlight=False)

    def summary(self) -> RenderableType:
        """Every step with its outcome and time."""
        rows = [(str(i), step.name, step.outcome, f"{step.seconds:.2f}") for i, step in enumerate(self.steps, 1)]
        total = time.monotonic() - self._begun
        return grid(
            (">#", "step", "outcome", ">seconds"), [*rows, ("", Text("the whole walk", "bold"), "", f"{total:.2f}")]
        )
