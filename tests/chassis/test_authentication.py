import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from grpc import StatusCode

from chassis import authentication, context
from chassis.authentication import Authenticator, bearer
from chassis.errors import PeerUnavailable, Unauthenticated
from tests.chassis.gadget import Workshop, gadget, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.tokens import AUDIENCE, ISSUER

SCOPES = ["write:gadget"]


def part(value: dict) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(tokens) -> str:
    body = tokens.mint(scopes=SCOPES).split(".")[1]
    return f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': tokens.kid})}.{body}."


def signed_with_the_public_key_as_a_secret(tokens) -> str:
    """The confusion of algorithms: HMAC with what everybody knows."""
    secret = tokens.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    head = part({"alg": "HS256", "typ": "at+jwt", "kid": tokens.kid})
    signed = f"{head}.{tokens.mint(scopes=SCOPES).split('.')[1]}"
    return (
        signed
        + "."
        + urlsafe_b64encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    )


def signed_by_a_stranger(tokens) -> str:
    body = jwt.decode(tokens.mint(scopes=SCOPES), options={"verify_signature": False})
    head = {"typ": "at+jwt", "kid": tokens.kid}
    return jwt.encode(body, Ed25519PrivateKey.generate(), "EdDSA", head)


def with_its_own_key_embedded(tokens) -> str:
    private = Ed25519PrivateKey.generate()
    public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(private.public_key()))
    body = jwt.decode(tokens.mint(scopes=SCOPES), options={"verify_signature": False})
    return jwt.encode(body, private, "EdDSA", {"typ": "at+jwt", "kid": "mine", "jwk": public})


def changed_after_signing(tokens) -> str:
    head, body, signature = tokens.mint(scopes=[]).split(".")
    claims = jwt.decode(f"{head}.{body}.{signature}", options={"verify_signature": False})
    return f"{head}.{part(claims | {'scopes': SCOPES})}.{signature}"


BAD = {
    "unsigned": unsigned,
    "HS256 with the public key": signed_with_the_public_key_as_a_secret,
    "another signer": signed_by_a_stranger,
    "its own key embedded": with_its_own_key_embedded,
    "changed after signing": changed_after_signing,
    "unknown key": lambda t: t.mint(scopes=SCOPES, headers={"kid": "other"}),
    "a path as key id": lambda t: t.mint(scopes=SCOPES, headers={"kid": "../../etc/passwd"}),
    "a key id that is no text": lambda t: f"{part({'alg': 'EdDSA', 'typ': 'at+jwt', 'kid': 7})}.e30.AAAA",
    "no key id": lambda t: f"{part({'alg': 'EdDSA', 'typ': 'at+jwt'})}.e30.AAAA",
    "another issuer": lambda t: t.mint(scopes=SCOPES, iss="https://evil.example"),
    "no issuer": lambda t: t.mint(scopes=SCOPES, iss=None),
    "another audience": lambda t: t.mint(scopes=SCOPES, aud="somebody-else"),
    "several audiences": lambda t: t.mint(scopes=SCOPES, aud=["qpo", "somebody-else"]),
    "no audience": lambda t: t.mint(scopes=SCOPES, aud=None),
    "no expiry": lambda t: t.mint(scopes=SCOPES, exp=None),
    "an expiry that is no number": lambda t: t.mint(scopes=SCOPES, exp="never"),
    "expired": lambda t: t.mint(scopes=SCOPES, iat=time.time() - 900, exp=time.time() - 1),
    "living too long": lambda t: t.mint(scopes=SCOPES, lifetime=16 * 60 + 5),
    "living ten years": lambda t: t.mint(scopes=SCOPES, lifetime=10 * 365 * 86400),
    "issued in the future": lambda t: t.mint(scopes=SCOPES, iat=time.time() + 60, exp=time.time() + 900),
    "issued at no time": lambda t: t.mint(scopes=SCOPES, iat=None),
    "issued at a time that is no number": lambda t: t.mint(scopes=SCOPES, iat="now"),
    "not yet valid": lambda t: t.mint(scopes=SCOPES, nbf=time.time() + 60),
    "no type": lambda t: t.mint(scopes=SCOPES, headers={"typ": None}),
    "a refresh token's type": lambda t: t.mint(scopes=SCOPES, headers={"typ": "refresh+jwt"}),
    "plain JWT's type": lambda t: t.mint(scopes=SCOPES, headers={"typ": "JWT"}),
    "no subject": lambda t: t.mint(scopes=SCOPES, sub=None),
    "a subject that is no text": lambda t: t.mint(scopes=SCOPES, sub=7),
    "no tenant": lambda t: t.mint(scopes=SCOPES, tid=None),
    "a tenant that is no text": lambda t: t.mint(scopes=SCOPES, tid=["a"]),
    "no id": lambda t: t.mint(scopes=SCOPES, jti=None),
    "garbage": lambda t: "garbage",
    "three garbled parts": lambda t: "a.b.c",
    "nothing": lambda t: "",
    "a header that is no object": lambda t: f"{urlsafe_b64encode(b'[1]').decode()}.e30.AAAA",
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_token_is_unauthenticated(serve_in_process, tokens, case):
    shop = Workshop()
    call = unary(await serve_in_process(workshop(shop)))
    refusal = await refused(call(gadget(), metadata=[("authorization", f"Bearer {BAD[case](tokens)}")]))
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
