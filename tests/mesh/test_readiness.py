import os

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from stack.addresses import SERVICES
from stack.elsewhere import status
from stack.events import State


def test_every_part_of_the_real_mesh_answers(mesh):
    assert {part.name: part.state for part in status(mesh.layout.root).parts if part.state is not State.READY} == {}


def test_all_services_are_forked_from_one_process_that_is_not_the_owner(mesh):
    heads = {psutil.Process(part.pid).parent() for part in mesh.parts() if part.name in SERVICES}
    assert len(heads) == 1
    assert heads.pop().ppid() == os.getpid()


def test_the_edge_is_alive_and_ready(rest):
    assert rest.get("/health").json() == {"status": "alive"}
    assert rest.get("/ready").status_code == 200
    assert rest.get("/api/v1/auth/jwks").json()["keys"][0]["kty"] == "OKP"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_that_it_serves_when_asked_directly(mesh, service):
    with grpc.insecure_channel(mesh.address(service), [("grpc.enable_http_proxy", 0)]) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_shows_its_metrics(mesh, rest, service):
    assert "api_requests_total" in rest.get(f"http://{mesh.metrics_address(service)}/metrics").text
