"""Every variable that is read from the environment is documented."""

import re

from tests.docs.conftest import ROOT

PAGE = (ROOT / "docs/architecture/03-implementation/configuration.md").read_text(encoding="utf-8")
NAME = re.compile(r"\bQPO_[A-Z][A-Z_]*[A-Z]\b")


def test_every_variable_that_the_command_line_reads_is_on_the_page() -> None:
    read = {
        name for path in (ROOT / "clients").rglob("*.py") for name in NAME.findall(path.read_text(encoding="utf-8"))
    }
    assert not [name for name in read if f"`{name}`" not in PAGE and not name.endswith(("_URL", "_PART"))]


def test_no_page_names_a_variable_that_nothing_reads() -> None:
    compose = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    known = set(NAME.findall(PAGE)) | {"QPO_TESTS_REFUSE_SKIPS", "QPO_TESTS_ABSENT"} | set(NAME.findall(compose))
    shared = {name.removeprefix("QPO_") for name in re.findall(r"QPO_<SERVICE>(_[A-Z_]+)", PAGE)}
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for name in NAME.findall(page.read_text(encoding="utf-8")):
            assert name in known or re.sub(r"^QPO_[A-Z]+", "", name) in shared, f"{page.name}: {name}"
