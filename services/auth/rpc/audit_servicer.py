"""AuditService: decode, call, encode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from qpo.auth.v1 import audit_service_pb2 as pb

from chassis.paging import Listing, PageTokens
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.verify_audit import VerifyAudit
from services.auth.rpc import codec_audit as codec


@dataclass(frozen=True, slots=True)
class AuditServicer:
    """Serves qpo.auth.v1.AuditService."""

    list: ListAuditEvents
    verify: VerifyAudit
    tokens: PageTokens

    async def list_audit_events(self, request: pb.ListAuditEventsRequest) -> pb.ListAuditEventsResponse:
        """Lists events."""
        asked = codec.asked_from(request)
        listing = Listing(self.tokens, repr(("ListAuditEvents", asked)))
        before = [int(seq) for seq in listing.after(request.page_token)]
        page = await self.list(asked, before[0] if before else None, request.page_size)
        return pb.ListAuditEventsResponse(
            events=[codec.event_message(seq, entry) for seq, entry in page.rows],
            next_page_token=listing.token([] if page.after is None else [str(page.after)]),
        )

    async def verify_audit(self, _: pb.VerifyAuditRequest) -> AsyncIterator[pb.VerifyAuditResponse]:
        """Verifies the chain."""
        async for progress in self.verify():
            yield codec.progress_message(progress)
