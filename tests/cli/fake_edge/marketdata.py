# ruff: noqa: N802 - methods bear the contract's names
"""marketdata, answered from memory."""

import time

import grpc
from google.type.date_pb2 import Date
from qpo.marketdata.v1 import marketdata_service_pb2 as md
from qpo.marketdata.v1 import marketdata_service_pb2_grpc as md_grpc
from qpo.marketdata.v1 import prices_pb2 as prices
from qpo.types.v1.export_pb2 import ExportChunk
from qpo.types.v1.matrix_pb2 import Doubles, Matrix

from tests.cli.fake_edge.refusals import mint, refuse

SYMBOLS = ("AAPL", "JNJ", "XOM")


class FakeMarketData(md_grpc.MarketDataServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.subscriptions = 0

    def ExportMyData(self, request, context):
        caller = self.tokens.caller(context)
        if caller.startswith("unlucky"):
            refuse(context, grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", "it does not answer")
        file = "../prices.csv" if caller.startswith("victim") else "datasets/d-1/prices.csv"
        chunk = ExportChunk(file=file, content_type="text/csv", data=b"date,symbol\n2024-01-02,A\n", rows=1)
        yield md.ExportMyDataResponse(chunk=chunk)

    def IngestPrices(self, requests, context):
        self.tokens.caller(context)
        header = next(requests).header
        content = b"".join(part.chunk for part in requests)
        answer = md.IngestPricesResponse(
            dataset=prices.Dataset(name=header.dataset),
            bars_stored=content.count(b"\n"),
            lines_read=content.count(b"\n") - 1,
        )
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            if "-1.0" in line:
                reason = prices.DEFECT_REASON_NON_POSITIVE_PRICE
                answer.defects.add(
                    line=number, column="AAPL", symbol="AAPL", reason=reason, detail="-1.0 [is no price]"
                )
        if answer.defects:
            answer.defect_counts.add(reason=prices.DEFECT_REASON_NON_POSITIVE_PRICE, count=len(answer.defects))
        return answer

    def IngestTicks(self, requests, context):
        self.tokens.caller(context)
        assert next(requests).WhichOneof("part") == "feed"
        records = [request.records for request in requests]
        return md.IngestTicksResponse(records=sum(len(each.prices) for each in records), messages=len(records))

    def UpdateCorporateActions(self, request, context):
        self.tokens.caller(context)
        return md.UpdateCorporateActionsResponse(actions=request.actions)

    def ListCorporateActions(self, request, context):
        self.tokens.caller(context)
        split = prices.CorporateAction(symbol="AAPL", ex_date=Date(year=2020, month=8, day=31))
        split.split_ratio.value = "4"
        return md.ListCorporateActionsResponse(actions=[split])

    def ListTickBars(self, request, context):
        self.tokens.caller(context)
        if request.symbols == ["NONE"]:
            return md.ListTickBarsResponse()
        answer = md.ListTickBarsResponse()
        for minute in range(100):
            price = 100.0 + minute % 7
            bar = answer.bars.add(
                symbol="AAPL", open=price, high=price + 2, low=price - 1, close=price + (-1) ** minute
            )
            bar.start.FromSeconds(1_800_000_000 + 60 * minute)
            bar.volume, bar.ticks = 1000, 10
        return answer

    def SubscribeBars(self, request, context):
        self.tokens.caller(context)
        for minute in range(int(request.cursor or 0), 1000):
            answer = md.SubscribeBarsResponse(snapshot=not request.cursor and not minute, cursor=str(minute + 1))
            bar = answer.bars.add(symbol="AAPL", open=100, high=102, low=99, close=101, volume=1000, ticks=10)
            bar.start.FromSeconds(1_800_000_000 + 60 * minute)
            yield answer
            if minute % 3 == 2:
                return  # a server that ends the stream at its maximum age: the client is to go on behind the cursor
            time.sleep(0.01)

    def ListDatasets(self, request, context):
        self.tokens.caller(context)
        start = Date(year=1990, month=1, day=2)
        dataset = prices.Dataset(id=mint(5), name="mine", instruments=20, start=start)
        return md.ListDatasetsResponse(datasets=[dataset])

    def ListInstruments(self, request, context):
        self.tokens.caller(context)
        if request.dataset == "nothing":
            refuse(context, grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND", "there is no such dataset")
        return md.ListInstrumentsResponse(
            instruments=[prices.Instrument(symbol=symbol, currency="USD", sessions=8313) for symbol in SYMBOLS]
        )

    def UpdateInstruments(self, request, context):
        self.tokens.caller(context)
        unknown = [update.symbol for update in request.updates if update.symbol not in SYMBOLS]
        if unknown:
            refuse(context, grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", f"no instrument {', '.join(unknown)}")
        answer = md.UpdateInstrumentsResponse()
        for update in request.updates:
            stated = {field.name: value for field, value in update.ListFields()}
            answer.instruments.add(**({"currency": "USD", "lot_size": 1, "sessions": 8313} | stated))
        return answer

    def ListBars(self, request, context):
        self.tokens.caller(context)
        bar = prices.Bar(symbol="AAPL", session=request.start, close=1.5, adjusted_close=1.25, volume=1000)
        return md.ListBarsResponse(bars=[bar])

    def ListCloses(self, request, context):
        self.tokens.caller(context)
        return md.ListClosesResponse(closes=[md.Close(symbol="AAPL", price=126.04, session=request.session)])

    def GetReturns(self, request, context):
        self.tokens.caller(context)
        nan = float("nan")
        return md.GetReturnsResponse(
            symbols=["AAPL", "JNJ"],
            sessions=[Date(year=2022, month=12, day=day) for day in (1, 2, 5)],
            returns=Matrix(rows=3, cols=2, doubles=Doubles(values=[0.01, nan, 0.03, 0.01, 0.02, 0.02])),
            histories=[md.History(symbol="AAPL", observations=3), md.History(symbol="JNJ", observations=2, missing=1)],
        )

    def SubscribeTicks(self, request, context):
        self.tokens.caller(context)
        first = int(request.cursor or 0)
        tick = prices.Tick(symbol="AAPL", price=100.0 + first, seq=first)
        yield md.SubscribeTicksResponse(snapshot=not request.cursor, ticks=[tick], cursor=str(first + 1))
        if not request.cursor:
            return  # a server that ends the stream at its maximum age: the client is to go on behind the cursor
        for seq in range(first + 1, 1000):
            if not context.is_active():
                return
            tick = prices.Tick(symbol="AAPL", price=100.0 + seq, seq=seq)
            yield md.SubscribeTicksResponse(ticks=[tick], cursor=str(seq + 1), conflated=1)
            time.sleep(0.01)

    def StartReplay(self, request, context):
        self.tokens.caller(context)
        return md.StartReplayResponse(replay=self.replay(prices.REPLAY_STATE_RUNNING, request.speed))

    def GetReplay(self, request, context):
        return md.GetReplayResponse(replay=self.replay(prices.REPLAY_STATE_FINISHED, 10))

    def StopReplay(self, request, context):
        return md.StopReplayResponse(replay=self.replay(prices.REPLAY_STATE_STOPPED, 10))

    def replay(self, state, speed):
        return prices.Replay(id=mint(7), state=state, speed=speed, sessions_played=3, sessions_total=100)
