"""What marketdata serves: its contracts, each with its servicer."""

from __future__ import annotations

from qpo.marketdata.v1 import alternative_data_service_pb2 as alternative
from qpo.marketdata.v1 import data_quality_service_pb2 as quality
from qpo.marketdata.v1 import feed_service_pb2 as feeds
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata

from chassis.paging import PageTokens
from chassis.serve import Service
from services.marketdata.rpc.alternative_servicer import AlternativeDataServicer
from services.marketdata.rpc.errors import ERRORS
from services.marketdata.rpc.feed_servicer import FeedServicer
from services.marketdata.rpc.quality_servicer import DataQualityServicer
from services.marketdata.rpc.servicer import MarketDataServicer
from services.marketdata.rpc.use_cases import UseCases


def services_of(use: UseCases, tokens: PageTokens) -> list[Service]:
    """All of them, over one set of use cases."""
    served = (
        (marketdata.DESCRIPTOR.services_by_name["MarketDataService"], MarketDataServicer(use, tokens)),
        (quality.DESCRIPTOR.services_by_name["DataQualityService"], DataQualityServicer(use, tokens)),
        (feeds.DESCRIPTOR.services_by_name["FeedService"], FeedServicer(use)),
        (alternative.DESCRIPTOR.services_by_name["AlternativeDataService"], AlternativeDataServicer(use, tokens)),
    )
    return [Service(contract, servicer, ERRORS) for contract, servicer in served]
