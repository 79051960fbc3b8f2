"""The overlays as kustomize renders them, once for all tests."""

import copy
import functools
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.skips import missing
from tools.manifests.manifest import Document, read

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OVERLAYS = ("kind", "prod")
# What is applied by itself, before an overlay.
MIGRATIONS = tuple(f"{overlay}/migrations" for overlay in OVERLAYS)


def rendered(overlay: str) -> list[Document]:
    """The documents of an overlay; a copy that a test may change."""
    return copy.deepcopy(_read(overlay))


@functools.cache
def _read(overlay: str) -> list[Document]:
    return read(text_of(DEPLOY / "overlays" / overlay))


@functools.cache
def text_of(folder: Path) -> str:
    """What a kustomization says, as YAML."""
    command = kustomize()
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kustomize() -> list[str]:
    """The command that renders; skips by name where there is none."""
    for program, words in (("kustomize", ["kustomize", "build"]), ("kubectl", ["kubectl", "kustomize"])):
        if shutil.which(program):
            return words
    pytest.skip(missing("kubectl"))


def one(documents: list[Document], kind: str, name: str) -> Document:
    """The document of this kind and name."""
    return next(each for each in documents if each["kind"] == kind and each["metadata"]["name"] == name)
