"""The contracts: linted, formatted, unbroken, annotated; what is generated from them is fresh."""

import filecmp
import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from openapi_spec_validator import validate
from qpo.options.v1 import options_pb2

from tools.generate_clients import LANGUAGES
from tools.openapi import REFUSALS, emit, read_image

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "gen/descriptors/qpo.binpb"
RELEASED = ROOT / "gen/descriptors/released.binpb"


def buf(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("buf"), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def our_methods() -> list[tuple[str, descriptor_pb2.MethodDescriptorProto]]:
    return [
        (f"{file.package}.{service.name}/{method.name}", method)
        for file in read_image(IMAGE).file
        if file.package.startswith("qpo.")
        for service in file.service
        for method in service.method
    ]


def test_contracts_pass_buf_lint() -> None:
    checked = buf("lint", f"{IMAGE}#format=binpb", "--path", "qpo")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_contracts_are_formatted() -> None:
    checked = buf("format", "--diff", "--exit-code", "proto")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_contract_breaks_a_released_one() -> None:
    checked = buf("breaking", f"{IMAGE}#format=binpb", "--against", f"{RELEASED}#format=binpb")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gen")
    # In a process of its own: generated modules of the same name are loaded here already.
    subprocess.run([sys.executable, "-m", "tools.generate", "--out", str(out)], cwd=ROOT, check=True)
    return out


def test_generated_files_are_those_that_the_contracts_give(fresh: Path) -> None:
    made = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
    committed = {
        path.relative_to(ROOT / "gen")
        for path in (ROOT / "gen").rglob("*")
        if path.is_file() and path.name != RELEASED.name and "__pycache__" not in path.parts
    }
    # Other languages than Python take tools of their own: tests/interop makes them anew.
    committed = {path for path in committed if path.parts[0] not in LANGUAGES}
    assert made == committed
    stale = [name for name in made if not filecmp.cmp(fresh / name, ROOT / "gen" / name, shallow=False)]
    assert not stale, f"run `make gen`: {stale}"


def test_every_method_says_who_may_call_it_and_whether_it_may_be_repeated() -> None:
    for name, method in our_methods():
        assert method.options.Extensions[options_pb2.access].WhichOneof("rule"), f"{name} declares no access"
        assert method.options.HasField("idempotency_level"), f"{name} declares no idempotency_level"


def test_only_methods_without_effect_are_reached_by_get() -> None:
    for name, method in our_methods():
        rule = method.options.Extensions[annotations_pb2.http]
        if rule.WhichOneof("pattern") == "get":
            assert method.options.idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS, name


def test_no_message_of_ours_holds_an_any() -> None:
    for file in read_image(IMAGE).file:
        if file.package.startswith("qpo."):
            for message in file.message_type:
                assert all(field.type_name != ".google.protobuf.Any" for field in message.field), message.name


def test_the_descriptor_set_lets_the_edge_print_error_details() -> None:
    names = {file.name for file in read_image(IMAGE).file}
    assert "google/rpc/error_details.proto" in names


def test_the_openapi_document_is_valid_and_holds_every_path_of_the_spec() -> None:
    document = emit(read_image(IMAGE), "1")
    validate(document)
    spec = {
        "/api/v1/portfolios": {"post"},
        "/api/v1/portfolios/{portfolio_id}": {"get", "put", "delete"},
        "/api/v1/portfolios/{portfolio_id}/holdings": {"get"},
        "/api/v1/portfolios/{portfolio_id}/rebalance": {"post"},
        "/api/v1/optimize": {"post"},
        "/api/v1/optimize/{job_id}/status": {"get"},
        "/api/v1/optimize/{job_id}/result": {"get"},
    }
    for path, verbs in spec.items():
        assert verbs <= set(document["paths"][path]), path


def test_the_openapi_document_knows_each_status_of_http_by_the_codes_that_the_table_of_errors_has() -> None:
    text = (ROOT / "docs/api/errors.md").read_text()
    table = {(int(code), http) for code, http in re.findall(r"^\| [A-Z_]+ (\d+) \| (\d+) \|", text, re.MULTILINE)}
    # CANCELLED has no reader, and a fault of ours is not promised to anybody.
    promised = {(code, http) for code, http in table if http not in ("200", "499", "500", "501")}
    ours = {(code, http) for http, refusal in REFUSALS.items() for code in refusal.codes}
    # The edge alone answers by these, in words of its own.
    assert ours - promised == {(4, "408"), (8, "413"), (3, "431")}
    assert promised <= ours


def test_a_choice_of_one_field_is_a_choice_in_the_openapi_document_too() -> None:
    schemas = emit(read_image(IMAGE), "1")["components"]["schemas"]
    assert schemas["qpo.ml.v1.EstimateMomentsRequest"]["oneOf"] == [
        {"required": ["dataset"]},
        {"required": ["returns"]},
    ]
    none = {"not": {"anyOf": [{"required": ["dense"]}, {"required": ["factors"]}]}}
    assert none in schemas["qpo.types.v1.Moments.Input"]["oneOf"]
    assert "oneOf" not in schemas["qpo.types.v1.Moments"]


def test_an_answer_has_every_field_that_is_no_message_and_a_request_those_that_the_contract_requires() -> None:
    schemas = emit(read_image(IMAGE), "1")["components"]["schemas"]
    assert schemas["qpo.portfolio.v1.Portfolio.Input"]["additionalProperties"] is False
    assert {"id", "name", "holdings"} <= set(schemas["qpo.portfolio.v1.Portfolio"]["required"])
    assert "id" not in schemas["qpo.portfolio.v1.Portfolio.Input"].get("required", ())
