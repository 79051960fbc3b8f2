"""The contract suite is complete: what the descriptors promise was met over a real server in this session.

Nothing is declared: every call that the suite made was recorded as it ended (tests/fixtures/recorder.py).
"""

import re
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from tests.contract.conftest import LAST, SKIPPED
from tests.fixtures.recorder import SUCCESS

SUITE = Path(__file__).parent
DESCRIPTORS = SUITE.parent.parent / "gen" / "descriptors" / "qpo.binpb"
TEST = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)
PREFIX = "ERROR_REASON_"


def files_of_ours():
    files = descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())
    return [file for file in files.file if file.package.startswith("qpo.")]


def services():
    """(package, service) of every contract."""
    return [
        pytest.param(file.package, service, id=service.name) for file in files_of_ours() for service in file.service
    ]


def reasons(package):
    """The package's ErrorReason values, without prefix and without UNSPECIFIED."""
    enums = [enum for file in files_of_ours() if file.package == package for enum in file.enum_type]
    values = [value.name for enum in enums if enum.name == "ErrorReason" for value in enum.value if value.number]
    return {value.removeprefix(PREFIX) for value in values}


def left_out(items):
    """The tests of the suite that this session was not asked to run, by module."""
    asked = {(item.path, item.originalname) for item in items if isinstance(item, pytest.Function)}
    modules = [path for path in sorted(SUITE.glob("test_*.py")) if path.name != LAST]
    missing = {path.name: [n for n in TEST.findall(path.read_text()) if (path, n) not in asked] for path in modules}
    return {name: tests for name, tests in missing.items() if tests}


@pytest.fixture
def outcomes(request, contract_record):
    """What the whole suite met; skips, saying what is missing, if it was not run whole."""
    missing = left_out(request.session.items)
    if missing:
        pytest.skip(f"only part of the contract suite was run; left out of {', '.join(missing)}")
    skipped = request.session.stash.get(SKIPPED, [])
    if any("tests/contract" in name and LAST not in name for name in skipped):
        pytest.skip(f"part of the contract suite was skipped: {', '.join(skipped)}")
    return contract_record


@pytest.mark.parametrize(("package", "service"), services())
async def test_every_rpc_of_a_service_was_called_and_succeeded(package, service, outcomes):
    await outcomes.settled()
    paths = {method.name: f"/{package}.{service.name}/{method.name}" for method in service.method}
    missing = [name for name, path in paths.items() if SUCCESS not in outcomes.outcomes[path]]
    assert not missing, f"no contract test succeeds with {', '.join(missing)}"


@pytest.mark.parametrize(("package", "service"), services())
async def test_every_reason_of_a_service_was_met_and_no_other(package, service, outcomes):
    await outcomes.settled()
    met, promised = outcomes.of_package(package) - {SUCCESS}, reasons(package)
    assert promised <= met, f"no contract test meets {', '.join(sorted(promised - met))}"
    assert met <= promised, f"the contract does not name {', '.join(sorted(met - promised))}"
