"""Whatever a page points to is there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.conftest import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
# The places that the specification wants documented, below docs/architecture.
TREE = {
    "01-overview": {"system-context", "quality-attributes", "constraints"},
    "02-design": {"component-diagram", "sequence-diagrams", "deployment-diagram"},
    "03-implementation": {"api-specifications", "database-schema", "configuration"},
    "04-operations": {"monitoring", "troubleshooting", "disaster-recovery"},
}


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in LINK.findall(text)]
    assert not [target for target in targets if target and not (page.parent / target).exists()]


def test_every_page_that_the_specification_wants_is_there() -> None:
    folder = ROOT / "docs/architecture"
    there = {part: {page.stem for page in (folder / part).glob("*.md")} for part in TREE}
    assert all(pages <= there[part] for part, pages in TREE.items()), there


def test_the_table_of_contents_names_every_page_of_the_docs() -> None:
    contents = (ROOT / "docs/architecture/README.md").read_text(encoding="utf-8")
    named = {(ROOT / "docs/architecture" / target.partition("#")[0]).resolve() for target in LINK.findall(contents)}
    wanted = {page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "adr" or page.name == "README.md"}
    assert wanted - named <= {ROOT / "docs/architecture/README.md"}


def test_a_diagram_is_one_of_the_kinds_that_are_drawn() -> None:
    drawn = [
        text
        for page in pages()
        for text in re.findall(r"^```mermaid\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    ]
    assert len(drawn) > 10
    assert all(re.match(r"flowchart (LR|TB)\n|sequenceDiagram\n|erDiagram\n", text) for text in drawn)
