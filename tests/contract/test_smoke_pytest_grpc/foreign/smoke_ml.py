"""ml as a foreign, blocking client meets it, on pytest-grpc's fixtures. QPO_SMOKE_ADDRESS and _TOKEN say where."""

import os

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub
from qpo.types.v1 import matrix_pb2


@pytest.fixture(scope="module")
def grpc_addr():
    return os.environ["QPO_SMOKE_ADDRESS"]


@pytest.fixture(scope="module")
def grpc_server():
    """Runs in the process that started this one."""


@pytest.fixture(scope="module")
def grpc_stub_cls():
    return MlServiceStub


@pytest.fixture
def token():
    return (("authorization", f"Bearer {os.environ['QPO_SMOKE_TOKEN']}"),)


def request(sessions):
    values = [0.01 if (row + column) % 3 else -0.01 * column for row in range(sessions) for column in range(2)]
    matrix = matrix_pb2.Matrix(rows=sessions, cols=2, doubles=matrix_pb2.Doubles(values=values))
    return pb.EstimateMomentsRequest(returns=pb.ReturnsInput(symbols=["A", "B"], returns=matrix))


def test_a_blocking_client_gets_moments(grpc_stub, token):
    answer = grpc_stub.EstimateMoments(request(60), metadata=token, timeout=10)
    assert list(answer.moments.symbols) == ["A", "B"]
    assert answer.moments.observations == 60


def test_a_blocking_client_gets_the_details_of_a_refusal(grpc_stub, token):
    with pytest.raises(grpc.RpcError) as refused:
        grpc_stub.EstimateMoments(request(10), metadata=token, timeout=10)
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in rpc_status.from_call(refused.value).details)
    assert (info.domain, info.reason) == ("ml.qpo", "INSUFFICIENT_HISTORY")


def test_a_blocking_client_without_a_token_is_refused(grpc_stub):
    with pytest.raises(grpc.RpcError) as refused:
        grpc_stub.EstimateMoments(request(60), timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_many_calls_at_once_are_all_answered(grpc_stub, token):
    calls = [grpc_stub.EstimateMoments.future(request(60), metadata=token, timeout=20) for _ in range(50)]
    assert {call.result().moments.observations for call in calls} == {60}
