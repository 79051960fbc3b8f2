# ruff: noqa: N802 - methods bear the contract's names
"""auth, answered from memory."""

import threading

import grpc
from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.auth.v1 import auth_service_pb2_grpc as auth_grpc
from qpo.auth.v1 import user_pb2 as users
from qpo.types.v1.export_pb2 import ExportChunk

from tests.cli.fake_edge.refusals import mint, refuse

PASSWORD = "correct horse battery"


CODE = "123456"


def prove(context, code):
    """As of an account with a second factor."""
    if not code:
        refuse(context, grpc.StatusCode.UNAUTHENTICATED, "SECOND_FACTOR_REQUIRED", "this account has a second factor")
    if code != CODE:
        refuse(context, grpc.StatusCode.UNAUTHENTICATED, "SECOND_FACTOR_WRONG", "the code does not count")


class Tokens:
    """Access tokens that were given and are still good, and refresh tokens that were not spent."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.access = {}
        self.refresh = {}

    def give(self, email):
        with self.lock:
            self.count += 1
            access, refresh = f"access-{self.count}", f"refresh-{self.count}"
            self.access[access] = email
            self.refresh[refresh] = email
        # 20 s is inside the half minute in which the client renews: every call of `brief` needs a new pair.
        seconds = 20 if email.startswith("brief") else 900
        return users.Tokens(access_token=access, refresh_token=refresh, expires_in=seconds, token_type="Bearer")

    def spend(self, refresh):
        with self.lock:
            return self.refresh.pop(refresh, None)

    def caller(self, context):
        sent = dict(context.invocation_metadata()).get("authorization", "")
        email = self.access.get(sent.removeprefix("Bearer "))
        if email is None:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED", "no valid access token")
        return email


class FakeAuth(auth_grpc.AuthServiceServicer):
    def __init__(self, tokens):
        self.tokens, self.given, self.ended = tokens, {}, []

    def ExportMyData(self, request, context):
        self.tokens.caller(context)
        lines = b'{"email":"me@example.com"}\n'
        yield auth.ExportMyDataResponse(chunk=ExportChunk(file="account.ndjson", data=lines, rows=1))
        for number in range(2):
            chunk = ExportChunk(file="sessions.ndjson", data=b'{"n":%d}\n' % number, rows=1)
            yield auth.ExportMyDataResponse(chunk=chunk)

    def Register(self, request, context):
        if request.email.startswith("taken"):
            refuse(context, grpc.StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN", "this email has an account")
        return auth.RegisterResponse(user=self.user(request.email))

    def Login(self, request, context):
        if request.password != PASSWORD:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "BAD_CREDENTIALS", "email or password is wrong")
        if request.email.startswith("twice"):
            prove(context, request.code)
        return auth.LoginResponse(tokens=self.tokens.give(request.email))

    def Refresh(self, request, context):
        """The first answer to somebody called `brief-lost` is lost."""
        asked = (request.refresh_token, request.request_id)
        if asked in self.given:
            return auth.RefreshResponse(tokens=self.given[asked])
        email = self.tokens.spend(request.refresh_token)
        if email is None:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID", "the refresh token is spent")
        tokens = self.tokens.give(email)
        if request.request_id:
            self.given[asked] = tokens
        if email.startswith("brief-lost"):
            context.abort(grpc.StatusCode.UNAVAILABLE, "the connection was lost")
        return auth.RefreshResponse(tokens=tokens)

    def Logout(self, request, context):
        self.tokens.spend(request.refresh_token)
        return auth.LogoutResponse()

    def WhoAmI(self, request, context):
        email = self.tokens.caller(context)
        return auth.WhoAmIResponse(user=self.user(email), scopes=["read:portfolio", "write:portfolio"])

    def BootstrapAdmin(self, request, context):
        if request.bootstrap_secret != "the-secret":
            refuse(context, grpc.StatusCode.PERMISSION_DENIED, "BOOTSTRAP_SECRET_WRONG", "the secret is wrong")
        return auth.BootstrapAdminResponse(user=users.User(id=mint(9), email=request.email, roles=[users.ROLE_ADMIN]))

    def UpdateRole(self, request, context):
        self.tokens.caller(context)
        return auth.UpdateRoleResponse(user=users.User(id=request.user_id, email="x@example.com", roles=[request.role]))

    def LogoutEverywhere(self, request, context):
        self.tokens.caller(context)
        self.ended.append(request.user_id)
        return auth.LogoutEverywhereResponse()

    def UnlockUser(self, request, context):
        self.tokens.caller(context)
        return auth.UnlockUserResponse()

    def DeleteUser(self, request, context):
        self.tokens.caller(context)
        if request.user_id == mint(404):
            refuse(context, grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND", "there is no such user")
        return auth.DeleteUserResponse()

    def GetJwks(self, request, context):
        key = users.JsonWebKey(kty="OKP", crv="Ed25519", x="AAAA", kid="key-1", use="sig", alg="EdDSA")
        return auth.GetJwksResponse(keys=[key])

    def user(self, email):
        return users.User(id=mint(1), email=email, subscription_tier="free", roles=[users.ROLE_USER])
