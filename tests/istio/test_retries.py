"""What sidecars do about failures, by what istiod makes of traffic/: repeat, leave alone, let rest, pass on."""

import random
import uuid

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from qpo.ml.v1 import ml_service_pb2, ml_service_pb2_grpc

from chassis.serve import Server, Service
from services.ml.rpc.errors import ERRORS
from tests.fixtures.serving import service_settings
from tests.istio.calls import CLOSES, CREATE, GET

OK, UNAVAILABLE = grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE
TRIED = r"cluster\.outbound\|8000\|.*\|portfolio-service.*upstream_rq_total"


async def test_an_idempotent_method_is_repeated_until_it_succeeds(running):
    async with running.caller() as caller:
        answer = await caller.call(GET, x_fail="2")
    assert (answer.code, answer.tries) == (OK, 3)


async def test_an_idempotent_method_is_given_up_after_three_more_tries(running):
    key = str(uuid.uuid4())
    async with running.caller() as caller:
        assert (await caller.call(GET, key, x_fail="9")).code is UNAVAILABLE
        assert (await caller.call(GET, key)).tries == 5


async def test_a_method_that_is_not_idempotent_is_not_repeated(running):
    key = str(uuid.uuid4())
    async with running.caller() as caller:
        assert (await caller.call(CREATE, key, x_fail="1")).code is UNAVAILABLE
        answer = await caller.call(CREATE, key)
    assert (answer.code, answer.tries) == (OK, 2)


async def test_repeats_of_a_flaky_service_are_at_most_a_fifth(running):
    """One try in ten fails, and no call."""
    draw, count = random.Random(1), 300
    before = running.mesh.stat(running.edge, TRIED)
    async with running.caller() as caller:
        answers = [await caller.call(GET, x_fail=str(int(draw.random() < 0.1))) for _ in range(count)]
    assert {answer.code for answer in answers} == {OK}
    tried = running.mesh.stat(running.edge, TRIED) - before
    print(f"{tried / count:.3f} tries a call")
    assert 1.05 < tried / count <= 1.2


async def test_repeats_while_everything_fails_are_at_most_a_fifth(running):
    count = 1000
    before = running.mesh.stat(running.edge, TRIED)
    async with running.caller() as caller:
        answers = await caller.calls(count, GET, at_once=100, x_fail="9")
    assert answers == {UNAVAILABLE: count}
    tried = running.mesh.stat(running.edge, TRIED) - before
    print(f"{tried / count:.3f} tries a call")
    assert 1.0 < tried / count <= 1.2


async def test_an_ejected_outlier_gets_no_more_calls(running):
    mesh = running.mesh
    async with running.caller("marketdata") as caller:
        both = await caller.calls(60, CLOSES, at_once=4)
        assert set(both) == {running.first.name, running.second.name}
        # Three at once may always be tried again, however few are in flight: a fourth would be one beyond the budget.
        failing = await caller.calls(60, CLOSES, at_once=3, x_fail_at=running.first.name)
        assert failing == {running.second.name: 60}
        active = mesh.stat(running.edge, r"marketdata-service.*outlier_detection\.ejections_active")
        assert active >= 1
        # It would answer now, and is not asked.
        assert await caller.calls(60, CLOSES, at_once=4) == {running.second.name: 60}


class Estimates:
    """Estimates nothing, as often as it may."""

    async def estimate_moments(self, request):
        return ml_service_pb2.EstimateMomentsResponse()


@pytest_asyncio.fixture
async def limited(running):
    """ml by our own chassis, which answers two calls a minute."""
    descriptor = ml_service_pb2.DESCRIPTOR.services_by_name["MlService"]
    settings = service_settings(port=running.ml.port, limit_methods={"EstimateMoments": "2 per minute"})
    server = Server(settings, [Service(descriptor, Estimates(), ERRORS)], running.tokens.keys)
    await server.start()
    await server.open()
    yield
    await server.stop(0)


async def test_a_rate_limit_answers_through_the_sidecars_when_to_come_again(running, limited):
    async with running.caller("ml") as caller:
        stub = ml_service_pb2_grpc.MlServiceStub(caller.channel)
        metadata = running.tokens.metadata()
        codes = []
        for _ in range(3):
            call = stub.EstimateMoments(ml_service_pb2.EstimateMomentsRequest(), metadata=metadata, timeout=20)
            codes.append(await call.code())
        assert codes[-1] is grpc.StatusCode.RESOURCE_EXHAUSTED
        status = rpc_status.from_call(await refused(call))
    (again,) = [each for each in status.details if each.Is(error_details_pb2.RetryInfo.DESCRIPTOR)]
    told = error_details_pb2.RetryInfo()
    again.Unpack(told)
    # What was called in the last minute counts in the next one too.
    assert 0 < told.retry_delay.ToSeconds() <= 120


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value
