"""The way in from outside, by what istiod makes of ingress/: TLS 1.3 alone, and from there mutual TLS to the edge."""

import socket
import ssl
from pathlib import Path

import httpx
import pytest

from tests.istio.certificates import HOST, spiffe
from tests.istio.mesh import until
from tests.istio.registry import SYSTEM
from tools.mesh.names import REST

KEYS = "/.well-known/jwks.json"
GATEWAY = spiffe("istio-ingressgateway-service-account", SYSTEM)


def speaking(running, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """Someone outside, who speaks this version of TLS and believes whom the world believes."""
    context = ssl.create_default_context(cadata=running.mesh.public.certificate.decode())
    context.minimum_version = context.maximum_version = version
    return context


def outside(running, path: str, context: ssl.SSLContext | None = None, **told: str) -> httpx.Response:
    """The answer to who asks the gateway for a path, by our name; headers `x_a="b"` are told as x-a."""
    gateway = running.mesh.gateway
    headers = {"host": HOST, **{name.replace("_", "-"): value for name, value in told.items()}}
    with httpx.Client(verify=context or speaking(running), trust_env=False, headers=headers) as asking:
        return asking.get(f"https://{gateway.address}:{gateway.https}{path}", extensions={"sni_hostname": HOST})


def inside(running, account: str, namespace: str, path: str, folder: Path) -> httpx.Response:
    """The answer of the edge's sidecar to who comes with the certificate of an account, and not by the gateway."""
    authority = running.mesh.authority
    proof = authority.proof(spiffe(account, namespace))
    (folder / "proof.pem").write_bytes(proof.key + proof.certificate)
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    context.load_cert_chain(folder / "proof.pem")
    with httpx.Client(verify=context, trust_env=False) as asking:
        return asking.get(f"https://{running.edge.address}:{REST}{path}", extensions={"sni_hostname": HOST})


def test_who_speaks_tls_1_3_is_answered_by_the_edge(running):
    """By the certificate in the Secret, which istiod reads for a gateway that has proved who it is."""
    answer = outside(running, KEYS)
    assert answer.status_code == 200
    assert answer.json()["keys"][0]["kid"] == running.tokens.kid


def test_who_speaks_tls_1_2_is_refused(running):
    with pytest.raises(httpx.ConnectError, match="protocol version"):
        outside(running, KEYS, speaking(running, ssl.TLSVersion.TLSv1_2))


def test_a_renewed_certificate_is_shown_by_the_gateway_as_it_runs(running):
    renewed = ssl.PEM_cert_to_DER_cert(running.mesh.certify().certificate.decode())
    until("the new certificate", lambda: shown(running) == renewed)


def shown(running) -> bytes:
    """The certificate that the gateway shows by now."""
    gateway = running.mesh.gateway
    reached = socket.create_connection((gateway.address, gateway.https))
    with speaking(running).wrap_socket(reached, server_hostname=HOST) as connection:
        return connection.getpeercert(binary_form=True)


def test_clear_text_is_sent_to_https(running):
    gateway = running.mesh.gateway
    with httpx.Client(trust_env=False, headers={"host": HOST}) as asking:
        answer = asking.get(f"http://{gateway.address}:{gateway.http}{KEYS}?a=b")
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{HOST}{KEYS}?a=b")


def test_the_edge_is_told_that_the_gateway_calls(running):
    """Its sidecar says so, by the certificate that it was shown; the edge's own answer to an unknown path is 404."""
    answer = outside(running, "/elsewhere")
    assert answer.status_code == 404
    assert f"URI={GATEWAY}" in answer.headers["x-caller"]
    assert f"By={spiffe('edge')}" in answer.headers["x-caller"]


def test_an_identity_that_someone_outside_claims_is_not_passed_on(running):
    answer = outside(running, "/elsewhere", x_forwarded_client_cert=f"By={spiffe('edge')};URI={spiffe('claimed')}")
    assert f"URI={GATEWAY}" in answer.headers["x-caller"]
    assert "claimed" not in answer.headers["x-caller"]


def test_who_is_not_the_gateway_is_refused_by_the_edges_sidecar(running, tmp_path):
    assert inside(running, "istio-ingressgateway-service-account", SYSTEM, "/elsewhere", tmp_path).status_code == 404
    for account, namespace in (("default", SYSTEM), ("istio-ingressgateway-service-account", "qpo")):
        answer = inside(running, account, namespace, "/elsewhere", tmp_path)
        assert (answer.status_code, answer.text) == (403, "RBAC: access denied")
        assert "x-caller" not in answer.headers


def test_a_service_has_auths_keys_of_the_edge_and_nothing_else(running, tmp_path):
    assert inside(running, "ml-service", "qpo", KEYS, tmp_path).status_code == 200
    assert inside(running, "ml-service", "qpo", "/elsewhere", tmp_path).status_code == 403


def test_the_edge_is_not_called_in_clear_text(running):
    with httpx.Client(trust_env=False) as asking, pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        asking.get(f"http://{running.edge.address}:{REST}{KEYS}")
