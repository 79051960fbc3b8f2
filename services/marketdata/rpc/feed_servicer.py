"""FeedService: decode, call, encode."""

from __future__ import annotations

from qpo.marketdata.v1 import feed_service_pb2 as pb

from services.marketdata.domain.feed.sources import Kind
from services.marketdata.rpc import codec_vendors as codec
from services.marketdata.rpc.caller import caller
from services.marketdata.rpc.use_cases import UseCases


class FeedServicer:
    """Serves qpo.marketdata.v1.FeedService."""

    def __init__(self, use: UseCases) -> None:
        self._use = use

    async def list_sources(self, _request: pb.ListSourcesRequest) -> pb.ListSourcesResponse:
        """Lists sources."""
        return pb.ListSourcesResponse(sources=[codec.to_source(each) for each in await self._use.list_sources()])

    async def start_feed(self, request: pb.StartFeedRequest) -> pb.StartFeedResponse:
        """Starts or changes a feed."""
        return pb.StartFeedResponse(feed=codec.to_feed(await self._use.start_feed(caller(), codec.from_start(request))))

    async def list_feeds(self, request: pb.ListFeedsRequest) -> pb.ListFeedsResponse:
        """Lists a dataset's feeds."""
        feeds = await self._use.list_feeds(caller(), request.dataset)
        return pb.ListFeedsResponse(feeds=[codec.to_feed(feed) for feed in feeds])

    async def stop_feed(self, request: pb.StopFeedRequest) -> pb.StopFeedResponse:
        """Stops a feed."""
        feed = await self._use.stop_feed(caller(), request.dataset, request.source, Kind(request.kind))
        return pb.StopFeedResponse(feed=codec.to_feed(feed))
