"""The edge with TLS: what it takes from outside, and whom it believes behind it."""

import contextlib
import datetime
import socket
import ssl
import subprocess
import time
from collections import Counter

import grpc
import httpx
import psutil
import pytest
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, tls_pb2

from stack.envoy import binary
from stack.identities import EDGE, Identity
from stack.part import NotReady
from stack.probes import _get
from stack.sockets import secret, sockets
from tests.fixtures import hello
from tests.fixtures.certificates import Certificates
from tests.gateway import rendered
from tests.gateway.conftest import edge_before, standins
from tests.gateway.standin import CONTRACTS

URI = common_pb2.SubjectAltNameMatcher.URI
PORTFOLIOS = "/api/v1/portfolios"
MAKE = "/qpo.portfolio.v1.PortfolioService/CreatePortfolio"


def listening(certificates, name, believed=None):
    """What a service listens with that shows `name`'s certificate."""
    own = (certificates.folder / f"{name}.pem").read_bytes()
    return grpc.ssl_server_credentials([(own, own)], (believed or certificates).authority.read_bytes(), True)


def edge_of(certificates):
    return Identity(EDGE, certificates.folder)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The certificates of this edge, which a test may replace."""
    made = Certificates(tmp_path_factory.mktemp("edge"))
    made.issue()
    return made


@pytest.fixture(scope="module")
def secured(tokens, own):
    """The edge with TLS before five services that prove who they are."""
    shown = {name: listening(own, name) for name in CONTRACTS}
    with standins(tokens, shown) as services, edge_before(services, tokens, identity=edge_of(own)) as edge:
        yield edge


@pytest.fixture
def port(secured):
    return httpx.URL(secured.url).port


def channel(edge, certificates):
    return grpc.secure_channel(edge.address, grpc.ssl_channel_credentials(certificates.authority.read_bytes()))


def test_rest_and_grpc_are_served(secured, own):
    assert secured.rest.post(PORTFOLIOS, headers=secured.anyone, content="{}").status_code == 200
    with channel(secured, own) as dialled:
        signed = [("authorization", secured.anyone["authorization"])]
        assert dialled.unary_unary(MAKE)(b"", metadata=signed, timeout=10) == b""


def test_the_services_are_shown_the_edges_certificate(secured):
    secured.rest.post(PORTFOLIOS, headers=secured.anyone, content="{}")
    assert b"spiffe://qpo.local/edge" in secured.services.asked[-1].names


@pytest.mark.parametrize(
    ("offered", "spoken"), [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), (["h3"], None)]
)
def test_http_2_and_1_are_agreed_on(port, own, offered, spoken):
    context = ssl.create_default_context(cafile=own.authority)
    context.set_alpn_protocols(offered)
    with (
        socket.create_connection(("127.0.0.1", port)) as bare,
        context.wrap_socket(bare, server_hostname="localhost") as tls,
    ):
        assert (tls.version(), tls.selected_alpn_protocol()) == ("TLSv1.3", spoken)


def test_clear_text_is_not_answered(secured, port):
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client, pytest.raises(httpx.HTTPError):
        client.get("/health")
    with grpc.insecure_channel(secured.address) as dialled, pytest.raises(grpc.RpcError) as refused:
        dialled.unary_unary(MAKE)(b"", timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_tls_1_2_is_refused(port):
    with pytest.raises(hello.Refused) as refused:
        hello.agreed(port, [hello.ECDHE_ECDSA_AES_256], hello.TLS_1_2)
    assert refused.value.args == (hello.PROTOCOL_VERSION,)


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ([hello.AES_256], hello.AES_256),
        ([hello.CHACHA20], hello.CHACHA20),
        ([hello.AES_256, hello.CHACHA20, hello.AES_128], hello.AES_256),
        # The third that RFC 8446 asks of everyone: no setting of Envoy's, nor of the library beneath, takes it away.
        ([hello.AES_128], hello.AES_128),
    ],
)
def test_the_suites_of_tls_1_3_are_taken(port, offered, taken):
    assert hello.agreed(port, offered) == taken


def test_other_suites_of_tls_1_3_are_refused(port):
    with pytest.raises(hello.Refused) as refused:
        hello.agreed(port, [hello.AES_128_CCM])
    assert refused.value.args == (hello.HANDSHAKE_FAILURE,)


def test_who_does_not_trust_the_authority_does_not_speak_to_the_edge(secured, strangers):
    context = ssl.create_default_context(cafile=strangers.authority)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{secured.url}/health", trust_env=False, verify=context)
    with channel(secured, strangers) as dialled, pytest.raises(grpc.RpcError) as refused:
        dialled.unary_unary(MAKE)(b"", timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_client_that_calls_another_host_does_not_take_the_edge_for_it(port, own):
    context = ssl.create_default_context(cafile=own.authority)
    with socket.create_connection(("127.0.0.1", port)) as bare, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(bare, server_hostname="portfolio.qpo.local")


def test_no_key_is_told_by_envoy_nor_written_to_its_log_configuration_arguments_or_environment(secured, own):
    key = own.folder.joinpath("edge.pem").read_text().splitlines()[1]
    told = httpx.get(f"{secured.admin}/config_dump", params={"include_eds": ""}, trust_env=False).text
    assert f'"path": "{own.folder}"' in told
    process = next(
        each for each in psutil.process_iter(["cmdline"]) if str(secured.log.parent) in str(each.info["cmdline"])
    )
    written = [path.read_text() for path in secured.log.parent.iterdir() if path.is_file()]
    for text in (told, *written, *process.cmdline(), *process.environ().values()):
        assert key not in text
        assert "PRIVATE KEY" not in text


def serial(port, certificates):
    context = ssl.create_default_context(cafile=certificates.authority)
    with (
        socket.create_connection(("127.0.0.1", port)) as bare,
        context.wrap_socket(bare, server_hostname="localhost") as tls,
    ):
        return tls.getpeercert()["serialNumber"]


def test_a_certificate_that_was_replaced_is_shown_without_a_restart(secured, port, own):
    before = serial(port, own)
    own.issue(EDGE)
    deadline = time.monotonic() + 10
    while serial(port, own) == before:
        assert time.monotonic() < deadline
    assert secured.rest.post(PORTFOLIOS, headers=secured.anyone, content="{}").status_code == 200


@pytest.fixture(scope="module")
def deceived(tokens, own, strangers, tmp_path_factory):
    """The edge before services of which only auth is what it says."""
    old = Certificates(tmp_path_factory.mktemp("old"))
    old.folder.joinpath("authority.key").write_bytes(own.folder.joinpath("authority.key").read_bytes())
    old.issue("optimizer", ago=datetime.timedelta(hours=24, minutes=2))
    shown = {
        "auth": listening(own, "auth"),
        "portfolio": listening(own, "ml"),
        "ml": listening(strangers, "ml", believed=own),
        "optimizer": listening(old, "optimizer"),
    }
    with contextlib.ExitStack() as stack:
        services = stack.enter_context(standins(tokens, shown))
        yield stack.enter_context(unready(services, tokens, edge_of(own)))


@contextlib.contextmanager
def unready(services, tokens, identity):
    """An edge that is never ready, since it reaches not all of the services."""

    def alive(url, trusted):
        if _get(url, "/health", trusted)[0] != 200:
            raise NotReady(url)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stack.envoy.ask_edge", alive)
        with edge_before(services, tokens, identity=identity) as edge:
            yield edge


@pytest.mark.parametrize(
    ("service", "path"),
    [
        pytest.param("portfolio", PORTFOLIOS, id="another service's certificate"),
        pytest.param("ml", "/api/v1/moments", id="another authority's certificate"),
        pytest.param("optimizer", "/api/v1/solve", id="an expired certificate"),
        pytest.param("marketdata", "/api/v1/datasets/x/instruments", id="clear text"),
    ],
)
def test_a_service_is_sent_nothing_that_answers_with(deceived, service, path):
    method = "GET" if service == "marketdata" else "POST"
    answer = deceived.rest.request(method, path, headers=deceived.anyone, content=None if method == "GET" else "{}")
    assert answer.status_code == 503, answer.text
    assert answer.json()["details"][0]["reason"] == "SERVICE_UNAVAILABLE"
    assert not [call for call in deceived.services.asked if call.service == service]
    assert deceived.stat(f"cluster.{service}.ssl.handshake") == 0


def test_of_those_the_one_that_is_what_it_says_is_asked(deceived):
    assert deceived.rest.post("/api/v1/auth/login", content="{}").status_code == 200


def test_envoy_accepts_the_template_with_tls_without_a_warning_of_something_deprecated(tmp_path, own):
    identity = edge_of(own)
    (tmp_path / "edge.json").write_text(secret(identity))
    config = tmp_path / "envoy.yaml"
    config.write_text(rendered.as_yaml(sockets(identity, tmp_path)))
    command = [binary(), "--mode", "validate", "-c", config, "--log-level", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "eprecated" not in done.stderr


def test_every_cluster_of_a_service_must_prove_that_services_id(own, tmp_path):
    clusters = {
        each.name: each for each in rendered.as_proto(sockets(edge_of(own), tmp_path)).static_resources.clusters
    }
    for name in {*CONTRACTS, "ticks"}:
        context = tls_pb2.UpstreamTlsContext()
        assert clusters[name].transport_socket.typed_config.Unpack(context)
        judged = context.common_tls_context.validation_context.match_typed_subject_alt_names
        service = "marketdata" if name == "ticks" else name
        assert [(each.san_type, each.matcher.exact) for each in judged] == [(URI, f"spiffe://qpo.local/{service}")]


def agreements(edge):
    """How many connections have agreed on each suite, as Envoy counts them."""
    told = httpx.get(f"{edge.admin}/stats", params={"filter": r"ssl\.ciphers"}, trust_env=False).text
    found = (line.rpartition(".ciphers.")[2].split(": ") for line in told.splitlines() if line.startswith("listener."))
    return Counter({name: int(count) for name, count in found})


def test_openssls_clients_agree_on_256_bits_and_grpcs_on_128(secured, own):
    before = agreements(secured)
    httpx.get(f"{secured.url}/health", verify=ssl.create_default_context(cafile=own.authority), trust_env=False)
    by_openssl = agreements(secured)
    with channel(secured, own) as dialled:
        grpc.channel_ready_future(dialled).result(timeout=10)
    by_grpc = agreements(secured)
    assert by_openssl - before == {"TLS_AES_256_GCM_SHA384": 1}
    assert by_grpc - by_openssl == {"TLS_AES_128_GCM_SHA256": 1}
