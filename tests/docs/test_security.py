"""Every control that the pages of security and compliance name is proven by a test that is there."""

import ast
import re

import pytest

from tests.docs.conftest import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
COMPLIANCE = "".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs/compliance").glob("*.md")))
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE + COMPLIANCE)))
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| threat")]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_named_test_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_threat_names_one(row: str) -> None:
    assert "::test_" in row.rpartition("|")[0].rpartition("|")[2]
