"""DataQualityService: decode, call, encode."""

from __future__ import annotations

from qpo.marketdata.v1 import data_quality_service_pb2 as pb

from chassis.paging import PageTokens
from services.marketdata.rpc import codec_feed as codec
from services.marketdata.rpc.caller import caller
from services.marketdata.rpc.tokens import Tokens
from services.marketdata.rpc.use_cases import UseCases
from services.marketdata.wire.times import from_date


class DataQualityServicer:
    """Serves qpo.marketdata.v1.DataQualityService."""

    def __init__(self, use: UseCases, tokens: PageTokens) -> None:
        self._use, self._tokens = use, Tokens(tokens)

    async def get_quality_report(self, request: pb.GetQualityReportRequest) -> pb.GetQualityReportResponse:
        """Adds up what was found."""
        days = from_date(request, "start"), from_date(request, "end")
        return codec.to_report(await self._use.get_quality_report(caller(), request.dataset, *days))

    async def get_quality_rules(self, request: pb.GetQualityRulesRequest) -> pb.GetQualityRulesResponse:
        """Gets rules."""
        rules = await self._use.get_quality_rules(caller(), request.dataset)
        return pb.GetQualityRulesResponse(rules=codec.to_rules(rules))

    async def update_quality_rules(self, request: pb.UpdateQualityRulesRequest) -> pb.UpdateQualityRulesResponse:
        """Changes rules."""
        changes = codec.from_rules(request.rules)
        rules = await self._use.update_quality_rules(caller(), request.dataset, changes)
        return pb.UpdateQualityRulesResponse(rules=codec.to_rules(rules))

    async def list_quarantine(self, request: pb.ListQuarantineRequest) -> pb.ListQuarantineResponse:
        """Lists what is kept apart."""
        asked = codec.from_quarantine_asked(request)
        listing = self._tokens.listing(caller(), "ListQuarantine", asked)
        page = await self._use.list_quarantine(caller(), asked, listing.after(request.page_token), request.page_size)
        records = [codec.to_record(record) for record in page.rows]
        return pb.ListQuarantineResponse(records=records, next_page_token=listing.token(page.after))

    async def release_quarantined(self, request: pb.ReleaseQuarantinedRequest) -> pb.ReleaseQuarantinedResponse:
        """Releases records."""
        records = await self._use.release_quarantined(caller(), request.dataset, list(request.ids))
        return pb.ReleaseQuarantinedResponse(records=[codec.to_record(record) for record in records])
