"""UserService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from qpo.auth.v1 import user_service_pb2 as pb

from chassis import context
from chassis.errors import ScopeMissing
from chassis.paging import Listing, PageTokens
from services.auth.app.ports import LinksAsked
from services.auth.rpc import codec, codec_links
from services.auth.rpc.use_cases import UseCases
from services.auth.wire.links import link_message

ADMINISTRATION = "admin:users"


@dataclass(frozen=True, slots=True)
class UserServicer:
    """Serves qpo.auth.v1.UserService."""

    use: UseCases
    tokens: PageTokens

    async def list_users(self, request: pb.ListUsersRequest) -> pb.ListUsersResponse:
        """Lists accounts."""
        listing = Listing(self.tokens, repr(("ListUsers", request.email)))
        before = listing.after(request.page_token)
        users, after = await self.use.list_users(request.email, before[0] if before else None, request.page_size)
        token = listing.token([] if after is None else [after])
        return pb.ListUsersResponse(users=map(codec.user_message, users), next_page_token=token)

    async def get_user(self, request: pb.GetUserRequest) -> pb.GetUserResponse:
        """Gets an account."""
        return pb.GetUserResponse(user=codec.user_message(await self.use.who_am_i(request.user_id.lower())))

    async def disable_user(self, request: pb.DisableUserRequest) -> pb.DisableUserResponse:
        """Disables an account."""
        caller_id, user_id = await self._caller(request.user_id)
        return pb.DisableUserResponse(user=codec.user_message(await self.use.disable_user(user_id, caller_id)))

    async def enable_user(self, request: pb.EnableUserRequest) -> pb.EnableUserResponse:
        """Enables an account."""
        _, user_id = await self._caller(request.user_id)
        return pb.EnableUserResponse(user=codec.user_message(await self.use.enable_user(user_id)))

    async def reset_second_factor(self, request: pb.ResetSecondFactorRequest) -> pb.ResetSecondFactorResponse:
        """Takes a second factor away that was lost."""
        caller_id, user_id = await self._caller(request.user_id)
        await self.use.reset_second_factor(user_id, caller_id)
        return pb.ResetSecondFactorResponse()

    async def link_advisor(self, request: pb.LinkAdvisorRequest) -> pb.LinkAdvisorResponse:
        """Links an advisor to a client."""
        pair = await self._pair(request)
        link = await self.use.link_advisor(*pair, codec_links.term_from(request))
        return pb.LinkAdvisorResponse(link=link_message(link))

    async def list_links(self, request: pb.ListLinksRequest) -> pb.ListLinksResponse:
        """Lists links: one's own, or as an administrator everybody's."""
        asked = _links_of(request.advisor_id.lower(), request.client_id.lower())
        listing = Listing(self.tokens, repr(("ListLinks", asked)))
        before = listing.after(request.page_token)
        links, after = await self.use.list_links(asked, before[0] if before else None, request.page_size)
        token = listing.token([] if after is None else [after])
        return pb.ListLinksResponse(links=map(link_message, links), next_page_token=token)

    async def end_link(self, request: pb.EndLinkRequest) -> pb.EndLinkResponse:
        """Ends a link."""
        return pb.EndLinkResponse(link=link_message(await self.use.end_link(*await self._pair(request))))

    async def _pair(self, asked: pb.LinkAdvisorRequest | pb.EndLinkRequest) -> tuple[str, str]:
        """The advisor and the client whom the call is about; its caller's token knows their account as it is now."""
        caller, advisor_id, client_id = context.principal(), asked.advisor_id.lower(), asked.client_id.lower()
        context.about(f"link:{advisor_id}/{client_id}")
        await self.use.present_token(caller.user_id, caller.version, caller.key_id)
        return advisor_id, client_id

    async def _caller(self, asked: str) -> tuple[str, str]:
        """Who calls, whose token knows their account as it is now, and the user whom the call is about."""
        caller, user_id = context.principal(), asked.lower()
        context.about(f"user:{user_id}")
        await self.use.present_token(caller.user_id, caller.version, caller.key_id)
        return caller.user_id, user_id


def _links_of(advisor_id: str, client_id: str) -> LinksAsked:
    """What is listed: whoever is no administrator is advisor or client of each. ScopeMissing."""
    caller = context.principal()
    context.about(f"link:{advisor_id}/{client_id}")
    if caller.may(ADMINISTRATION):
        return LinksAsked(advisor_id, client_id)
    if (advisor_id or client_id) and caller.user_id not in (advisor_id, client_id):
        raise ScopeMissing(ADMINISTRATION)
    return LinksAsked(advisor_id, client_id, caller.user_id)
