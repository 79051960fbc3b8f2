import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2 as pb

from tests.chassis.gadget import Workshop, workshop

VERSIONS = ["grpc.reflection.v1", "grpc.reflection.v1alpha"]


@pytest.fixture
async def channel(serve_in_process):
    return await serve_in_process(workshop(Workshop()))


async def ask(channel, version: str, **question):
    path = f"/{version}.ServerReflection/ServerReflectionInfo"
    method = channel.stream_stream(
        path, pb.ServerReflectionRequest.SerializeToString, pb.ServerReflectionResponse.FromString
    )
    call = method(iter([pb.ServerReflectionRequest(**question)]))
    return await call.read()


@pytest.mark.parametrize("version", VERSIONS)
async def test_reflection_lists_what_is_served(channel, version):
    answer = await ask(channel, version, list_services="")
    names = {service.name for service in answer.list_services_response.service}
    assert names == {
        "qpo.gadget.v1.GadgetService",
        "grpc.health.v1.Health",
        "grpc.channelz.v1.Channelz",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("symbol", ["qpo.gadget.v1.GadgetService", *(f"{v}.ServerReflection" for v in VERSIONS)])
async def test_reflection_describes_each_service_with_all_that_it_imports(channel, version, symbol):
    answer = await ask(channel, version, file_containing_symbol=symbol)
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(raw)
        for raw in answer.file_descriptor_response.file_descriptor_proto
    ]
    known = {file.name for file in files}
    assert any(f"{file.package}.{service.name}" == symbol for file in files for service in file.service)
    assert {name for file in files for name in file.dependency} <= known


async def test_reflection_knows_nothing_of_what_is_not_served(channel):
    answer = await ask(channel, VERSIONS[0], file_containing_symbol="no.such.Thing")
    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_channelz_answers(channel):
    answer = await channelz_pb2_grpc.ChannelzStub(channel).GetServers(channelz_pb2.GetServersRequest())
    assert answer.server
