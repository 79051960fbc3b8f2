"""Every decision has its record in one form, and a line in the index."""

import re
from pathlib import Path

import pytest

from tests.docs.conftest import ROOT

FOLDER = ROOT / "docs/adr"
RECORDS = sorted(FOLDER.glob("0*.md"))
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\| \[(\d+)\]\((.+?)\) \| (.+?) \| (\w+) \|$", re.MULTILINE)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem[:4])
def test_a_record_has_status_context_decision_and_consequences(record: Path) -> None:
    parts = re.findall(r"^## (.+?)\n\n(?=\S)", record.read_text(encoding="utf-8"), re.MULTILINE)
    assert parts == ["Status", "Context", "Decision", "Consequences"]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem[:4])
def test_a_record_stands_in_the_index_with_its_number_title_and_status(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    title = re.match(r"# (\d+)\. (.+)\n", text)
    status = re.search(r"^## Status\n\n(\w+)", text, re.MULTILINE)
    assert title, "the first line is `# N. The decision`"
    assert status, "it has no status"
    assert int(record.name[:4]) == int(title[1])
    assert (title[1], record.name, title[2], status[1]) in LINE.findall(INDEX)


def test_no_number_is_given_twice() -> None:
    numbers = [record.name[:4] for record in RECORDS]
    assert len(numbers) == len(set(numbers))
