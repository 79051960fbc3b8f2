# ruff: noqa: N802 - methods bear the contract's names
"""ml, answered from memory."""

from google.type.date_pb2 import Date
from qpo.ml.v1 import ml_service_pb2 as ml
from qpo.ml.v1 import ml_service_pb2_grpc as ml_grpc
from qpo.types.v1.matrix_pb2 import Doubles, Matrix
from qpo.types.v1.moments_pb2 import FactorCovariance, Moments

from tests.cli.fake_edge.marketdata import SYMBOLS

COVARIANCE = (0.04, 0.01, 0.0, 0.01, 0.09, 0.0, 0.0, 0.0, 0.16)
EXPECTED = (0.1, 0.2, 0.05)


class FakeMl(ml_grpc.MlServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def EstimateMoments(self, request, context):
        self.tokens.caller(context)
        moments = Moments(
            symbols=SYMBOLS,
            expected_returns=EXPECTED,
            observations=756,
            start=Date(year=2019, month=12, day=27),
            end=Date(year=2022, month=12, day=28),
        )
        if request.form == ml.COVARIANCE_FORM_FACTORS:
            loadings = Matrix(rows=3, cols=1, doubles=Doubles(values=[0.1, 0.2, 0.3]))
            own = Matrix(rows=3, cols=1, doubles=Doubles(values=[0.03, 0.05, 0.07]))
            moments.factors.CopyFrom(FactorCovariance(loadings=loadings, specific_variances=own))
        else:
            moments.dense.CopyFrom(Matrix(rows=3, cols=3, doubles=Doubles(values=COVARIANCE)))
        quality = ml.MomentsQuality(
            sessions_asked=756, sessions_used=740, covariance_shrinkage=0.12, condition_number=7.5,
            histories=[ml.SymbolHistory(symbol="XOM", short=True)],
        )  # fmt: skip
        return ml.EstimateMomentsResponse(moments=moments, quality=quality)
