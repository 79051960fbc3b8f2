"""marketdata as one user's client sees it, and how it refuses."""

from dataclasses import dataclass

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from qpo.marketdata.v1 import alternative_data_service_pb2 as alternative_pb
from qpo.marketdata.v1 import data_quality_service_pb2 as quality_pb
from qpo.marketdata.v1 import feed_service_pb2 as feed_pb
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1.alternative_data_service_pb2_grpc import AlternativeDataServiceStub
from qpo.marketdata.v1.data_quality_service_pb2_grpc import DataQualityServiceStub
from qpo.marketdata.v1.feed_service_pb2_grpc import FeedServiceStub
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

WIDE = "date,A,B,C\n2024-01-02,10,20,30\n2024-01-03,11,,33\n2024-01-04,12.1,21,33\n"


@dataclass
class Served:
    """A service as one user's client sees it."""

    stub: object
    messages: object  # the module that has its requests
    metadata: tuple

    def __getattr__(self, method):
        name = "".join(word.capitalize() for word in method.split("_"))
        call, request = getattr(self.stub, name), getattr(self.messages, f"{name}Request")
        return lambda **fields: call(request(**fields), metadata=self.metadata, timeout=30)


@dataclass
class MarketData(Served):
    """marketdata as one user's client sees it."""

    quality: Served
    feeds: Served
    alternative: Served

    @classmethod
    def over(cls, channel, metadata):
        return cls(
            MarketDataServiceStub(channel),
            pb,
            metadata,
            Served(DataQualityServiceStub(channel), quality_pb, metadata),
            Served(FeedServiceStub(channel), feed_pb, metadata),
            Served(AlternativeDataServiceStub(channel), alternative_pb, metadata),
        )

    async def documents(self, *documents, dataset="prices", source="tests"):
        """Sends documents, each the fields of Document."""
        messages = [alternative_pb.IngestDocumentsRequest(feed={"dataset": dataset, "source": source})]
        messages += [alternative_pb.IngestDocumentsRequest(document=each) for each in documents]
        return await self.alternative.stub.IngestDocuments(iter(messages), metadata=self.metadata, timeout=30)

    async def ingest(self, text=WIDE, dataset="prices", parts=7, **header):
        data = text.encode() if isinstance(text, str) else text
        fields = {"dataset": dataset, "format": pb.PRICE_FORMAT_CSV} | header
        messages = [pb.IngestPricesRequest(header=pb.IngestHeader(**fields))]
        size = max(1, len(data) // parts)
        messages += [pb.IngestPricesRequest(chunk=data[at : at + size]) for at in range(0, len(data), size)]
        return await self.send(*messages)

    async def feed(self, *records, dataset="prices", source="tests"):
        """Sends records, each the fields of TickRecords."""
        messages = [pb.IngestTicksRequest(feed={"dataset": dataset, "source": source})]
        messages += [pb.IngestTicksRequest(records=each) for each in records]
        return await self.feed_messages(*messages)

    async def feed_messages(self, *messages):
        return await self.stub.IngestTicks(iter(messages), metadata=self.metadata, timeout=30)

    async def send(self, *messages):
        return await self.stub.IngestPrices(iter(messages), metadata=self.metadata, timeout=30)


async def refused(call, code, reason):
    """Asserts how a call, or the stream of one, is refused; returns ErrorInfo's metadata."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        if isinstance(call, grpc.aio.UnaryStreamCall) or hasattr(call, "read"):
            await call.read()
        else:
            await call
    info = error_details_pb2.ErrorInfo()
    details = rpc_status.from_call(raised.value).details
    assert any(detail.Unpack(info) for detail in details), raised.value
    assert (raised.value.code(), info.reason, info.domain) == (code, reason, "marketdata.qpo")
    return dict(info.metadata)
