# ruff: noqa: N802 - methods bear the contract's names
"""Everybody's accounts, answered from memory."""

from qpo.auth.v1 import user_pb2 as users
from qpo.auth.v1 import user_service_pb2 as pb
from qpo.auth.v1 import user_service_pb2_grpc as user_grpc


class FakeUsers(user_grpc.UserServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def ListUsers(self, request, context):
        self.tokens.caller(context)
        found = [self.user("u-1", "ann@example.com"), self.user("u-2", "bob@example.com", disabled=True)]
        chosen = [user for user in found if request.email in ("", user.email)]
        return pb.ListUsersResponse(users=chosen, next_page_token="" if request.email else "more")

    def GetUser(self, request, context):
        self.tokens.caller(context)
        return pb.GetUserResponse(user=self.user(request.user_id, "ann@example.com"))

    def DisableUser(self, request, context):
        self.tokens.caller(context)
        return pb.DisableUserResponse(user=self.user(request.user_id, "ann@example.com", disabled=True))

    def EnableUser(self, request, context):
        self.tokens.caller(context)
        return pb.EnableUserResponse(user=self.user(request.user_id, "ann@example.com"))

    def ResetSecondFactor(self, request, context):
        self.tokens.caller(context)
        return pb.ResetSecondFactorResponse()

    def LinkAdvisor(self, request, context):
        self.tokens.caller(context)
        link = users.Link(advisor_id=request.advisor_id, client_id=request.client_id, valid_until=request.valid_until)
        link.valid_from.FromSeconds(1_790_000_000)
        return pb.LinkAdvisorResponse(link=link)

    def ListLinks(self, request, context):
        self.tokens.caller(context)
        found = [users.Link(advisor_id="u-1", client_id="u-2"), users.Link(advisor_id="u-1", client_id="u-3")]
        found[1].valid_until.FromSeconds(1_790_000_000)
        chosen = [link for link in found if request.client_id in ("", link.client_id)]
        return pb.ListLinksResponse(links=chosen, next_page_token="" if request.client_id else "more")

    def EndLink(self, request, context):
        self.tokens.caller(context)
        link = users.Link(advisor_id=request.advisor_id, client_id=request.client_id)
        link.valid_until.FromSeconds(1_790_000_000)
        return pb.EndLinkResponse(link=link)

    def user(self, user_id, email, *, disabled=False):
        user = users.User(id=user_id, email=email, roles=[users.ROLE_USER])
        if disabled:
            user.disabled_at.FromSeconds(1_790_000_000)
        return user
