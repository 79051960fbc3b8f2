from datetime import UTC, date, datetime

import numpy as np
import pytest
from google.type import date_pb2
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.types.v1 import matrix_pb2, moments_pb2

from chassis.errors import InvalidRequest
from services.ml.app.ports import DatasetQuery
from services.ml.domain.estimate import estimate_moments
from services.ml.domain.form import Form
from services.ml.domain.history import Returns
from services.ml.domain.spec import CovarianceMethod, ExpectedReturnMethod, Spec
from services.ml.rpc.codec import decode, decode_spec, encode, encode_spec
from services.ml.rpc.matrices import decoded, encoded

RMT = CovarianceMethod.RMT_DENOISED
FINITE = st.floats(allow_nan=False, allow_infinity=False)
MATRICES = arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, min_side=0), elements=FINITE)


@given(MATRICES, st.booleans())
def test_a_matrix_comes_back_from_the_wire_as_it_went(values, pack):
    sent = matrix_pb2.Matrix.FromString(encoded(values, pack=pack).SerializeToString())
    np.testing.assert_array_equal(decoded(sent), values)


@given(
    st.builds(
        Spec,
        st.sampled_from(ExpectedReturnMethod),
        st.sampled_from(CovarianceMethod),
        lookback=st.integers(1, 50000),
        half_life=st.floats(1, 50000),
        factors=st.integers(0, 1000),
        end=st.none() | st.dates(),
    )
)
def test_a_specification_comes_back_from_the_wire_as_it_went(spec):
    assert decode_spec(encode_spec(spec)) == spec


def test_every_method_of_the_contract_is_known_to_the_domain():
    for enum, field in [
        (moments_pb2.ExpectedReturnMethod, "expected_return"),
        (moments_pb2.CovarianceMethod, "covariance"),
    ]:
        for number in enum.values()[1:]:
            assert getattr(encode_spec(decode_spec(moments_pb2.EstimationSpec(**{field: number}))), field) == number


def test_what_is_left_out_of_a_specification_takes_its_stated_default():
    spec = decode_spec(moments_pb2.EstimationSpec())
    assert spec == Spec(ExpectedReturnMethod.SAMPLE, CovarianceMethod.LEDOIT_WOLF, 756, 126.0, 0, None)


def test_a_dataset_is_asked_for_as_it_was_known_at_a_time():
    request = pb.EstimateMomentsRequest(dataset=pb.DatasetInput(dataset="prices", symbols=["A"]))
    request.dataset.as_of.FromDatetime(datetime(2021, 5, 4, 3, 2, 1, tzinfo=UTC))
    question = decode(request)
    assert question.source == DatasetQuery("prices", ["A"], datetime(2021, 5, 4, 3, 2, 1, tzinfo=UTC))


def inline(symbols="AB", estimation=None, **matrix):
    returns = pb.ReturnsInput(symbols=list(symbols), returns=matrix_pb2.Matrix(**matrix))
    return pb.EstimateMomentsRequest(returns=returns, estimation=estimation)


def doubles(*values):
    return matrix_pb2.Doubles(values=values)


