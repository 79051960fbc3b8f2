# ruff: noqa: N802 - methods bear the contract's names
"""What looks like an attack, answered from memory."""

from qpo.auth.v1 import security_service_pb2 as pb
from qpo.auth.v1 import security_service_pb2_grpc as security_grpc

EVENT = pb.SecurityEvent(
    id="1", kind=pb.SECURITY_EVENT_KIND_ANOMALY, user_id="u", detail="score 0.71: 900 calls of 3 methods"
)
REUSED = pb.SecurityEvent(id="0", kind=pb.SECURITY_EVENT_KIND_REFRESH_TOKEN_REUSED, ip_address="192.0.2.1")
DETECTOR = pb.Detector(id="ab" * 32, state=pb.DETECTOR_STATE_ACTIVE, minutes=4321, contamination=0.1)


class FakeSecurity(security_grpc.SecurityServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.policy = pb.SecurityPolicy(
            anomaly_action=pb.SECURITY_ACTION_ALARM,
            anomaly_score=0.6,
            consecutive_minutes=3,
            least_calls=20,
            injection_action=pb.SECURITY_ACTION_ALARM,
            block_minutes=15,
        )

    def ListSecurityEvents(self, request, context):
        self.tokens.caller(context)
        chosen = [event for event in (EVENT, REUSED) if request.kind in (0, event.kind)]
        return pb.ListSecurityEventsResponse(events=chosen, next_page_token="more")

    def SubscribeSecurityEvents(self, request, context):
        self.tokens.caller(context)
        yield pb.SubscribeSecurityEventsResponse(cursor="1")
        yield pb.SubscribeSecurityEventsResponse(events=[EVENT], cursor="2")

    def GetSecurityPolicy(self, request, context):
        self.tokens.caller(context)
        return pb.GetSecurityPolicyResponse(policy=self.policy)

    def UpdateSecurityPolicy(self, request, context):
        self.tokens.caller(context)
        for path in request.update_mask.paths:
            setattr(self.policy, path, getattr(request.policy, path))
        return pb.UpdateSecurityPolicyResponse(policy=self.policy)

    def TrainDetector(self, request, context):
        self.tokens.caller(context)
        return pb.TrainDetectorResponse(detector=DETECTOR)

    def ListDetectors(self, request, context):
        self.tokens.caller(context)
        return pb.ListDetectorsResponse(detectors=[DETECTOR])
