import jwt
import pytest
from grpc import StatusCode

from chassis import authentication, context
from chassis.authentication import Authenticator, bearer
from chassis.errors import PeerUnavailable, Unauthenticated
from tests.chassis.gadget import Workshop, gadget, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.hostile import HOSTILE, OF_SERVICES
from tests.fixtures.tokens import AUDIENCE, ISSUER

SCOPES = ["write:gadget"]


REFUSED = HOSTILE | OF_SERVICES


@pytest.mark.parametrize("case", REFUSED)
async def test_a_bad_token_is_unauthenticated(serve_in_process, tokens, case):
    shop = Workshop()
    call = unary(await serve_in_process(workshop(shop)))
    refusal = await refused(call(gadget(), metadata=[("authorization", f"Bearer {REFUSED[case](tokens)}")]))
    assert (refusal.code, refusal.reason, refusal.domain) == (
        StatusCode.UNAUTHENTICATED,
        "UNAUTHENTICATED",
        "gadget.qpo",
    )
    assert not shop.entered.is_set()


async def test_scopes_that_are_no_list_of_texts_are_refused(tokens):
    guard = Authenticator(tokens.keys, ISSUER, AUDIENCE)
    token = jwt.encode(
        jwt.decode(tokens.mint(), options={"verify_signature": False}) | {"scopes": "read:all"},
        tokens.private,
        "EdDSA",
        {"typ": "at+jwt", "kid": tokens.kid},
    )
    with pytest.raises(Unauthenticated):
        await guard.principal(token)


async def test_a_good_token_names_the_caller(serve_in_process, tokens):
    call = unary(await serve_in_process(workshop(Workshop())), "NameCaller")
    answer = await call(gadget(), metadata=tokens.metadata("u-1", scopes=[]))
    assert answer.name == "u-1"


async def test_the_type_may_be_written_as_a_media_type(serve_in_process, tokens):
    call = unary(await serve_in_process(workshop(Workshop())), "NameCaller")
    token = tokens.mint("u-1", headers={"typ": "application/AT+JWT"})
    assert (await call(gadget(), metadata=[("authorization", f"bearer {token}")])).name == "u-1"


async def test_no_token_is_unauthenticated_and_the_message_says_what_to_send(serve_in_process):
    refusal = await refused(unary(await serve_in_process(workshop(Workshop())))(gadget()))
    assert refusal.code is StatusCode.UNAUTHENTICATED
    assert "authorization: Bearer" in refusal.message


async def test_two_authorization_values_are_refused_though_both_are_good(serve_in_process, tokens):
    call = unary(await serve_in_process(workshop(Workshop())))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=SCOPES) * 2))
    assert refusal.code is StatusCode.UNAUTHENTICATED
    assert "more than one" in refusal.message


async def test_another_scheme_than_bearer_is_refused(serve_in_process):
    call = unary(await serve_in_process(workshop(Workshop())))
    refusal = await refused(call(gadget(), metadata=[("authorization", "Basic dTpw")]))
    assert refusal.code is StatusCode.UNAUTHENTICATED
    assert "dTpw" not in refusal.message


async def test_a_missing_scope_is_denied_and_named(serve_in_process, tokens):
    shop = Workshop()
    call = unary(await serve_in_process(workshop(shop)))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=["read:gadget"])))
    assert (refusal.code, refusal.reason) == (StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert refusal.metadata == {"scope": "write:gadget"}
    assert not shop.entered.is_set()


async def test_an_open_method_asks_nobody_and_minds_no_bad_token(serve_in_process, tokens):
    seen = []

    async def who(request):
        try:
            seen.append(context.principal().user_id)
        except LookupError:
            seen.append(None)
        return request

    call = unary(await serve_in_process(workshop(Workshop(who))), "ReadGadget")
    for metadata in ((), [("authorization", "Bearer garbage")], tokens.metadata("u-1")):
        await call(gadget(), metadata=metadata)
    assert seen == [None, None, "u-1"]


async def test_a_verified_token_is_not_verified_again(tokens, monkeypatch):
    guard = Authenticator(tokens.keys, ISSUER, AUDIENCE)
    token = tokens.mint("u-1")
    first = await guard.principal(token)
    monkeypatch.setattr(authentication.jwt, "decode", None)
    assert await guard.principal(token) is first


async def test_a_remembered_token_expires_on_time(tokens, monkeypatch):
    guard = Authenticator(tokens.keys, ISSUER, AUDIENCE)
    token = tokens.mint(lifetime=60)
    known = await guard.principal(token)
    monkeypatch.setattr(authentication.time, "time", lambda: known.expires_at)
    with pytest.raises(Unauthenticated, match="expired"):
        await guard.principal(token)


async def test_the_least_recently_used_token_is_forgotten_first(tokens, monkeypatch):
    guard = Authenticator(tokens.keys, ISSUER, AUDIENCE, remembered=2)
    old, middle, new = (tokens.mint(name) for name in "abc")
    await guard.principal(old)
    await guard.principal(middle)
    await guard.principal(old)
    await guard.principal(new)
    monkeypatch.setattr(authentication.jwt, "get_unverified_header", lambda token: {})
    assert (await guard.principal(old)).user_id == "a"
    with pytest.raises(Unauthenticated):
        await guard.principal(middle)


async def test_while_auth_cannot_be_asked_for_its_keys_the_call_is_unavailable(tokens, serve_in_process, monkeypatch):
    async def unreachable(_):
        raise PeerUnavailable("auth does not answer")

    call = unary(await serve_in_process(workshop(Workshop())))
    monkeypatch.setattr(tokens.keys, "key", unreachable)
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=SCOPES)))
    assert (refusal.code, refusal.reason) == (StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
    assert "RetryInfo" in refusal.kinds


def test_the_token_is_what_follows_bearer():
    assert bearer([]) is None
    assert bearer(["BEARER abc"]) == "abc"
