"""What the page about other languages shows is what its programs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import Block, blocks
from tests.interop.programs import ROOT

PAGE = ROOT / "docs/tutorials/polyglot.md"
SOURCES = {
    "go": "interop/go/*.go",
    "ts": "interop/ts/src/*.ts",
    "java": "interop/java/src/qpo/interop/*.java",
    "rust": "interop/rust/src/*.rs",
}
EXCERPTS = list(blocks(PAGE, SOURCES))


def test_there_are_excerpts_of_every_language() -> None:
    assert {block.language for block in EXCERPTS} == SOURCES.keys()


@pytest.mark.parametrize("block", EXCERPTS, ids=lambda block: block.language)
def test_an_excerpt_is_in_the_program(block: Block) -> None:
    sources: list[Path] = list(ROOT.glob(SOURCES[block.language]))
    assert any(block.text in source.read_text() for source in sources), f"{PAGE.name}:{block.line}"
