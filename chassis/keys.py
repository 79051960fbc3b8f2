"""The public keys that access tokens are verified with, as auth publishes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from jwt import InvalidKeyError, PyJWK, PyJWKError

from chassis.errors import PeerUnavailable

PublicKey = Any  # of cryptography: Ed25519PublicKey

_PAUSE = 5.0  # seconds between two fetches for unknown names
_RETRY = 0.5  # seconds after a fetch that failed
_STALE = 600.0  # seconds after which known keys are asked for again, so that a retired one goes
_TIMEOUT = 3.0  # seconds of one fetch


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, kid: str) -> PublicKey | None:
        """Returns the key of that name, None if there is none; raises PeerUnavailable if that cannot be known."""
        ...


class StaticKeys:
    """Keys that are at hand: auth's own, and a test's."""

    def __init__(self, keys: Mapping[str, PublicKey]) -> None:
        self._keys = dict(keys)

    async def key(self, kid: str) -> PublicKey | None:
        """Returns the key of that name, None if there is none."""
        return self._keys.get(kid)


class FetchedKeys:
    """Keys fetched from auth when they are first needed, and again when a token names an unknown one."""

    def __init__(self, channel: grpc.aio.Channel, method: MethodDescriptor) -> None:
        path = f"/{method.containing_service.full_name}/{method.name}"
        self._request = message_factory.GetMessageClass(method.input_type)()
        self._fetch = channel.unary_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        self._keys: dict[str, PublicKey] = {}
        self._lock = asyncio.Lock()
        self._fetched_at = -_STALE
        self._next_fetch = 0.0
        self._failed = False

    async def key(self, kid: str) -> PublicKey | None:
        """Returns the key of that name; raises PeerUnavailable if auth was never reached to ask for it."""
        known = self._keys.get(kid)
        if known is not None and time.monotonic() - self._fetched_at < _STALE:
            return known
        await self._refreshed()
        found = self._keys.get(kid)
        if found is None and self._failed:
            raise PeerUnavailable("auth does not answer, so the access token cannot be verified; try again")
        return found

    async def _refreshed(self) -> None:
        """Fetches, unless another call just did: a flood of made-up names asks auth once per pause."""
        async with self._lock:
            if time.monotonic() < self._next_fetch:
                return
            try:
                # wait_for_ready: a channel that backs off from auth's own start reconnects at once.
                answer = await self._fetch(self._request, timeout=_TIMEOUT, wait_for_ready=True)
            except grpc.aio.AioRpcError:
                self._failed, self._next_fetch = True, time.monotonic() + _RETRY
                return
            self._keys = _public_keys(json_format.MessageToDict(answer, preserving_proto_field_name=True))
            self._failed, self._fetched_at = False, time.monotonic()
            self._next_fetch = self._fetched_at + _PAUSE


def keys_from(channel: grpc.aio.Channel, method: MethodDescriptor) -> FetchedKeys:
    """Returns the keys that `method` of auth (GetJwks) publishes."""
    return FetchedKeys(channel, method)


def _public_keys(jwks: Mapping[str, Any]) -> dict[str, PublicKey]:
    """Reads a JSON Web Key Set; a key of a kind that we do not verify with is left out."""
    found: dict[str, PublicKey] = {}
    for jwk in jwks.get("keys", []):
        if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519") or not jwk.get("kid"):
            continue
        try:
            found[jwk["kid"]] = PyJWK(jwk, algorithm="EdDSA").key
        except (InvalidKeyError, PyJWKError, ValueError):
            continue
    return found
