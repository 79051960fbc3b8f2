"""The README promises what is there; that its commands work is shown with those of the other pages."""

import re

from tests.docs.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SERVICES = ("auth", "portfolio", "marketdata", "ml", "optimizer")


def test_the_two_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert named == ["demo", "test"]
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_readme_alone_reaches_every_service_at_its_own_port() -> None:
    assert re.findall(r"^at localhost:700\d/qpo\.(\w+)\.v1\.", README, re.MULTILINE) == list(SERVICES)
