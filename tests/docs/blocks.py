"""The fenced blocks of a page: commands, programs, and what the page says they print."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = ("sh", "console", "python")
OUTPUTS = ("text", "json")
# What differs from run to run.
ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """Something to run, and what it prints if the page says so."""

    page: Path
    line: int
    language: str
    text: str
    output: str | None

    @property
    def script(self) -> str:
        """The block as bash runs it."""
        return f"python - <<'END OF BLOCK'\n{self.text}END OF BLOCK\n" if self.language == "python" else self.text

    def prints(self, printed: str) -> bool:
        """Whether this is what the page shows; line breaks and indentation are the page's own."""
        assert self.output is not None
        parts = [re.escape("".join(part.split())) for part in self.output.split(ANYTHING)]
        return bool(re.fullmatch(".*?".join(parts), "".join(printed.split()), re.DOTALL))


def blocks(page: Path, commands: Collection[str] = COMMANDS) -> Iterator[Block]:
    """The blocks of a page that are run, in order; a block of text or JSON right after one is its output."""
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    for fence, following in zip(fences, [*fences[1:], None], strict=False):
        if fence.group(1) in commands:
            after = following and following.group(1) in OUTPUTS and not text[fence.end() : following.start()].strip()
            line = text.count("\n", 0, fence.start()) + 1
            yield Block(page, line, fence.group(1), fence.group(2), following.group(2) if following and after else None)
