"""AuditService: decode, call, encode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from qpo.auth.v1 import audit_service_pb2 as pb

from chassis.paging import PageTokenInvalid, PageTokens
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
        scope = repr(("ListAuditEvents", asked))
        page = await self.list(asked, self._before(scope, request.page_token), request.page_size)
        return pb.ListAuditEventsResponse(
            events=[codec.event_message(seq, entry) for seq, entry in page.rows],
            next_page_token=self.tokens.encode(scope, [] if page.after is None else [str(page.after)]),
        )

    async def verify_audit(self, _: pb.VerifyAuditRequest) -> AsyncIterator[pb.VerifyAuditResponse]:
        """Verifies the chain."""
        async for progress in self.verify():
            yield codec.progress_message(progress)

    def _before(self, scope: str, token: str) -> int | None:
        keyset = self.tokens.decode(scope, token)
        if len(keyset) > 1:
            raise PageTokenInvalid("the page token was given by another listing")
        return int(keyset[0]) if keyset else None
