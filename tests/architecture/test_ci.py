"""What a machine without anyone watching cannot have it names, by the words that tests skip by."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN, PACKAGES = ROOT / ".ci" / "run", ROOT / ".ci" / "packages"
SKIPS = re.compile(r"""(?:mark\.component|missing)\("([a-z0-9-]+)"\)""")


def skipped_by() -> set[str]:
    """Every component that a test is skipped without."""
    return {word for path in (ROOT / "tests").rglob("*.py") for word in SKIPS.findall(path.read_text())}


def packaged(path: Path) -> set[str]:
    """The programs that `.ci/packages` misses where nothing is but what a folder has."""
    bash = shutil.which("bash") or pytest.fail("no bash")
    done = subprocess.run(
        [bash, str(PACKAGES), "missing"], env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def named() -> set[str]:
    """What `.ci/run` itself looks for."""
    text = RUN.read_text()
    loops = [words.split() for words in re.findall(r"for program in ([^$;]+); do [^\n]*QPO_TESTS_ABSENT", text)]
    return {*re.findall(r'QPO_TESTS_ABSENT\+="([a-z-]+) "', text), *(word for words in loops for word in words)}


def test_every_component_that_a_test_is_skipped_without_is_named_where_it_is_absent(tmp_path: Path) -> None:
    assert {"amtool", "rsyslogd", "kafka", "kubeconform"} <= skipped_by()
    assert skipped_by() <= packaged(tmp_path) | named()


def test_a_shipper_without_its_module_is_missing_as_the_test_of_logs_has_it(tmp_path: Path) -> None:
    (tmp_path / "rsyslogd").write_text("#!/bin/sh\n")
    (tmp_path / "rsyslogd").chmod(0o755)
    module = list(Path("/usr/lib").glob("*/rsyslog/omelasticsearch.so"))
    assert ("rsyslogd" in packaged(tmp_path)) == (not module)


def test_nothing_is_set_up_twice_at_a_time() -> None:
    """Of the Makefile's targets, those that need the environment are asked for when it is there."""
    makefile, told = (ROOT / "Makefile").read_text(), RUN.read_text()
    needy = set(re.findall(r"^([a-z-]+):.*\$\((?:READY|INSTALLED)\)", makefile, re.MULTILINE))
    waited = told.index('wait "$setup"')
    asked = {found.group(1): found.start() for found in re.finditer(r"make ([a-z-]+)", told) if found.group(1) in needy}
    assert {"schemas", "test"} <= set(asked)
    assert all(place > waited for place in asked.values()), asked
