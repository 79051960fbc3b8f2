# ruff: noqa: N802 - methods bear the contract's names
"""The quality of feeds, answered from memory."""

from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1 import data_quality_service_pb2 as dq
from qpo.marketdata.v1 import data_quality_service_pb2_grpc as dq_grpc

from tests.cli.fake_edge.refusals import mint


class FakeQuality(dq_grpc.DataQualityServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def GetQualityReport(self, request, context):
        self.tokens.caller(context)
        if request.dataset == "new":
            return dq.GetQualityReportResponse(total=dq.StreamQuality(score=1.0))
        spikes = dq.RecordFaultCount(fault=dq.RECORD_FAULT_SPIKE, count=2)
        one = dq.StreamQuality(symbol="AAPL", source="cli", accepted=1996, faults=[spikes], left_out=2, score=0.998)
        return dq.GetQualityReportResponse(
            streams=[one], total=dq.StreamQuality(accepted=1996, faults=[spikes], left_out=2, score=0.998)
        )

    def GetQualityRules(self, request, context):
        self.tokens.caller(context)
        return dq.GetQualityRulesResponse(rules=self.rules())

    def UpdateQualityRules(self, request, context):
        self.tokens.caller(context)
        rules = self.rules()
        rules.MergeFrom(request.rules)
        return dq.UpdateQualityRulesResponse(rules=rules)

    def ListQuarantine(self, request, context):
        self.tokens.caller(context)
        record = self.record(1)
        return dq.ListQuarantineResponse(records=[record] if request.fault in (0, record.fault) else [])

    def ReleaseQuarantined(self, request, context):
        self.tokens.caller(context)
        records = [self.record(number) for number in range(len(request.ids))]
        for record in records:
            record.released_at.FromSeconds(1_800_000_000)
        return dq.ReleaseQuarantinedResponse(records=records)

    def record(self, number):
        kept = {"symbol": "AAPL", "source": "cli", "price": "1500.0", "size": "0.0", "number": 7}
        return dq.QuarantinedRecord(id=mint(number), fault=dq.RECORD_FAULT_SPIKE, **kept)

    def rules(self):
        spans = {
            "ahead": Duration(seconds=5),
            "oldest": Duration(seconds=604_800),
            "cross_window": Duration(seconds=60),
            "session_slack": Duration(seconds=21_600),
        }
        return dq.QualityRules(spike_z=12.0, spike_floor=0.05, confirm=3, cross_tolerance=0.02, **spans)
