import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2 as pb

from chassis.serve import Server
from tests.chassis.gadget import Workshop, workshop
from tests.fixtures.serving import service_settings

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


@pytest.mark.parametrize("version", VERSIONS)
async def test_reflection_finds_the_file_of_a_method(channel, version):
    answer = await ask(channel, version, file_containing_symbol="qpo.gadget.v1.GadgetService.ReadGadget")
    (first, *_) = answer.file_descriptor_response.file_descriptor_proto
    assert descriptor_pb2.FileDescriptorProto.FromString(first).service[0].name == "GadgetService"


async def test_reflection_knows_nothing_of_what_is_not_served(channel):
    answer = await ask(channel, VERSIONS[0], file_containing_symbol="no.such.Thing")
    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_channelz_answers(channel):
    answer = await channelz_pb2_grpc.ChannelzStub(channel).GetServers(channelz_pb2.GetServersRequest())
    assert answer.server


@pytest.mark.parametrize("path", ["grpc.channelz.v1.Channelz/GetServers", f"{VERSIONS[0]}.ServerReflection/X"])
async def test_a_server_that_strangers_reach_tells_nothing_of_its_inside(tokens, path):
    settings = service_settings().model_copy(update={"host": "0.0.0.0"})  # noqa: S104
    server = Server(settings, [workshop(Workshop())], tokens.keys)
    port = await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await channel.unary_unary(f"/{path}")(b"")
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
            health = health_pb2_grpc.HealthStub(channel)
            assert (await health.Check(health_pb2.HealthCheckRequest())).status
    finally:
        await server.stop(0)
