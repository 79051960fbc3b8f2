"""Who is answered by each of the real services, and who is not."""

import contextlib
import datetime

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from stack.addresses import SERVICES
from stack.identities import EDGE, NAMES, OWNER, callers_of
from tests.fixtures.certificates import Certificates
from tests.gateway.standin import CONTRACTS

SERVING = health_pb2.HealthCheckResponse.SERVING
CODE = grpc.StatusCode
METHODS = {
    name: [f"/{each.full_name}/{method.name}" for each in contracts for method in each.methods]
    for name, contracts in CONTRACTS.items()
}


@pytest.fixture(scope="module")
def expired(own, tmp_path_factory):
    """Certificates of the mesh's own authority that counted yesterday."""
    old = Certificates(tmp_path_factory.mktemp("expired"))
    old.folder.joinpath("authority.key").write_bytes(own.folder.joinpath("authority.key").read_bytes())
    old.issue(ago=datetime.timedelta(hours=24, minutes=2))
    return old


def dial(mesh, service, credentials):
    options = [("grpc.ssl_target_name_override", f"{service}.qpo.local"), ("grpc.enable_http_proxy", 0)]
    return grpc.secure_channel(mesh.address(service), credentials, options)


def health(channel):
    try:
        return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10).status
    except grpc.RpcError as error:
        return error.code()


def call(channel, path, token):
    """How a call ends."""
    made = channel.unary_stream(path)(b"", metadata=[("authorization", f"Bearer {token}")], timeout=10)
    with contextlib.suppress(grpc.RpcError):
        list(made)
    return made.code()


each = pytest.mark.parametrize("service", SERVICES)


@each
def test_clear_text_is_not_answered(mesh, service):
    with grpc.insecure_channel(mesh.address(service), [("grpc.enable_http_proxy", 0)]) as channel:
        assert health(channel) is CODE.UNAVAILABLE


@each
def test_whoever_shows_no_certificate_is_not_answered(mesh, own, service):
    with dial(mesh, service, grpc.ssl_channel_credentials(own.authority.read_bytes())) as channel:
        assert health(channel) is CODE.UNAVAILABLE


@each
def test_another_authoritys_certificate_is_not_believed(mesh, own, strangers, service):
    with dial(mesh, service, strangers.credentials(EDGE, trusting=own)) as channel:
        assert health(channel) is CODE.UNAVAILABLE


@each
def test_an_expired_certificate_is_not_believed(mesh, own, expired, service):
    with dial(mesh, service, expired.credentials(EDGE, trusting=own)) as channel:
        assert health(channel) is CODE.UNAVAILABLE


@each
@pytest.mark.parametrize("name", [EDGE, OWNER])
def test_the_edge_and_the_owner_are_answered(mesh, own, service, name):
    with dial(mesh, service, own.credentials(name)) as channel:
        assert health(channel) == SERVING


@each
def test_each_caller_may_call_what_the_call_graph_says_and_nothing_else(mesh, own, token, service):
    callers = callers_of(service)
    for name in set(NAMES) - {EDGE}:
        with dial(mesh, service, own.credentials(name)) as channel:
            refused = {path for path in METHODS[service] if call(channel, path, token) is CODE.PERMISSION_DENIED}
        assert refused == set(METHODS[service]) - set(callers.get(name, ()))


def test_the_service_of_estimates_reads_auths_keys_and_logs_nobody_in(mesh, own):
    with dial(mesh, "auth", own.credentials("ml")) as channel:
        assert call(channel, "/qpo.auth.v1.AuthService/GetJwks", "") is CODE.OK
        assert call(channel, "/qpo.auth.v1.AuthService/Login", "") is CODE.PERMISSION_DENIED
