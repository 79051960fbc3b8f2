# ruff: noqa: N802 - methods bear the contract's names
"""A second factor, answered from memory."""

from qpo.auth.v1 import second_factor_service_pb2 as pb
from qpo.auth.v1 import second_factor_service_pb2_grpc as second_grpc

from tests.cli.fake_edge.auth import prove

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class FakeSecondFactor(second_grpc.SecondFactorServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def BeginSecondFactor(self, request, context):
        self.tokens.caller(context)
        return pb.BeginSecondFactorResponse(secret=SECRET, uri=f"otpauth://totp/QPO:me?secret={SECRET}&issuer=QPO")

    def ConfirmSecondFactor(self, request, context):
        self.tokens.caller(context)
        prove(context, request.code)
        return pb.ConfirmSecondFactorResponse(recovery_codes=[f"AAAA-{number:04}" for number in range(10)])

    def RemoveSecondFactor(self, request, context):
        self.tokens.caller(context)
        prove(context, request.code)
        return pb.RemoveSecondFactorResponse()
