"""Every method can be reached, in every format."""

import json
from pathlib import Path

import pytest
import yaml

from clients.cli import connection
from clients.cli.app import build
from clients.cli.call.catalogue import COMMANDS, ENTRIES, methods
from tests.cli.conftest import ROOT
from tests.cli.lines import LINES, QUIET, command_of


@pytest.fixture
def called(monkeypatch):
    """The methods that were called, in order."""
    seen = []
    signed = connection._Signing._signed

    def noted(self, details):
        seen.append(details.method.lstrip("/"))
        return signed(self, details)

    monkeypatch.setattr(connection._Signing, "_signed", noted)
    return seen


def test_every_service_of_the_contracts_is_in_the_catalogue():
    holding = [file for file in (ROOT / "proto").rglob("*.proto") if "\nservice " in file.read_text()]
    assert {str(file.relative_to(ROOT / "proto").with_suffix("")) for file in holding} == {
        str(Path(*entry.split("."))) for entry in ENTRIES
    }


def test_every_method_has_a_command():
    assert set(COMMANDS) == {method.path for method in methods()}


def test_every_command_of_the_table_is_there():
    app = build(())
    for command in COMMANDS.values():
        _, _, left = app.parse_commands(command.split())
        assert not left, command


@pytest.mark.parametrize("path", COMMANDS)
def test_the_command_calls_its_method(me, typed, called, path):
    said = me(*typed(LINES[path]))
    assert said.code == 0, said.err
    assert path in called
    assert command_of(LINES[path]) == COMMANDS[path]


@pytest.mark.parametrize("line", [line for line in LINES.values() if command_of(line) not in QUIET])
def test_every_result_can_be_had_as_table_json_and_yaml(me, typed, line):
    words = typed(line)
    table, as_json, as_yaml = (me(*words, "-o", form) for form in ("table", "json", "yaml"))
    assert (table.code, as_json.code, as_yaml.code) == (0, 0, 0), table.err + as_json.err + as_yaml.err
    assert table.out
    if line.startswith(("ticks watch", "bars watch", "sentiment watch", "admin security watch")):
        assert all(json.loads(each) for each in as_json.out.splitlines())
        assert all(document["cursor"] for document in yaml.safe_load_all(as_yaml.out))
    else:
        assert as_json.json.keys() == yaml.safe_load(as_yaml.out).keys()


def test_a_request_that_can_be_tried_has_a_command_that_tries_it(qpo):
    tried = {
        "qpo.marketdata.v1.MarketDataService/IngestPrices",  # its header can
        *(it.path for it in methods() if "validate_only" in it.descriptor.input_type.fields_by_name),
    }
    assert len(tried) >= 4
    for path in tried:
        assert "--dry-run" in qpo(*COMMANDS[path].split(), "--help").out, path


def test_a_dry_run_creates_nothing(me):
    before = len(me("portfolio", "list", "-o", "json").json["portfolios"])
    said = me("portfolio", "create", "Maybe", "--dry-run")
    assert "it was only checked" in said.out
    assert len(me("portfolio", "list", "-o", "json").json["portfolios"]) == before


def test_a_dry_run_of_a_job_makes_none(me):
    assert "it was only checked" in me("optimize", "--dataset", "mine", "--dry-run").out
    assert me("optimize", "submit", "--dataset", "mine", "--dry-run", "-o", "json").json["job_id"] == ""
