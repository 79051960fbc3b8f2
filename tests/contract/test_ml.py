"""qpo.ml.v1 over a real server: success, and every reason to be refused."""

from dataclasses import dataclass
from datetime import date

import grpc
import numpy as np
import pytest
import pytest_asyncio
import sklearn.covariance
from google.rpc import error_details_pb2
from google.type import date_pb2
from grpc_status import rpc_status
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub
from qpo.types.v1 import matrix_pb2, moments_pb2

from chassis.channel import open_channel
from chassis.serve import Service
from services.ml.adapters.returns_grpc import MarketDataReturns
from services.ml.adapters.workers_threads import ThreadWorkers
from services.ml.app.estimate_moments import EstimateMoments
from services.ml.rpc.errors import ERRORS
from services.ml.rpc.servicer import MlServicer
from tests.fixtures.marketdata_standin import MarketDataStandIn, serving

SYMBOLS = ["AAPL", "BRK.B", "KO", "XOM"]
ML = pb.DESCRIPTOR.services_by_name["MlService"]


@dataclass
class Ml:
    """ml as a client sees it, with the marketdata behind it."""

    stub: MlServiceStub
    marketdata: MarketDataStandIn
    metadata: tuple

    async def estimate(self, request=None, metadata=None, **fields):
        request = request or pb.EstimateMomentsRequest(**fields)
        return await self.stub.EstimateMoments(request, metadata=self.metadata if metadata is None else metadata)


@pytest.fixture
def returns():
    rng = np.random.default_rng(7)
    return rng.normal(0.0005, 0.01, (400, 1)) + rng.normal(0, 0.01, (400, 4))


@pytest_asyncio.fixture
async def serve_ml(serve_in_process, tokens):
    """Serves ml before a marketdata at an address."""
    channels, workers = [], ThreadWorkers(1)

    async def serve(address, marketdata=None):
        channels.append(open_channel(address))
        servicer = MlServicer(EstimateMoments(MarketDataReturns(channels[-1]), workers), workers)
        channel = await serve_in_process(Service(ML, servicer, ERRORS))
        return Ml(MlServiceStub(channel), marketdata, tokens.metadata())

    yield serve
    workers.close()
    for channel in channels:
        await channel.close()


@pytest_asyncio.fixture
async def ml(serve_ml, returns):
    marketdata = MarketDataStandIn(SYMBOLS, returns)
    async with serving(marketdata) as address:
        yield await serve_ml(address, marketdata)


def dataset(*symbols):
    return pb.DatasetInput(dataset="prices", symbols=symbols)


def sent_along(values, symbols=SYMBOLS, packed=False):
    rows, cols = values.shape
    if packed:
        matrix = matrix_pb2.Matrix(rows=rows, cols=cols, packed=values.astype("<f8").tobytes())
    else:
        matrix = matrix_pb2.Matrix(rows=rows, cols=cols, doubles=matrix_pb2.Doubles(values=values.ravel()))
    return pb.ReturnsInput(symbols=symbols, returns=matrix)


def doubles(matrix):
    return np.array(matrix.doubles.values).reshape(matrix.rows, matrix.cols)


def unpacked(matrix):
    return np.frombuffer(matrix.packed, "<f8").reshape(matrix.rows, matrix.cols)


def told(refused, detail):
    """The error's ErrorInfo, and the given detail."""
    info = error_details_pb2.ErrorInfo()
    for found in rpc_status.from_call(refused.value).details:
        found.Unpack(info)
        found.Unpack(detail)
    assert info.domain == "ml.qpo"
    return info


def violations(refused):
    bad = error_details_pb2.BadRequest()
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert told(refused, bad).reason == "INVALID_REQUEST"
    return {violation.field: violation.description for violation in bad.field_violations}


