import grpc
import pytest

from chassis.errors import ErrorTable
from chassis.serve import Service
from chassis import context
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub

ML = pb.DESCRIPTOR.services_by_name["MlService"]


class Fake:
    async def estimate_moments(self, request):
        assert context.principal().may("read:marketdata")
        return pb.EstimateMomentsResponse()


async def test_a_call_with_a_good_token_is_answered(serve_in_process, anyone):
    stub = MlServiceStub(await serve_in_process(Service(ML, Fake(), ErrorTable("ml.qpo", {}))))
    request = pb.EstimateMomentsRequest(dataset=pb.DatasetInput(dataset="demo"))
    assert await stub.EstimateMoments(request, metadata=anyone) == pb.EstimateMomentsResponse()
    with pytest.raises(grpc.aio.AioRpcError) as e:
        await stub.EstimateMoments(request)
    print(e.value)
    request.dataset.symbols.extend(["A", "b"])
    with pytest.raises(grpc.aio.AioRpcError) as e:
        await stub.EstimateMoments(request, metadata=anyone)
    print(e.value)
