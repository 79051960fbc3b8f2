"""MomentsSource on ml, over a real socket."""

import numpy as np
import pytest
import pytest_asyncio
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.types.v1 import matrix_pb2

from chassis.channel import open_channel
from services.optimizer.adapters.moments_grpc import GrpcMoments
from services.optimizer.app.ports import Universe
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.moments import Estimation, Quality
from tests.optimizer.standins import MlStandIn, packed, serving


@pytest.fixture
def ml():
    return MlStandIn()


@pytest_asyncio.fixture
async def moments(ml):
    async with serving(ml) as address:
        channel = open_channel(address)
        yield GrpcMoments(channel)
        await channel.close()


async def test_the_form_is_left_to_ml_and_understood_either_way(moments, ml):
    dense = await moments.estimate(Universe("prices"))
    factors = await moments.estimate(Universe("prices", estimation=Estimation(covariance="pca_factors")))
    assert {request.form for request in ml.requests} == {pb.COVARIANCE_FORM_UNSPECIFIED}
    assert isinstance(dense.covariance, DenseCovariance)
    assert isinstance(factors.covariance, FactorCovariance)


async def test_scenarios_come_along_only_if_asked_for(moments, ml):
    universe = Universe("prices", ("S003", "S001"))
    assert (await moments.estimate(universe)).scenarios is None
    found = await moments.estimate(universe, with_scenarios=True)
    np.testing.assert_array_equal(found.scenarios, ml.scenarios(2))


async def test_scenarios_of_other_assets_are_refused(moments, ml, monkeypatch):
    monkeypatch.setattr(ml, "scenarios", lambda count: np.zeros((40, count + 1)))
    with pytest.raises(InvalidProblem, match="scenarios"):
        await moments.estimate(Universe("prices"), with_scenarios=True)


async def test_what_the_estimate_rests_on_comes_along(moments, ml, monkeypatch):
    histories = [pb.SymbolHistory(symbol="S000", short=True), pb.SymbolHistory(symbol="S001", stale=True)]
    monkeypatch.setattr(
        ml,
        "quality",
        pb.MomentsQuality(
            sessions_asked=756, sessions_used=740, histories=histories, psd_shift=1e-9, condition_number=40
        ),
    )
    assert (await moments.estimate(Universe("prices"))).quality == Quality(("S000",), ("S001",), 756, 740, 1e-9, 40.0)


async def test_a_covariance_without_factors_is_its_diagonal(moments, ml, monkeypatch):
    def none_stands_out(request, symbols, chosen):
        answer = MlStandIn._moments(ml, request, symbols, chosen)
        answer.factors.loadings.CopyFrom(matrix_pb2.Matrix(rows=len(chosen), cols=0, packed=b""))
        answer.factors.specific_variances.CopyFrom(packed(np.full((len(chosen), 1), 0.02)))
        return answer

    monkeypatch.setattr(ml, "_moments", none_stands_out)
    found = await moments.estimate(Universe("prices"))
    assert found.covariance.loadings.shape == (12, 0)
    np.testing.assert_array_equal(found.covariance.variances, np.full(12, 0.02))
