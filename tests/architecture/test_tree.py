"""What a file may be called, how long it may be, and what it may not say."""

import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("chassis", "services", "stack", "clients", "tools", "tests", "benchmarks")
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "misc", "base", "manager", "core"}
LONGEST = 400


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in CODE]


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert not [path for path in python_files() if path.stem in FORBIDDEN_NAMES]


def test_files_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in python_files() if "tests" not in path.parts}
    with capsys.disabled():
        longest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
        shown = ", ".join(f"{path.relative_to(ROOT)} {size}" for path, size in longest)
        print(f"\n[sizes] {len(sizes)} files, median {statistics.median(sizes.values()):.0f} lines; longest: {shown}")
    assert not {path: size for path, size in sizes.items() if size > LONGEST}


def test_no_file_names_a_registry_or_a_machine() -> None:
    hosts = r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|(proxy|sum)\.golang\.org|repo1?\.maven|static\.crates"
    # Written apart, so that this file is not its own offender.
    pattern = re.compile(rf"({hosts})|[\s\"'=](/" + "work/|/" + "farm/|/" + "root/)")
    offenders = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".binpb", ".png", ".gz", ".parquet"}:
            continue
        if found := pattern.search(path.read_text(errors="replace")):
            offenders.append((path.relative_to(ROOT), found.group(0)))
    assert not offenders