async def test_a_datasets_moments_rest_on_the_window_asked_for(ml, returns):
    answer = await ml.estimate(dataset=dataset(), estimation=moments_pb2.EstimationSpec(lookback=252))
    window = returns[-252:]
    expected = sklearn.covariance.LedoitWolf().fit(window)
    moments = answer.moments
    assert list(moments.symbols) == SYMBOLS
    np.testing.assert_allclose(moments.expected_returns, 252 * window.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(doubles(moments.dense), 252 * expected.covariance_ * 252 / 251, rtol=1e-11)
    assert answer.quality.covariance_shrinkage == pytest.approx(expected.shrinkage_)
    assert (answer.quality.sessions_asked, answer.quality.sessions_used, moments.observations) == (252, 252, 252)


async def test_the_defaults_that_were_used_come_back(ml):
    answer = await ml.estimate(dataset=dataset("KO", "AAPL"))
    last = date.fromordinal(date(2020, 1, 1).toordinal() + 400)
    assert answer.estimation == moments_pb2.EstimationSpec(
        expected_return=moments_pb2.EXPECTED_RETURN_METHOD_SAMPLE,
        covariance=moments_pb2.COVARIANCE_METHOD_LEDOIT_WOLF,
        lookback=756,
        half_life=126,
        factors=1,
        end=date_pb2.Date(year=last.year, month=last.month, day=last.day),
    )
    assert list(answer.moments.symbols) == ["KO", "AAPL"]


async def test_missing_history_is_reported_and_nothing_is_dropped(ml, returns):
    returns[:100, 1] = np.nan
    answer = await ml.estimate(dataset=dataset())
    assert list(answer.moments.symbols) == SYMBOLS
    assert answer.quality.sessions_used == 300
    short = answer.quality.histories[1]
    assert (short.symbol, short.observations, short.missing, short.short) == ("BRK.B", 300, 100, True)
    assert short.start == date_pb2.Date(year=2020, month=1, day=1)


@pytest.mark.parametrize("mean", moments_pb2.ExpectedReturnMethod.values())
@pytest.mark.parametrize("covariance", moments_pb2.CovarianceMethod.values())
async def test_every_method_answers_with_a_covariance(ml, returns, mean, covariance):
    spec = moments_pb2.EstimationSpec(expected_return=mean, covariance=covariance)
    answer = await ml.estimate(returns=sent_along(returns), estimation=spec, packed=True, form=pb.COVARIANCE_FORM_DENSE)
    assert np.linalg.eigvalsh(unpacked(answer.moments.dense))[0] > 0
    assert np.isfinite(answer.moments.expected_returns).all()
    assert answer.quality.condition_number > 1


@pytest.mark.parametrize("covariance", moments_pb2.CovarianceMethod.values())
async def test_factors_and_a_dense_matrix_are_the_same_covariance(ml, returns, covariance):
    spec = moments_pb2.EstimationSpec(covariance=covariance, factors=2)
    dense = await ml.estimate(returns=sent_along(returns), estimation=spec, form=pb.COVARIANCE_FORM_DENSE)
    assert dense.quality.factors_kept == 0
    for packed, read in [(False, doubles), (True, unpacked)]:
        answer = await ml.estimate(
            returns=sent_along(returns), estimation=spec, form=pb.COVARIANCE_FORM_FACTORS, packed=packed
        )
        loadings = read(answer.moments.factors.loadings)
        specific = read(answer.moments.factors.specific_variances)
        assert (loadings.shape, specific.shape) == ((4, answer.quality.factors_kept), (4, 1))
        again = loadings @ loadings.T + np.diag(specific.ravel())
        np.testing.assert_allclose(again, doubles(dense.moments.dense), rtol=1e-12)


@pytest.mark.parametrize(
    ("covariance", "sessions", "factors"),
    [
        (moments_pb2.COVARIANCE_METHOD_PCA_FACTORS, 400, 2),
        (moments_pb2.COVARIANCE_METHOD_RMT_DENOISED, 400, 1),
        (moments_pb2.COVARIANCE_METHOD_LEDOIT_WOLF, 400, 0),
        (moments_pb2.COVARIANCE_METHOD_LEDOIT_WOLF, 30, 30),
        (moments_pb2.COVARIANCE_METHOD_SAMPLE, 30, 30),
        (moments_pb2.COVARIANCE_METHOD_EXPONENTIAL, 30, 30),
    ],
)
async def test_a_covariance_is_answered_as_its_estimator_finds_it(ml, covariance, sessions, factors):
    rng = np.random.default_rng(8)
    symbols = [f"S{number}" for number in range(40)]
    values = rng.normal(0.0005, 0.01, (sessions, 1)) + rng.normal(0, 0.01, (sessions, 40))
    spec = moments_pb2.EstimationSpec(covariance=covariance, factors=2)
    answer = await ml.estimate(returns=sent_along(values, symbols, packed=True), estimation=spec, packed=True)
    assert answer.moments.WhichOneof("covariance") == ("factors" if factors else "dense")
    assert answer.quality.factors_kept == factors
    if factors:
        assert unpacked(answer.moments.factors.loadings).shape == (40, factors)


@pytest.mark.parametrize(("packed", "read"), [(False, doubles), (True, unpacked)])
async def test_scenarios_are_the_returns_of_the_sessions_used(ml, returns, packed, read):
    returns[7, 2] = np.nan
    answer = await ml.estimate(dataset=dataset(), with_scenarios=True, packed=packed)
    np.testing.assert_array_equal(read(answer.scenarios), np.delete(returns, 7, axis=0))
    assert not (await ml.estimate(dataset=dataset())).HasField("scenarios")


async def test_scenarios_too_many_for_a_message_are_refused_with_what_to_do(ml):
    symbols = [f"S{number}" for number in range(1100)]
    values = np.random.default_rng(3).normal(0, 0.01, (1000, 1100))
    fields = {"returns": sent_along(values, symbols, packed=True), "with_scenarios": True}
    spec = moments_pb2.EstimationSpec(lookback=1000)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(estimation=spec, **fields)
    assert "1,100,000 numbers beside the 1,101,100" in violations(refused)["with_scenarios"]
    assert "COVARIANCE_METHOD_RMT_DENOISED" in violations(refused)["with_scenarios"]


async def test_a_symbol_that_stopped_is_told_as_stale(ml, returns):
    returns[-1, 3] = np.nan
    answer = await ml.estimate(dataset=dataset())
    assert [history.stale for history in answer.quality.histories] == [False, False, False, True]


async def test_nan_in_packed_returns_is_a_missing_return(ml, returns):
    returns[5, 2] = np.nan
    answer = await ml.estimate(returns=sent_along(returns, packed=True))
    assert answer.quality.sessions_used == 399
    assert [history.missing for history in answer.quality.histories] == [0, 0, 1, 0]


async def test_the_callers_token_goes_along_to_marketdata(ml):
    await ml.estimate(dataset=dataset())
    assert ml.marketdata.tokens == [dict(ml.metadata)["authorization"]]


async def test_an_invalid_request_names_every_field(ml, returns):
    returns[3, 1] = np.nan
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(returns=sent_along(returns), form=9)
    assert set(violations(refused)) == {"returns.returns.doubles.values[13]", "form"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"estimation": moments_pb2.EstimationSpec(lookback=10)}, "estimation.lookback"),
        ({"estimation": moments_pb2.EstimationSpec(half_life=0.1)}, "estimation.half_life"),
        ({"estimation": moments_pb2.EstimationSpec(end=date_pb2.Date(year=2020))}, "estimation.end"),
        ({"estimation": moments_pb2.EstimationSpec(factors=5, covariance=4)}, "estimation.factors"),
    ],
)
async def test_a_specification_that_can_not_be_followed_is_refused_by_field(ml, fields, field):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset(), **fields)
    assert list(violations(refused)) == [field]


