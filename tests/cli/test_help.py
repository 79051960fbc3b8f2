"""The help teaches, and is quick to come."""

import re
import shlex
import subprocess
import sys

import pytest
from qpo.options.v1.options_pb2 import access

from clients.cli.app import build
from clients.cli.call.catalogue import COMMANDS, find
from clients.cli.spoken import with_seconds

LIGHT = "import sys; from clients.cli.__main__ import run; run(sys.argv[1:]); sys.stderr.write(' '.join(sys.modules))"


def leaves(app, path=()):
    """Every command that does something, as the words that call it."""
    if app.default_command is not None and path:
        yield path, app
    seen = set()
    for name in app:
        if name.startswith("-"):
            continue
        if id(app[name]) not in seen:
            seen.add(id(app[name]))
            yield from leaves(app[name], (*path, name))


TREE = list(leaves(build(())))


def docstring(app):
    return app.default_command.__doc__


def examples(app):
    """The lines of a command's help that can be typed."""
    return [
        line.strip()
        for block in re.findall(r"```\n(.*?)```", docstring(app), re.DOTALL)
        for line in block.splitlines()
        if line.strip()
    ]


def commands_in(line):
    """The `qpo …` parts of a line of shell, as words; `0199…` stands for an id."""
    plain = re.sub(r"\s#.*", "", line)
    for part in re.split(r"\s(?:\||&&|>)\s", plain):
        words = shlex.split(part)
        while words and re.fullmatch(r"\w+=.*", words[0]):
            words.pop(0)
        if words and words[0] == "qpo":
            yield words[1:]


def test_the_tree_holds_every_command():
    assert {" ".join(path) for path, _ in TREE} >= {*COMMANDS.values(), "call", "completion", "up"}


EACH = pytest.mark.parametrize(("path", "app"), TREE, ids=[" ".join(path) for path, _ in TREE])


@EACH
def test_a_command_says_what_it_does_what_it_needs_and_what_it_prints(path, app):
    text = docstring(app)
    paragraphs = text.strip().split("\n\n")
    assert paragraphs[0][0].isupper()
    assert paragraphs[0].endswith(".")
    assert examples(app), f"qpo {' '.join(path)} shows no example"
    assert "Needs " in text
    assert "Prints " in text


@EACH
def test_every_example_can_be_read_as_it_stands(path, app):
    lines = [words for line in examples(app) for words in commands_in(line)]
    assert any(tuple(words[: len(path)]) == path for words in lines)
    for words in lines:
        _, bound, _ = build(words).parse_args(with_seconds(words), print_error=False, exit_on_error=False)
        assert bound is not None


@pytest.mark.parametrize(("method", "command"), COMMANDS.items())
def test_the_scope_that_help_names_is_the_contracts(method, command):
    scope = find(method).descriptor.GetOptions().Extensions[access].scope
    app = {" ".join(path): app for path, app in TREE}[command]
    assert not scope or f"scope `{scope}`" in docstring(app)


@pytest.mark.parametrize("line", [["--help"], [], ["--version"], ["profile", "list"], ["completion", "--help"]])
def test_help_comes_without_the_heavy_parts(home, line):
    done = subprocess.run([sys.executable, "-c", LIGHT, *line], capture_output=True, text=True, timeout=30, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"grpc", "matplotlib", "httpx", "numpy", "google.protobuf", "yaml"}


@pytest.mark.parametrize("line", [["portfolio", "--help"], ["call", "--help"]])
def test_a_commands_help_comes_without_pictures(home, line):
    done = subprocess.run([sys.executable, "-c", LIGHT, *line], capture_output=True, text=True, timeout=30, check=True)
    assert not set(done.stderr.split()) & {"matplotlib", "httpx", "numpy", "yaml"}


def test_qpo_alone_shows_the_walk(qpo):
    said = qpo()
    assert said.code == 0
    for step in ("qpo up", "qpo register", "qpo prices import", "qpo portfolio create", "qpo optimize", "qpo frontier"):
        assert step in said.out


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (["portfolo"], '"portfolio"'),
        (["portfolio", "rebalnce", "x"], '"rebalance"'),
        (["whoami", "--profle", "x"], "--profile"),
        (["optimize", "--dataset", "mine", "--objective", "sharp"], '"sharpe"'),
        (["whoami", "-o", "jsn"], '"json"'),
    ],
)
def test_a_slip_of_the_fingers_is_answered_with_what_was_meant(qpo, line, meant):
    said = qpo(*line)
    assert said.code == 2
    assert f"Did you mean {meant}?" in " ".join(said.err.replace("│", " ").split())
