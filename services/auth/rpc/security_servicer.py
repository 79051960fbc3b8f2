"""SecurityService: decode, call, encode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from qpo.auth.v1 import security_service_pb2 as pb

from chassis import context
from chassis.paging import Listing, PageTokenInvalid, PageTokens
from services.auth.app.list_security_events import ListSecurityEvents
from services.auth.app.present_token import PresentToken
from services.auth.app.security_policy import GetSecurityPolicy, UpdateSecurityPolicy
from services.auth.app.subscribe_security_events import SubscribeSecurityEvents
from services.auth.app.train_detector import ListDetectors, OrderTraining
from services.auth.domain.errors import CursorInvalid
from services.auth.rpc import codec_security as codec

MAX_AGE = 900.0  # s of a stream that is told no other
_STREAM = "security events"


@dataclass(frozen=True, slots=True)
class SecurityUse:
    """What the servicer calls."""

    list: ListSecurityEvents
    subscribe: SubscribeSecurityEvents
    get_policy: GetSecurityPolicy
    update_policy: UpdateSecurityPolicy
    train: OrderTraining
    list_detectors: ListDetectors
    present_token: PresentToken


@dataclass(frozen=True, slots=True)
class SecurityServicer:
    """Serves qpo.auth.v1.SecurityService."""

    use: SecurityUse
    tokens: PageTokens

    async def list_security_events(self, request: pb.ListSecurityEventsRequest) -> pb.ListSecurityEventsResponse:
        """Lists events."""
        wanted = codec.wanted_from(request)
        listing = Listing(self.tokens, repr(("ListSecurityEvents", wanted)))
        before = listing.after(request.page_token)
        events, after = await self.use.list(wanted, before[0] if before else None, request.page_size)
        token = listing.token([] if after is None else [after])
        return pb.ListSecurityEventsResponse(events=map(codec.event_message, events), next_page_token=token)

    async def subscribe_security_events(
        self, request: pb.SubscribeSecurityEventsRequest
    ) -> AsyncIterator[pb.SubscribeSecurityEventsResponse]:
        """Streams events."""
        place = self._place(request.cursor)
        async with aclosing(self.use.subscribe(place, context.max_age() or MAX_AGE)) as frames:
            async for events, upto in frames:
                cursor = self.tokens.encode(_STREAM, [str(upto)])
                yield pb.SubscribeSecurityEventsResponse(events=map(codec.event_message, events), cursor=cursor)

    async def get_security_policy(self, _: pb.GetSecurityPolicyRequest) -> pb.GetSecurityPolicyResponse:
        """Gets the policy."""
        return pb.GetSecurityPolicyResponse(policy=codec.policy_message(await self.use.get_policy()))

    async def update_security_policy(self, request: pb.UpdateSecurityPolicyRequest) -> pb.UpdateSecurityPolicyResponse:
        """Updates the policy."""
        changes, version = codec.changes_from(request), codec.version_from(request.policy.etag)
        await self._present("security_policy")
        policy = await self.use.update_policy(changes, version)
        return pb.UpdateSecurityPolicyResponse(policy=codec.policy_message(policy))

    async def train_detector(self, _: pb.TrainDetectorRequest) -> pb.TrainDetectorResponse:
        """Trains a detector."""
        await self._present("detectors")
        return pb.TrainDetectorResponse(detector=codec.detector_message(await self.use.train()))

    async def list_detectors(self, _: pb.ListDetectorsRequest) -> pb.ListDetectorsResponse:
        """Lists detectors."""
        return pb.ListDetectorsResponse(detectors=map(codec.detector_message, await self.use.list_detectors()))

    async def _present(self, about: str) -> None:
        """Only a token that knows its account as it is now changes what is watched."""
        caller = context.principal()
        context.about(about)
        await self.use.present_token(caller.user_id, caller.version, caller.key_id)

    def _place(self, cursor: str) -> int | None:
        try:
            parts = self.tokens.decode(_STREAM, cursor)
        except PageTokenInvalid as error:
            raise CursorInvalid from error
        return int(parts[0]) if parts else None