async def test_an_infinite_return_is_refused_by_place(ml, returns):
    returns[3, 1] = np.inf
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(returns=sent_along(returns, packed=True))
    assert "row 3, column 1 (BRK.B)" in violations(refused)["returns.returns.packed"]


async def test_an_absurd_return_of_a_dataset_is_refused_by_symbol(ml, returns):
    returns[3, 1] = 1e9
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset())
    assert "leave BRK.B out" in violations(refused)["returns"]


async def test_an_answer_too_large_for_a_message_is_refused(ml):
    symbols = [f"S{number}" for number in range(1500)]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(returns=sent_along(np.zeros((30, 1500)), symbols, packed=True), form=pb.COVARIANCE_FORM_DENSE)
    assert "2,250,000 numbers" in violations(refused)["form"]


async def test_what_is_too_large_as_a_matrix_is_answered_in_factors(ml):
    symbols = [f"S{number}" for number in range(1500)]
    values = np.random.default_rng(4).normal(0, 0.01, (30, 1500))
    answer = await ml.estimate(returns=sent_along(values, symbols, packed=True), packed=True)
    assert unpacked(answer.moments.factors.loadings).shape == (1500, 30)


async def test_more_returns_than_marketdata_can_send_are_refused(ml):
    ml.marketdata.refusal = (grpc.StatusCode.RESOURCE_EXHAUSTED,)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset())
    assert "name fewer symbols" in violations(refused)["estimation.lookback"]


