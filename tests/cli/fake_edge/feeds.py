# ruff: noqa: N802 - methods bear the contract's names
"""Feeds from vendors, and what is known besides prices, answered from memory."""

import time

from qpo.marketdata.v1 import alternative_data_service_pb2 as ad
from qpo.marketdata.v1 import alternative_data_service_pb2_grpc as ad_grpc
from qpo.marketdata.v1 import feed_service_pb2 as fd
from qpo.marketdata.v1 import feed_service_pb2_grpc as fd_grpc

NOON = 1_800_000_000


class FakeFeeds(fd_grpc.FeedServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def ListSources(self, request, context):
        self.tokens.caller(context)
        common = {"frequency": "daily", "reliability": 0.99, "calls_per_day": 250, "kinds": ["FEED_KIND_QUOTES"]}
        fmp = fd.Source(name="fmp", configured=True, calls_today=3, **common)
        fmp.cost_per_call.value, fmp.cost_today.value = "0.02", "0.06"
        fred = fd.Source(name="fred", **common)
        spent = fd.Source(name="news_api", configured=True, problem="FEED_PROBLEM_BUDGET_SPENT", **common)
        spent.blocked_until.FromSeconds(NOON)
        return fd.ListSourcesResponse(sources=[fmp, fred, spent])

    def ListFeeds(self, request, context):
        self.tokens.caller(context)
        if request.dataset == "new":
            return fd.ListFeedsResponse()
        return fd.ListFeedsResponse(feeds=[self.feed("fmp", fd.FEED_KIND_QUOTES, [fd.FeedTarget(symbol="AAPL")])])

    def StartFeed(self, request, context):
        self.tokens.caller(context)
        feed = self.feed(request.source, request.kind, request.targets)
        if request.HasField("every"):
            feed.every.CopyFrom(request.every)
        return fd.StartFeedResponse(feed=feed)

    def StopFeed(self, request, context):
        self.tokens.caller(context)
        feed = self.feed(request.source, request.kind, [fd.FeedTarget(symbol="AAPL")])
        feed.running = False
        return fd.StopFeedResponse(feed=feed)

    def feed(self, source, kind, targets):
        feed = fd.Feed(source=source, kind=kind, running=True)
        feed.every.FromSeconds(60)
        for target in targets:
            status = feed.targets.add(target=target, calls=1234, records=17, problem="FEED_PROBLEM_TOO_OFTEN")
            status.due_at.FromSeconds(NOON)
        return feed


class FakeAlternative(ad_grpc.AlternativeDataServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def IngestDocuments(self, requests, context):
        self.tokens.caller(context)
        assert next(requests).WhichOneof("part") == "feed"
        return ad.IngestDocumentsResponse(documents=sum(1 for _ in requests))

    def ListDocuments(self, request, context):
        self.tokens.caller(context)
        told = {"source": "reddit", "channel": "investing", "symbols": ["AAPL"]}
        document = ad.ScoredDocument(id="t3_1", title="AAPL [to the moon]", sentiment_score=0.7, confidence=0.5, **told)
        document.published_at.FromSeconds(NOON)
        return ad.ListDocumentsResponse(documents=[document])

    def ListSentiment(self, request, context):
        self.tokens.caller(context)
        return ad.ListSentimentResponse(points=[self.point(0)])

    def SubscribeSentiment(self, request, context):
        self.tokens.caller(context)
        for hour in range(int(request.cursor or 0), 1000):
            snapshot = not request.cursor and not hour
            yield ad.SubscribeSentimentResponse(snapshot=snapshot, points=[self.point(hour)], cursor=str(hour + 1))
            if hour % 3 == 2:
                return  # a server that ends the stream at its maximum age: the client is to go on behind the cursor
            time.sleep(0.01)

    def ListFundamentals(self, request, context):
        self.tokens.caller(context)
        figure = ad.Fundamental(symbol="AAPL", metric="revenue", period="Q4", currency="USD", source="fmp")
        figure.value.value = "102466000000"
        figure.period_end.year, figure.period_end.month, figure.period_end.day = 2026, 9, 26
        return ad.ListFundamentalsResponse(fundamentals=[figure])

    def ListMacroObservations(self, request, context):
        self.tokens.caller(context)
        observation = ad.MacroObservation(series="CPIAUCSL", source="fred")
        observation.value.value = "325.011"
        observation.date.year, observation.date.month, observation.date.day = 2026, 10, 1
        return ad.ListMacroObservationsResponse(observations=[observation])

    def point(self, hour):
        told = {"symbol": "AAPL", "source": "reddit", "channel": "investing", "post_count": 127}
        point = ad.SentimentPoint(sentiment_score=0.65, upvote_ratio=0.85, confidence=0.78, **told)
        point.start.FromSeconds(NOON + 3600 * hour)
        return point
