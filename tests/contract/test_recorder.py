"""The recorder notes what happened, not what was meant to."""

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from qpo.ml.v1 import ml_service_pb2
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub

from chassis.serve import Server, Service
from services.ml.rpc.errors import ERRORS
from tests.fixtures.recorder import Record, RecordedChannel
from tests.fixtures.serving import service_settings

ESTIMATE = "/qpo.ml.v1.MlService/EstimateMoments"
WATCH = "/grpc.health.v1.Health/Watch"


class Empty:
    async def estimate_moments(self, request):
        return ml_service_pb2.EstimateMomentsResponse()


@pytest.fixture
def record():
    return Record()


@pytest_asyncio.fixture
async def channel(tokens, record):
    service = Service(ml_service_pb2.DESCRIPTOR.services_by_name["MlService"], Empty(), ERRORS)
    server = Server(service_settings(), [service], tokens.keys)
    port = await server.start()
    await server.open()
    async with RecordedChannel(grpc.aio.insecure_channel(f"127.0.0.1:{port}"), record) as channel:
        yield channel
    await server.stop(0)


async def test_an_answer_is_a_success_and_a_refusal_its_reason(channel, record, tokens):
    stub = MlServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.EstimateMoments(ml_service_pb2.EstimateMomentsRequest())
    await record.settled()
    assert record.outcomes[ESTIMATE] == {"UNAUTHENTICATED"}
    request = ml_service_pb2.EstimateMomentsRequest(dataset=ml_service_pb2.DatasetInput(dataset="prices"))
    await stub.EstimateMoments(request, metadata=tokens.metadata())
    await record.settled()
    assert record.of_package("qpo.ml.v1") == {"UNAUTHENTICATED", "OK"}


@pytest.mark.parametrize("by_reading", [True, False])
async def test_a_stream_has_succeeded_once_a_message_has_come(channel, record, by_reading):
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
    assert record.outcomes[WATCH] == set()
    if by_reading:
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    else:
        async for _ in watch:
            break
    watch.cancel()
    assert record.outcomes[WATCH] == {"OK"}


async def test_a_stream_that_was_never_read_has_not_succeeded(channel, record):
    health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()).cancel()
    await record.settled()
    assert record.outcomes[WATCH] == set()
