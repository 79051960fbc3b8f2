"""One table says how a refusal is told over gRPC, over REST and by `qpo`; here it is compared with all three."""

import re

import grpc
import pytest
from google.rpc import status_pb2

from clients.cli.refusal import from_status
from tests.docs.conftest import ROOT

ROW = re.compile(r"^\| ([A-Z_]+) (\d+) \| (\d{3}) \|.*\| (\d+) \|$", re.MULTILINE)
PAGE = (ROOT / "docs/api/errors.md").read_text(encoding="utf-8")
# name -> gRPC status, HTTP status, exit code
TABLE = {name: (int(code), int(http), int(left)) for name, code, http, left in ROW.findall(PAGE)}
REFUSALS = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]


def test_the_table_holds_every_status() -> None:
    assert {name: numbers[0] for name, numbers in TABLE.items()} == {
        code.name: code.value[0] for code in grpc.StatusCode
    }


@pytest.mark.parametrize("code", REFUSALS, ids=lambda code: code.name)
def test_the_edge_answers_with_the_http_status_of_the_table(edge, code) -> None:
    edge.services.answers["CreatePortfolio"] = lambda _body, context: context.abort(code, "refused")
    answer = edge.rest.post("/api/v1/portfolios", headers=edge.anyone, content='{"name": "x"}')
    assert answer.status_code == TABLE[code.name][1]


@pytest.mark.parametrize("code", REFUSALS, ids=lambda code: code.name)
def test_qpo_exits_with_the_code_of_the_table(code) -> None:
    assert from_status(status_pb2.Status(code=code.value[0])).exit_code == TABLE[code.name][2]
