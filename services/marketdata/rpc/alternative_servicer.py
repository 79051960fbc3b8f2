"""AlternativeDataService: decode, call, encode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from qpo.marketdata.v1 import alternative_data_service_pb2 as pb

from chassis import context
from chassis.paging import PageTokens
from services.marketdata.rpc import codec_alternative as codec
from services.marketdata.rpc.caller import caller
from services.marketdata.rpc.servicer import MAX_AGE
from services.marketdata.rpc.tokens import Tokens
from services.marketdata.rpc.use_cases import UseCases


class AlternativeDataServicer:
    """Serves qpo.marketdata.v1.AlternativeDataService."""

    def __init__(self, use: UseCases, tokens: PageTokens) -> None:
        self._use, self._tokens = use, Tokens(tokens)

    async def ingest_documents(self, requests: codec.Requests) -> pb.IngestDocumentsResponse:
        """Takes documents in."""
        feed, use = await codec.feed_of(requests), self._use.ingest_documents
        dataset = await use.open(caller(), feed.dataset)
        taken = await use(dataset.id, feed.source, codec.documents_of(requests))
        return pb.IngestDocumentsResponse(documents=taken)

    async def list_documents(self, request: pb.ListDocumentsRequest) -> pb.ListDocumentsResponse:
        """Lists documents."""
        asked = codec.from_documents_asked(request)
        listing = self._tokens.listing(caller(), "ListDocuments", asked)
        page = await self._use.list_documents(caller(), asked, listing.after(request.page_token), request.page_size)
        documents = [codec.to_document(each) for each in page.rows]
        return pb.ListDocumentsResponse(documents=documents, next_page_token=listing.token(page.after))

    async def list_sentiment(self, request: pb.ListSentimentRequest) -> pb.ListSentimentResponse:
        """Lists sentiment."""
        asked = codec.from_sentiment_asked(request)
        listing = self._tokens.listing(caller(), "ListSentiment", asked)
        page = await self._use.list_sentiment(caller(), asked, listing.after(request.page_token), request.page_size)
        points = [codec.to_point(each) for each in page.rows]
        return pb.ListSentimentResponse(points=points, next_page_token=listing.token(page.after))

    async def subscribe_sentiment(
        self, request: pb.SubscribeSentimentRequest
    ) -> AsyncIterator[pb.SubscribeSentimentResponse]:
        """Streams sentiment."""
        who, use = caller(), self._use.subscribe_sentiment
        symbols, width = list(request.symbols), codec.WIDTHS[request.interval]
        dataset = await use.open(who, request.dataset, symbols)
        series = f"sentiment of {dataset.id}, {width} s"
        place = self._tokens.place(series, request.cursor)
        asked = (who, dataset, width, symbols, place, context.max_age() or MAX_AGE)
        async with aclosing(use.frames(*asked)) as frames:
            async for frame in frames:
                yield codec.to_frame(frame, self._tokens.placed(series, frame.place))

    async def list_fundamentals(self, request: pb.ListFundamentalsRequest) -> pb.ListFundamentalsResponse:
        """Lists figures of companies."""
        asked = codec.from_fundamentals_asked(request)
        listing = self._tokens.listing(caller(), "ListFundamentals", asked)
        page = await self._use.list_figures(caller(), asked, listing.after(request.page_token), request.page_size)
        fundamentals = [codec.to_fundamental(each) for each in page.rows]
        return pb.ListFundamentalsResponse(fundamentals=fundamentals, next_page_token=listing.token(page.after))

    async def list_macro_observations(
        self, request: pb.ListMacroObservationsRequest
    ) -> pb.ListMacroObservationsResponse:
        """Lists observations of series."""
        asked = codec.from_macro_asked(request)
        listing = self._tokens.listing(caller(), "ListMacroObservations", asked)
        page = await self._use.list_figures(caller(), asked, listing.after(request.page_token), request.page_size)
        observations = [codec.to_observation(each) for each in page.rows]
        return pb.ListMacroObservationsResponse(observations=observations, next_page_token=listing.token(page.after))
