"""The programs of interop/, one per language, as they are built and run on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INTEROP = ROOT / "interop"


@dataclass(frozen=True)
class Program:
    """A language's program."""

    # What must be on the PATH for it.
    needs: Sequence[str]
    # How it is built, as a target of the Makefile; the target does nothing if nothing changed.
    target: str
    # How it is run, in the repository's root.
    command: Sequence[str]
    # Too long to build for every run.
    nightly: bool = False
    # Whether its runtime has JSON.
    json: bool = True
    # Golden files that come out otherwise than Python writes them and mean the same, each with the reason.
    differs: Mapping[str, str] = field(default_factory=dict)
    # Golden files that come out as another message, each with the reason.
    loses: Mapping[str, str] = field(default_factory=dict)

    def same(self, file: str) -> bool:
        """Whether a golden file comes out byte by byte."""
        return file not in self.differs and file not in self.loses

    def missing(self) -> str:
        """What must be on the PATH and is not; empty if all is there."""
        return next((name for name in self.needs if shutil.which(name) is None), "")

    def walk(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """What the program saw on its walk through the mesh."""
        return dict(json.loads(self.run("walk", given=json.dumps(task))))

    def run(self, *arguments: str, given: str = "") -> str:
        """What it prints. Raises AssertionError with its complaint if it fails."""
        ran = subprocess.run(
            [*self.command, *arguments],
            **{"cwd": ROOT, "env": ENVIRONMENT, "input": given, "capture_output": True, "text": True, "timeout": 100},
            check=False,
        )
        assert ran.returncode == 0, f"{self.command[0]} {arguments}: {ran.stderr}{ran.stdout}"
        return ran.stdout


# A proxy of the environment does not lead back to this machine.
_LOCAL = "localhost,127.0.0.1"
ENVIRONMENT = {**os.environ, "no_proxy": _LOCAL, "NO_PROXY": _LOCAL}

JAVA_CLASSES = "interop/java/target/classes:interop/java/target/lib/*"
_OTHER_ORDER = "of two keys of which one begins the other, Python's runtime writes the longer first"
_BY_NUMBER = "objects of JavaScript have keys that are whole numbers first, by their size"
_JAVA_ZERO = "protobuf-java reads -0.0 from JSON as 0"
_NO_MINUS = "JSON.stringify writes -0 as 0"

PROGRAMS: Mapping[str, Program] = {
    "python": Program([], "interop-python", ["interop/python/out/venv/bin/python", "interop/python"]),
    "go": Program(
        ["go"],
        "interop-go",
        ["interop/go/out/interop"],
        differs={
            "maps.binpb": _OTHER_ORDER,
            "maps.from-json.binpb": _OTHER_ORDER,
            "nan.from-json.binpb": "Go's NaN has another payload than C's",
        },
    ),
    "java": Program(
        ["java", "javac", "mvn"],
        "interop-java",
        ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", JAVA_CLASSES, "qpo.interop.Main"],
        differs={
            "maps.binpb": _OTHER_ORDER,
            "maps.from-json.binpb": _OTHER_ORDER,
        },
        loses={"moments.from-json.binpb": _JAVA_ZERO, "result.from-json.binpb": _JAVA_ZERO},
    ),
    "rust": Program(
        ["cargo"],
        "interop-rust",
        ["interop/rust/target/debug/interop"],
        nightly=True,
        json=False,
        differs={
            "maps.binpb": _OTHER_ORDER,
            "request.binpb": "prost leaves zeros and empty messages out of the entries of a map",
        },
        loses={"later.binpb": "prost drops fields that it does not know"},
    ),
    "cpp": Program(
        ["cmake", "protoc", "grpc_cpp_plugin"],
        "interop-cpp",
        ["interop/cpp/out/interop"],
        nightly=True,
        differs={"maps.binpb": _OTHER_ORDER, "maps.from-json.binpb": _OTHER_ORDER},
        loses={"infeasible.from-json.binpb": "C++ writes what an Any holds in the order of the JSON's keys"},
    ),
    "typescript": Program(
        ["node", "npm"],
        "interop-ts",
        ["node", "interop/ts/out/main.js"],
        differs={
            "maps.binpb": _BY_NUMBER,
            "maps.from-json.binpb": _BY_NUMBER,
        },
        loses={"moments.json": _NO_MINUS, "result.json": _NO_MINUS},
    ),
}


@cache
def built(language: str) -> Program:
    """The program, built if it was not. Raises AssertionError with the compiler's complaint."""
    program = PROGRAMS[language]
    make(program.target)
    return program


def make(target: str) -> None:
    """Bring what a target of the Makefile makes up to date."""
    done = subprocess.run(["make", "--silent", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"make {target}: {done.stdout}{done.stderr}"
