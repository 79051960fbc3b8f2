"""MarketDataService: decode, call, encode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.types.v1.export_pb2 import ExportChunk

from chassis import context
from chassis.export import Lines, chunked
from chassis.paging import PageTokens
from services.marketdata.app.corporate_actions import ActionsAsked
from services.marketdata.app.get_returns import ReturnsAsked
from services.marketdata.app.list_bars import BarRange
from services.marketdata.domain.actions import Adjustment
from services.marketdata.domain.ticks import Frame
from services.marketdata.rpc import codec, codec_actions, codec_feed, codec_ticks
from services.marketdata.rpc.caller import caller
from services.marketdata.rpc.codec_export import lines_of
from services.marketdata.rpc.tokens import Tokens
from services.marketdata.rpc.upload import Requests, chunks_of, header_of
from services.marketdata.rpc.use_cases import UseCases
from services.marketdata.wire.dataset import to_dataset, to_replay
from services.marketdata.wire.times import from_date, from_timestamp

# Without a limit from the chassis, as in a test of the servicer alone.
MAX_AGE = 900.0  # s


class MarketDataServicer:
    """Serves qpo.marketdata.v1.MarketDataService."""

    def __init__(self, use: UseCases, tokens: PageTokens) -> None:
        self._use, self._tokens = use, Tokens(tokens)

    async def ingest_prices(self, requests: Requests) -> pb.IngestPricesResponse:
        """Takes an upload in."""
        upload = codec.from_header(await header_of(requests))
        return codec.to_ingested(await self._use.ingest_prices(caller(), upload, chunks_of(requests)))

    async def ingest_ticks(self, requests: codec_feed.Requests) -> pb.IngestTicksResponse:
        """Takes a feed in."""
        feed, use = await codec_feed.feed_of(requests), self._use.ingest_ticks
        dataset = await use.open(caller(), feed.dataset)
        taken = await use(codec_feed.records_of(requests, dataset.id, feed.source))
        return pb.IngestTicksResponse(records=taken.records, messages=taken.messages)

    async def list_datasets(self, request: pb.ListDatasetsRequest) -> pb.ListDatasetsResponse:
        """Lists datasets."""
        listing = self._tokens.listing(caller(), "ListDatasets")
        page = await self._use.list_datasets(caller(), listing.after(request.page_token), request.page_size)
        datasets = [to_dataset(dataset) for dataset in page.rows]
        return pb.ListDatasetsResponse(datasets=datasets, next_page_token=listing.token(page.after))

    async def list_instruments(self, request: pb.ListInstrumentsRequest) -> pb.ListInstrumentsResponse:
        """Lists a dataset's instruments."""
        symbols = list(request.symbols)
        listing = self._tokens.listing(caller(), "ListInstruments", request.dataset, symbols)
        after = listing.after(request.page_token)
        page = await self._use.list_instruments(caller(), request.dataset, symbols, after, request.page_size)
        instruments = [codec.to_instrument(instrument) for instrument in page.rows]
        return pb.ListInstrumentsResponse(instruments=instruments, next_page_token=listing.token(page.after))

    async def update_instruments(self, request: pb.UpdateInstrumentsRequest) -> pb.UpdateInstrumentsResponse:
        """Updates what is known of instruments."""
        # 5,000 of them take some milliseconds to read, and to write.
        updates = await asyncio.to_thread(codec.from_updates, request)
        after = await self._use.update_instruments(caller(), request.dataset, updates)
        return await asyncio.to_thread(codec.to_updated, after)

    async def update_corporate_actions(
        self, request: pb.UpdateCorporateActionsRequest
    ) -> pb.UpdateCorporateActionsResponse:
        """Updates splits and dividends."""
        actions = codec_actions.from_actions(request)
        known = await self._use.update_corporate_actions(caller(), request.dataset, actions)
        return pb.UpdateCorporateActionsResponse(actions=[codec_actions.to_action(action) for action in known])

    async def list_corporate_actions(self, request: pb.ListCorporateActionsRequest) -> pb.ListCorporateActionsResponse:
        """Lists splits and dividends."""
        asked = ActionsAsked(request.dataset, list(request.symbols), from_timestamp(request, "as_of"))
        listing = self._tokens.listing(caller(), "ListCorporateActions", asked)
        after = listing.after(request.page_token)
        page = await self._use.list_corporate_actions(caller(), asked, after, request.page_size)
        actions = [codec_actions.to_action(action) for action in page.rows]
        return pb.ListCorporateActionsResponse(actions=actions, next_page_token=listing.token(page.after))

    async def list_bars(self, request: pb.ListBarsRequest) -> pb.ListBarsResponse:
        """Lists bars."""
        asked = BarRange(
            dataset=request.dataset,
            symbols=list(request.symbols),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            as_of=from_timestamp(request, "as_of"),
            adjustment=Adjustment(request.adjustment),
        )
        listing = self._tokens.listing(caller(), "ListBars", asked)
        page = await self._use.list_bars(caller(), asked, listing.after(request.page_token), request.page_size)
        return pb.ListBarsResponse(
            bars=[codec.to_bar(bar) for bar in page.rows], next_page_token=listing.token(page.after)
        )

    async def list_tick_bars(self, request: pb.ListTickBarsRequest) -> pb.ListTickBarsResponse:
        """Lists bars of ticks."""
        asked = codec_feed.from_bars_asked(request)
        listing = self._tokens.listing(caller(), "ListTickBars", asked)
        page = await self._use.list_tick_bars(caller(), asked, listing.after(request.page_token), request.page_size)
        bars = [codec_feed.to_tick_bar(bar) for bar in page.rows]
        return pb.ListTickBarsResponse(bars=bars, next_page_token=listing.token(page.after))

    async def list_closes(self, request: pb.ListClosesRequest) -> pb.ListClosesResponse:
        """Lists last closes."""
        session, as_of = from_date(request, "session"), from_timestamp(request, "as_of")
        closes = await self._use.list_closes(caller(), request.dataset, list(request.symbols), session, as_of)
        return pb.ListClosesResponse(closes=[codec.to_close(close) for close in closes])

    async def get_returns(self, request: pb.GetReturnsRequest) -> pb.GetReturnsResponse:
        """Gets returns."""
        asked = ReturnsAsked(
            dataset=request.dataset,
            symbols=list(request.symbols),
            end=from_date(request, "end"),
            lookback=request.lookback,
            as_of=from_timestamp(request, "as_of"),
        )
        returns = await self._use.get_returns(caller(), asked)
        # Thirty years of sessions take some milliseconds to write: a thread leaves the event loop its turns.
        return await asyncio.to_thread(codec.to_returns, returns)

    async def subscribe_ticks(self, request: pb.SubscribeTicksRequest) -> AsyncIterator[bytes]:
        """Streams ticks; each message is encoded once for all who see the same."""
        who, use, look = caller(), self._use.subscribe_ticks, codec_ticks.from_subscription(request)
        dataset = await use.open(who, request.dataset, list(request.symbols))
        position = self._tokens.position(dataset.id, request.cursor)

        def encode(frame: Frame) -> bytes:
            return codec_ticks.to_frame(frame, self._tokens.cursor(dataset.id, frame.position), look.fields)

        async with aclosing(use.frames(who, dataset, look, position, context.max_age() or MAX_AGE)) as frames:
            async for shared in frames:
                yield shared.once(encode)

    async def subscribe_bars(self, request: pb.SubscribeBarsRequest) -> AsyncIterator[pb.SubscribeBarsResponse]:
        """Streams bars of ticks."""
        who, use = caller(), self._use.subscribe_bars
        symbols, width = list(request.symbols), codec_feed.WIDTHS[request.interval]
        dataset = await use.open(who, request.dataset, symbols)
        series = f"bars of {dataset.id}, {width} s"
        place = self._tokens.place(series, request.cursor)
        asked = (who, dataset, width, symbols, place, context.max_age() or MAX_AGE)
        async with aclosing(use.frames(*asked)) as frames:
            async for frame in frames:
                yield codec_feed.to_bar_frame(frame, self._tokens.placed(series, frame.place))

    async def start_replay(self, request: pb.StartReplayRequest) -> pb.StartReplayResponse:
        """Starts a replay."""
        replay = await self._use.start_replay(caller(), codec_ticks.from_start(request))
        return pb.StartReplayResponse(replay=to_replay(replay))

    async def get_replay(self, request: pb.GetReplayRequest) -> pb.GetReplayResponse:
        """Gets a replay."""
        replay = await self._use.get_replay(caller(), request.replay_id)
        return pb.GetReplayResponse(replay=to_replay(replay))

    async def stop_replay(self, request: pb.StopReplayRequest) -> pb.StopReplayResponse:
        """Stops a replay."""
        replay = await self._use.stop_replay(caller(), request.replay_id)
        return pb.StopReplayResponse(replay=to_replay(replay))

    async def export_my_data(self, _: pb.ExportMyDataRequest) -> AsyncIterator[pb.ExportMyDataResponse]:
        """Gives the caller their own datasets."""
        async for chunk in chunked(self._exported()):
            yield pb.ExportMyDataResponse(chunk=ExportChunk(**chunk._asdict()))

    async def _exported(self) -> AsyncIterator[Lines]:
        async for found in self._use.export_my_data(caller()):
            # A thousand rows of a page take some milliseconds to write.
            yield await asyncio.to_thread(lines_of, found)
