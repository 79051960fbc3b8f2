import asyncio

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from qpo.auth.v1 import auth_service_pb2 as pb

from chassis import keys
from chassis.channel import open_channel
from chassis.errors import ErrorTable, PeerUnavailable
from chassis.keys import StaticKeys, keys_from
from chassis.serve import Server, Service
from tests.fixtures.serving import service_settings
from tests.fixtures.tokens import Tokens

AUTH = pb.DESCRIPTOR.services_by_name["AuthService"]
GET_JWKS = AUTH.methods_by_name["GetJwks"]


class Auth:
    """Publishes keys; any other method of auth is there but not meant to be called."""

    def __init__(self) -> None:
        self.published: list[dict] = []
        self.asked = 0

    def publish(self, kid: str, **changes) -> None:
        jwk = jwt.algorithms.OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)
        self.published.append(jwk | {"kid": kid, "use": "sig", "alg": "EdDSA"} | changes)

    async def get_jwks(self, _):
        self.asked += 1
        return pb.GetJwksResponse(keys=self.published)

    def __getattr__(self, name):
        return self.get_jwks


@pytest.fixture
def auth():
    auth = Auth()
    auth.publish("k1")
    return auth


@pytest.fixture
async def source(auth):
    server = Server(service_settings(), [Service(AUTH, auth, ErrorTable("auth.qpo", {}))], StaticKeys({}))
    port = await server.start()
    async with open_channel(f"127.0.0.1:{port}") as channel:
        yield keys_from(channel, GET_JWKS)
    await server.stop(0)


async def test_keys_are_fetched_once_and_remembered(source, auth):
    assert await source.key("k1") is await source.key("k1") is not None
    assert auth.asked == 1


async def test_calls_that_need_a_key_at_once_share_one_fetch(source, auth):
    assert None not in await asyncio.gather(*(source.key("k1") for _ in range(20)))
    assert auth.asked == 1


async def test_a_flood_of_unknown_names_asks_auth_once_per_pause(source, auth):
    await source.key("k1")
    assert [await source.key(f"made-up-{i}") for i in range(50)] == [None] * 50
    assert auth.asked == 1


async def test_after_a_rotation_the_new_key_is_found(source, auth, monkeypatch):
    monkeypatch.setattr(keys, "_PAUSE", 0.0)
    await source.key("k1")
    auth.publish("k2")
    assert await source.key("k2") is not None
    assert await source.key("k1") is not None


async def test_a_retired_key_is_forgotten(source, auth, monkeypatch):
    monkeypatch.setattr(keys, "_PAUSE", 0.0)
    await source.key("k1")
    auth.published.clear()
    monkeypatch.setattr(keys, "_STALE", 0.0)
    assert await source.key("k1") is None


async def test_keys_of_another_kind_are_left_out(source, auth):
    auth.publish("rsa", kty="RSA", crv="")
    auth.publish("", x="AAAA")
    auth.publish("broken", x="!")
    assert [await source.key(kid) for kid in ("rsa", "", "broken")] == [None] * 3
    assert await source.key("k1") is not None


@pytest.fixture
async def nobody(monkeypatch):
    monkeypatch.setattr(keys, "_TIMEOUT", 0.1)
    async with open_channel("unix:/nowhere") as channel:
        yield keys_from(channel, GET_JWKS)


async def test_while_auth_was_never_reached_no_key_can_be_told_unknown(nobody):
    for _ in range(2):
        with pytest.raises(PeerUnavailable, match="auth does not answer"):
            await nobody.key("k1")


async def test_a_known_key_outlasts_an_outage_of_auth(source, auth, monkeypatch):
    known = await source.key("k1")
    monkeypatch.setattr(keys, "_STALE", 0.0)
    monkeypatch.setattr(source, "_next_fetch", 0.0)
    monkeypatch.setattr(source, "_fetch", (await _unreachable())._fetch)
    monkeypatch.setattr(keys, "_TIMEOUT", 0.1)
    assert await source.key("k1") is known


async def _unreachable():
    return keys_from(open_channel("unix:/nowhere"), GET_JWKS)


async def test_keys_at_hand_are_known_by_their_names():
    signer = Tokens()
    assert await signer.keys.key(signer.kid) is not None
    assert await signer.keys.key("other") is None