async def test_insufficient_history_names_each_short_symbol_with_what_it_has_and_needs(ml, returns):
    returns[:380, 3] = np.nan
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset())
    failure = error_details_pb2.PreconditionFailure()
    info = told(refused, failure)
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_HISTORY")
    assert dict(info.metadata) == {"sessions": "20", "needs": "30", "short_symbols": "1"}
    assert [(v.subject, v.description) for v in failure.violations] == [
        ("XOM", "has 20 returns in the window, needs 30")
    ]


async def test_insufficient_history_of_very_many_symbols_still_reaches_the_caller(ml):
    symbols = [f"S{number}" for number in range(1000)]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(returns=sent_along(np.zeros((5, 1000)), symbols, packed=True))
    assert told(refused, error_details_pb2.PreconditionFailure()).metadata["short_symbols"] == "1000"


async def test_a_dataset_without_sessions_is_insufficient_history(ml):
    ml.marketdata.refusal = (grpc.StatusCode.FAILED_PRECONDITION, "NO_SESSIONS")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset("KO"))
    assert told(refused, error_details_pb2.PreconditionFailure()).reason == "INSUFFICIENT_HISTORY"


@pytest.mark.parametrize(
    ("refusal", "metadata"),
    [
        (("DATASET_NOT_FOUND",), {"dataset": "prices"}),
        (("INSTRUMENT_NOT_FOUND", {"symbols": "KO"}), {"symbols": "KO"}),
    ],
)
async def test_what_marketdata_does_not_find_is_not_found(ml, refusal, metadata):
    ml.marketdata.refusal = (grpc.StatusCode.NOT_FOUND, *refusal)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset())
    info = told(refused, error_details_pb2.BadRequest())
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.NOT_FOUND, refusal[0])
    assert dict(info.metadata) == metadata
    assert "marketdata" not in refused.value.details()


async def test_a_marketdata_that_does_not_answer_is_unavailable_with_a_time_to_try_again(serve_ml):
    ml = await serve_ml("127.0.0.1:1")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset())
    retry = error_details_pb2.RetryInfo()
    info = told(refused, retry)
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
    assert retry.retry_delay.ToMilliseconds() == 1000


async def test_a_call_without_a_token_is_unauthenticated(ml):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset(), metadata=())
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert told(refused, error_details_pb2.BadRequest()).reason == "UNAUTHENTICATED"


async def test_a_token_without_the_scope_is_told_which(ml, tokens):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await ml.estimate(dataset=dataset(), metadata=tokens.metadata(scopes=["read:portfolio"]))
    info = told(refused, error_details_pb2.BadRequest())
    assert (refused.value.code(), info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert dict(info.metadata) == {"scope": "read:marketdata"}