@pytest.mark.parametrize(
    ("request_message", "field", "mend"),
    [
        (inline(rows=1, cols=3, doubles=doubles(1, 2, 3)), "returns.returns.cols", "must be the number of symbols, 2"),
        (inline(rows=2, cols=2, doubles=doubles(1, 2, 3)), "returns.returns", "2 × 2 are not 3 values"),
        (inline(rows=2, cols=2, packed=bytes(31)), "returns.returns", "2 × 2 values take 32 bytes, not 31"),
        (inline(rows=2, cols=2), "returns.returns", "send the values, as doubles or packed"),
        (
            inline(rows=1, cols=2, packed=np.array([0, np.inf]).tobytes()),
            "returns.returns.packed",
            "row 0, column 1 (B) is infinite; send NaN where a return is not known",
        ),
        (
            inline(rows=0, cols=2, packed=b"", estimation=moments_pb2.EstimationSpec(end=date_pb2.Date(year=2020))),
            "estimation.end",
            "must be a whole date: month must be in 1..12",
        ),
        (
            inline(
                rows=0,
                cols=2,
                packed=b"",
                estimation=moments_pb2.EstimationSpec(end=date_pb2.Date(year=2020, month=1, day=2)),
            ),
            "estimation.end",
            "returns sent along have no dates: leave it out",
        ),
    ],
)
def test_what_can_not_be_read_is_refused_by_field_with_what_to_do(request_message, field, mend):
    with pytest.raises(InvalidRequest) as refused:
        decode(request_message)
    assert refused.value.violations == ((field, mend),)


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (pb.COVARIANCE_FORM_UNSPECIFIED, Form.NATURAL),
        (pb.COVARIANCE_FORM_DENSE, Form.DENSE),
        (pb.COVARIANCE_FORM_FACTORS, Form.FACTORS),
    ],
)
def test_the_form_asked_for_is_understood(number, form):
    request = pb.EstimateMomentsRequest(dataset=pb.DatasetInput(dataset="prices"), form=number)
    assert decode(request).form is form
    assert not decode(request).with_scenarios


def test_a_time_out_of_range_is_refused():
    request = pb.EstimateMomentsRequest(dataset=pb.DatasetInput(dataset="prices"))
    request.dataset.as_of.seconds = 2**60
    with pytest.raises(InvalidRequest, match="as_of"):
        decode(request)


def estimate(method, sessions=()):
    values = np.random.default_rng(1).normal(0, 0.01, (60, 3))
    return estimate_moments(
        Returns("ABC", values, sessions, [date(2020, 1, 1)] * 3 if sessions else ()), Spec(covariance=method)
    )


@pytest.mark.parametrize("pack", [False, True])
def test_the_factor_form_and_the_dense_form_are_the_same_covariance(pack):
    model = estimate(CovarianceMethod.PCA_FACTORS)
    answer = encode(model, pack=pack)
    factors = answer.moments.factors
    dense = decoded(encode(model.written(Form.DENSE), pack=pack).moments.dense)
    loadings, specific = decoded(factors.loadings), decoded(factors.specific_variances)
    assert (loadings.shape, specific.shape, answer.quality.factors_kept) == ((3, 1), (3, 1), 1)
    np.testing.assert_allclose(loadings @ loadings.T + np.diag(specific.ravel()), dense, rtol=1e-14)


@pytest.mark.parametrize("pack", [False, True])
def test_a_covariance_without_any_factor_is_its_diagonal(pack):
    one = estimate_moments(Returns("A", np.random.default_rng(1).normal(0, 0.01, (60, 1))), Spec(covariance=RMT))
    answer = encode(one, pack=pack)
    assert decoded(answer.moments.factors.loadings).shape == (1, 0)
    assert answer.quality.factors_kept == 0


@pytest.mark.parametrize("pack", [False, True])
def test_scenarios_are_the_returns_that_were_estimated_from(pack):
    found = estimate(CovarianceMethod.SAMPLE)
    answer = encode(found, pack=pack, with_scenarios=True)
    np.testing.assert_array_equal(decoded(answer.scenarios), found.window.values)
    assert not encode(found, pack=pack).HasField("scenarios")


def test_an_undated_estimate_leaves_its_dates_absent():
    answer = encode(estimate(CovarianceMethod.SAMPLE), pack=False)
    assert not answer.moments.HasField("start")
    assert not answer.estimation.HasField("end")
    assert not answer.quality.histories[0].HasField("start")


def test_a_dated_estimate_states_its_window():
    sessions = [date.fromordinal(date(2020, 1, 1).toordinal() + day) for day in range(60)]
    answer = encode(estimate(CovarianceMethod.SAMPLE, sessions), pack=False)
    assert answer.moments.start == date_pb2.Date(year=2020, month=1, day=1)
    assert answer.moments.end == answer.estimation.end == date_pb2.Date(year=2020, month=2, day=29)
    assert answer.quality.histories[0].start == date_pb2.Date(year=2020, month=1, day=1)
    assert (answer.quality.sessions_asked, answer.quality.sessions_used, answer.moments.observations) == (756, 60, 60)
