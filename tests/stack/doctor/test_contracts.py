"""Services and platforms that speak another version of the contracts."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection
from qpo.ml.v1 import ml_service_pb2

from stack.addresses import SERVICES, Addresses
from stack.doctor import contracts
from stack.doctor.contracts import OPENAPI
from stack.doctor.edge import Edge
from tests.stack.doctor.conftest import serving, verdicts, wrong

ML = "qpo.ml.v1.MlService"


@pytest.fixture
def told(running):
    """A patient all of whose services are one server, which tells a pool's version of ml's contract."""
    servers = []

    def start(pool):
        server = grpc.server(ThreadPoolExecutor(8))
        reflection.enable_server_reflection((ML,), server, pool)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return running(addresses=Addresses("127.0.0.1", dict.fromkeys(SERVICES, port)))

    yield start
    for server in servers:
        server.stop(0).wait()


def older():
    """A pool in which ml's contract lacks a method."""
    known = descriptor_pb2.FileDescriptorSet.FromString(contracts.DESCRIPTORS.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in known.file:
        if file.name == ml_service_pb2.DESCRIPTOR.name:
            del file.service[0].method[0]
        pool.Add(file)
    return pool


def test_services_of_this_installation_are_fine(told):
    assert verdicts(contracts.of_services(told(descriptor_pool.Default()))) == ["fine"]


def test_a_service_that_runs_an_older_contract_is_named_with_what_differs(told):
    found = wrong(contracts.of_services(told(older())))
    assert len(found) == len(SERVICES)
    assert "ml speaks another version of qpo/ml/v1/ml_service.proto" in [each.detail for each in found]
    assert all("qpo restart" in each.fix for each in found)


def test_a_service_that_tells_nothing_is_unknown(running, unused_port=1):
    patient = running(addresses=Addresses("127.0.0.1", dict.fromkeys(SERVICES, unused_port)))
    assert verdicts(contracts.of_services(patient)) == ["unknown"] * len(SERVICES)


def page(text):
    return serving(pages={"/openapi.yaml": text.encode()})


def test_a_platform_of_the_same_contracts_is_fine():
    with page(OPENAPI.read_text()) as url:
        assert verdicts(contracts.of_edge(Edge(url))) == ["fine"]


def test_a_platform_that_lacks_a_path_which_this_client_calls_is_wrong():
    with page(OPENAPI.read_text().replace("  /api/v1/optimize:", "  /api/v1/optimise:")) as url:
        (found,) = wrong(contracts.of_edge(Edge(url)))
    assert "does not serve /api/v1/optimize," in found.detail


def test_a_platform_of_another_version_with_all_paths_is_warned_of():
    with page(OPENAPI.read_text() + "# newer\n") as url:
        assert verdicts(contracts.of_edge(Edge(url))) == ["warning"]
