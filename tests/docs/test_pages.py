"""Whoever types what a page says sees what it shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.blocks import ANYTHING, Block, blocks
from tests.docs.conftest import ROOT, Newcomer

GRPCURL = ROOT / "docs/architecture/04-operations/grpcurl.md"
ENCRYPTED = ROOT / "docs/tutorials/encryption.md"
PAGES = [
    ROOT / "README.md",
    *sorted(set((ROOT / "docs/tutorials").glob("*.md")) - {ENCRYPTED}),
    *sorted(set((ROOT / "docs/architecture/04-operations").glob("*.md")) - {GRPCURL}),
]
# Run by other tests, or by being here: the mesh in front is the `newcomer` fixture itself.
LANGUAGES = {"make interop-go", "make interop-ts", "make interop-java"}
ELSEWHERE = {
    "make demo",
    "make test",
    "make drill",
    "make bench",
    ".venv/bin/qpo up",
    "qpo up",
    "qpo up --tls",
} | LANGUAGES


def runnable(page: Path) -> list[Block]:
    """The blocks of a page without the commands that run elsewhere, and without those that hold no others."""
    left = [replace(block, text="".join(filter(runs_here, block.text.splitlines(True)))) for block in blocks(page)]
    return [block for block in left if block.text.strip()]


def runs_here(line: str) -> bool:
    """Whether a line is another command than those that run elsewhere; a comment behind it is no part of it."""
    return line.split("  #", maxsplit=1)[0].strip() not in ELSEWHERE


@pytest.mark.mesh
@pytest.mark.timeout(240)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_its_commands_print(newcomer: Newcomer, page: Path) -> None:
    follow(newcomer, page)


@pytest.mark.mesh
@pytest.mark.timeout(240)
def test_the_page_of_encryption_shows_what_its_commands_print(careful: Newcomer) -> None:
    follow(careful, ENCRYPTED)


@pytest.mark.mesh
@pytest.mark.component("grpcurl")
@pytest.mark.timeout(240)
def test_the_page_of_grpcurl_shows_what_its_commands_print(newcomer: Newcomer) -> None:
    follow(newcomer, GRPCURL)


def follow(someone: Newcomer, page: Path) -> None:
    """Types what the page says, and compares what is printed."""
    todo = runnable(page)
    for block, printed in zip(todo, someone.run(todo), strict=True):
        if block.output is not None:
            shown = someone.here(block.output)
            assert block.prints(printed), f"{page.name}:{block.line} shows\n{shown}\nand printed\n{printed}"


def test_what_a_page_leaves_open_is_not_all_of_it() -> None:
    shown = [block.output for page in PAGES for block in blocks(page) if block.output is not None]
    assert len(shown) > 20
    assert all(output.replace(ANYTHING, "").strip() for output in shown)


def test_a_different_output_is_seen() -> None:
    block = Block(Path("page.md"), 1, "sh", "true", '{"a": …, "b": 2}')
    assert block.prints('{"a": 1,\n "b": 2}')
    assert not block.prints('{"a": 1, "b": 3}')
    assert not block.prints('{"a": 1, "b": 2} and more')
