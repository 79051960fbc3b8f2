# ruff: noqa: N802 - methods bear the contract's names
"""The audit trail, answered from memory."""

import grpc
from qpo.auth.v1 import audit_service_pb2 as pb
from qpo.auth.v1 import audit_service_pb2_grpc as audit_grpc

from tests.cli.fake_edge.refusals import refuse


class FakeAudit(audit_grpc.AuditServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def ListAuditEvents(self, request, context):
        self.tokens.caller(context)
        if request.result == "TOO_OFTEN":
            text = "you have called this too often: one may 600 per minute; come again in 41.5 s"
            refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", text, retry=41.5)
        events = [
            pb.AuditEvent(
                seq=3, action=pb.AUDIT_ACTION_CALL, method="/qpo.ml.v1.MlService/EstimateMoments", result="NOT_OWNER"
            ),
            pb.AuditEvent(seq=2, action=pb.AUDIT_ACTION_USER_LOGIN, resource="account:ab12", result="BAD_CREDENTIALS"),
            pb.AuditEvent(
                seq=1, action=pb.AUDIT_ACTION_USER_REGISTER, user_id="u", ip_address="192.0.2.1", result="OK"
            ),
        ]
        chosen = [event for event in events if request.action in (0, event.action)]
        return pb.ListAuditEventsResponse(events=chosen, next_page_token="more")

    def VerifyAudit(self, request, context):
        broken = self.tokens.caller(context).startswith("victim")
        yield pb.VerifyAuditResponse(verified=1, total=2)
        if broken:
            yield pb.VerifyAuditResponse(
                verified=1, total=2, outcome=pb.AUDIT_OUTCOME_BROKEN, first_broken=2, problem="it is missing"
            )
        else:
            yield pb.VerifyAuditResponse(verified=2, total=2, outcome=pb.AUDIT_OUTCOME_INTACT)
