"""What is committed for other languages is what the contracts give."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.fixtures.skips import missing
from tests.interop.programs import ROOT, make
from tools.generate_clients import LANGUAGES, generate

# Kept by hand: what Go needs to know of a module.
BY_HAND = {"go.mod", "go.sum"}
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("language", LANGUAGES)
def test_generated_files_are_those_that_the_contracts_give(language: str, tmp_path: Path) -> None:
    if shutil.which(LANGUAGES[language].program) is None:
        pytest.skip(missing(LANGUAGES[language].program))
    # The plugins that are pinned there.
    make(f"interop-{language}")
    generate(language, tmp_path)
    made, committed = files(tmp_path / language), files(ROOT / "gen" / language)
    assert made.keys() == committed.keys() - BY_HAND
    stale = [name for name, text in made.items() if text != committed[name]]
    assert not stale, f"run `make gen`: {stale}"


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.*") if path.is_file()}
