# ruff: noqa: N802 - methods bear the contract's names
"""Keys for machines, answered from memory."""

import grpc
from qpo.auth.v1 import api_key_service_pb2 as pb
from qpo.auth.v1 import api_key_service_pb2_grpc as key_grpc

from tests.cli.fake_edge.auth import prove
from tests.cli.fake_edge.refusals import mint, refuse

KEY = "qpo_a-key"


class FakeApiKeys(key_grpc.ApiKeyServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens

    def CreateApiKey(self, request, context):
        email = self.tokens.caller(context)
        if email.startswith("twice"):
            prove(context, request.code)
        key = self.key(request.name, request.scopes)
        key.expires_at.FromSeconds(1_790_000_000 + 86_400 * request.valid_days)
        return pb.CreateApiKeyResponse(key=KEY, api_key=key)

    def ListApiKeys(self, request, context):
        if self.tokens.caller(context) == "a machine":
            refuse(context, grpc.StatusCode.PERMISSION_DENIED, "LOGIN_REQUIRED", "an API key may not do this")
        used, old = self.key("nightly", ["read:portfolio"]), self.key("old", ["read:all"])
        used.expires_at.FromSeconds(4_000_000_000)
        used.last_used_at.FromSeconds(1_790_000_000)
        old.expires_at.FromSeconds(1_600_000_000)
        return pb.ListApiKeysResponse(api_keys=[used, old])

    def DeleteApiKey(self, request, context):
        self.tokens.caller(context)
        return pb.DeleteApiKeyResponse()

    def ExchangeApiKey(self, request, context):
        if request.key != KEY:
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID", "the API key is not valid (any more)")
        given = self.tokens.give("a machine")
        return pb.ExchangeApiKeyResponse(
            access_token=given.access_token, expires_in=900, token_type="Bearer", scopes=["read:portfolio"]
        )

    def key(self, name, scopes):
        key = pb.ApiKey(id=mint(7), name=name, scopes=scopes)
        key.created_at.FromSeconds(1_790_000_000)
        return key
