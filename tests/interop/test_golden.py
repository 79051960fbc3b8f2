"""Every language reads the same bytes and JSON into the same message, and writes the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from tests.interop.golden_messages import FOLDER, messages, write
from tests.interop.programs import Program

NAMES = list(messages())
# NaN equals nothing, not even itself.
UNEQUAL = {"nan"}
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def rewritten(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the program makes of the golden messages."""
    out = tmp_path_factory.mktemp("golden")
    program.run("golden", str(FOLDER), str(out))
    return out


def test_golden_messages_are_those_that_python_writes(tmp_path: Path) -> None:
    write(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in FOLDER.iterdir()}
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (FOLDER / file.name).read_bytes(), file.name


@pytest.mark.parametrize("name", NAMES)
def test_bytes_come_back_as_they_went(program: Program, rewritten: Path, name: str) -> None:
    file = f"{name}.binpb"
    written = (rewritten / file).read_bytes()
    assert (written == (FOLDER / file).read_bytes()) is program.same(file)
    assert name in UNEQUAL or (parsed(name, written) == messages()[name]) is (file not in program.loses)


@pytest.mark.parametrize("name", NAMES)
def test_json_means_the_same_message(program: Program, rewritten: Path, name: str) -> None:
    file = f"{name}.from-json.binpb"
    if not program.json:
        assert not (rewritten / file).exists()
        return
    expected = messages()[name]
    # What no contract knows yet has no JSON.
    expected.DiscardUnknownFields()
    written = (rewritten / file).read_bytes()
    assert (written == expected.SerializeToString(deterministic=True)) is program.same(file)
    assert name in UNEQUAL or (parsed(name, written) == expected) is (file not in program.loses)


@pytest.mark.parametrize("name", NAMES)
def test_json_says_the_same(program: Program, rewritten: Path, name: str) -> None:
    file = f"{name}.json"
    if not program.json:
        assert not (rewritten / file).exists()
        return
    assert (canonical(rewritten / file) == canonical(FOLDER / file)) is program.same(file)


def parsed(name: str, encoded: bytes) -> Message:
    return type(messages()[name]).FromString(encoded)


def canonical(file: Path) -> Any:
    """JSON with its numbers by their bits: the sign of zero counts, and how a number is written does not."""

    def bits(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bits(each) for key, each in value.items()}
        if isinstance(value, list):
            return [bits(each) for each in value]
        return value.hex() if isinstance(value, float) else value

    return bits(json.loads(file.read_text(), parse_int=float))
